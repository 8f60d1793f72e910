"""Servers: one connection to each, however many inboxes it has; kept between looks, given up when nobody uses it.

A server that cannot be reached is left alone for a while, and everybody who asks meanwhile is told the same.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from weakref import WeakValueDictionary

import paramiko

from linecard.api import Backoff
from linecard.api.inbox import InboxError
from linecard_sftp.alarm import alarm
from linecard_sftp.connector import Connector, Crowded
from linecard_sftp.errors import Lost
from linecard_sftp.options import SftpOptions
from linecard_sftp.session import Session

LONGEST_PAUSE = 120.0
ENDING = 1.0
"""Seconds that a connection has to be over after it opens no more sessions."""
SLACK = 2.0
"""Seconds that a session has beyond its own patience before it is ended from outside."""

MOST_SESSIONS = 8
"""Sessions on one connection; OpenSSH takes ten (MaxSessions) unless it is told otherwise."""

_servers: WeakValueDictionary[Hashable, Server] = WeakValueDictionary()
_guard = threading.Lock()


def join_server(way: Connector, options: SftpOptions) -> Server:
    """The server of an inbox: the same for all that log in to it in the same way. The caller leaves it at the end."""
    which = (way.identity, options.timeouts, options.idle, options.pause)
    with _guard:
        found = _servers.get(which)
        if found is None:
            found = _servers[which] = Server(way, options)
        found.join()
        return found


class Server:
    """One account on one server. Safe from any thread."""

    def __init__(self, way: Connector, options: SftpOptions) -> None:
        self._way, self._timeouts = way, options.timeouts
        self._idle, self._backoff = options.idle, Backoff(options.pause, LONGEST_PAUSE)
        self._connecting = threading.Lock()
        """Held while the server is being reached, which may take long."""
        self._lock = threading.Lock()
        """Held for moments."""
        self._transport: paramiko.Transport | None = None
        self._failure: InboxError | None = None
        self._failures, self._again = 0, 0.0
        self._turn = threading.Condition()
        self._queue: deque[object] = deque()
        """Those who wait for a session, each served in its turn: else a busy inbox could keep another from its own."""
        self._free: list[Session] = []
        self._used, self._most = 0, MOST_SESSIONS
        self.replaces: bool | None = None
        """Whether a rename takes a name from another file on this connection; None until it was tried."""
        self._users = self._working = 0
        self._moved = self._heard = time.monotonic()
        self._chance = random.Random()  # noqa: S311 - spreads attempts, guards no secret

    # -- sessions --------------------------------------------------------------------------------------------------

    @contextmanager
    def borrow(self, *, fresh: bool = False) -> Iterator[tuple[Session, bool]]:
        """A session for one piece of work, and whether it was used before. Raises `InboxError`.

        A few serve any number of inboxes: for each, the server keeps a process. With `fresh` it is a new one: what
        else is free is as old as the one that was found to be over, and is given up with it.
        """
        if fresh:
            self._discard_free()
        session, before = self._acquire()
        try:
            yield session, before
        finally:
            with self._turn:
                self._used -= 1
                if session.alive:
                    self._free.append(session)
                self._turn.notify_all()

    def _acquire(self) -> tuple[Session, bool]:
        while True:
            found = self._take_turn()
            if found is not None and found.alive:
                return found, True
            try:
                return self._begin_session(), False
            except BaseException as error:
                with self._turn:
                    self._used -= 1
                    self._turn.notify_all()
                    if not isinstance(error, Crowded) or not self._used + len(self._free):
                        raise
                    self._most = self._used + len(self._free)  # as many as the server takes; wait for one of them

    def _take_turn(self) -> Session | None:
        """Wait until there may be one more session in use; one that is free, if there is."""
        turn = object()
        with self._turn:
            self._queue.append(turn)
            try:
                self._turn.wait_for(lambda: self._queue[0] is turn and (self._free or self._used < self._most))
                self._used += 1
                return self._free.pop() if self._free else None
            finally:
                self._queue.remove(turn)
                self._turn.notify_all()

    @property
    def queue_length(self) -> int:
        """How many wait for a session; each gets one before anybody who asks after it."""
        with self._turn:
            return len(self._queue)

    def _discard_free(self) -> None:
        with self._turn:
            free, self._free = self._free, []
        for session in free:
            session.close()

    # -- connecting ------------------------------------------------------------------------------------------------

    def _begin_session(self) -> Session:
        """A new session on the one connection, or where that is found to be over, on a new one."""
        transport, used = self._connect()
        try:
            return self._open_session(transport)
        except Crowded:
            raise
        except InboxError:
            transport.join(ENDING)  # its end is seen on a channel before the connection itself says so
            if not used or transport.is_alive():
                raise
        return self._open_session(self._connect()[0])

    def _open_session(self, transport: paramiko.Transport) -> Session:
        with self._connecting:  # one after the other: paramiko tells only one of several why it was refused
            channel = self._way.open_sftp(transport)
        try:
            return Session(channel, patience=self._timeouts.read, monotonic=time.monotonic, moved=self._note_answer)
        except Lost as lost:
            raise InboxError(f"{self._way.login.where}: {lost}") from lost

    def _connect(self) -> tuple[paramiko.Transport, bool]:
        """The one connection, and whether it was there before. Raises `InboxError`."""
        with self._connecting:
            return self._connect_once()

    def _connect_once(self) -> tuple[paramiko.Transport, bool]:
        with self._lock:
            if self._transport is not None and self._transport.is_active():
                return self._transport, True
            self._transport = None
        if self._failure is not None and time.monotonic() < self._again:
            raise InboxError(str(self._failure), remedy=self._failure.remedy)
        try:
            transport = self._way.log_in()
        except InboxError as error:
            pause = self._backoff.next_delay(self._failures, self._chance)
            self._failures += 1
            self._failure, self._again = error, time.monotonic() + pause
            self._way.close()
            raise
        self._failure, self._failures = None, 0
        self._note_answer()
        with self._lock:
            self._transport = transport
            self.replaces = None
            self._set_alarm()
        self._discard_free()  # they were on the connection before
        with self._turn:
            self._most = MOST_SESSIONS
            self._turn.notify_all()
        return transport, False

    def join(self) -> None:
        """One more inbox uses this server."""
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        """One inbox less does."""
        with self._lock:
            self._users -= 1
            if self._users:
                return
        self._close()

    # -- watching --------------------------------------------------------------------------------------------------

    def _note_answer(self) -> None:
        """Something came from the server."""
        self._heard = self._moved = time.monotonic()

    def keep_alive(self) -> None:
        """Whoever works is alive, though the server has nothing to say."""
        self._moved = time.monotonic()

    @contextmanager
    def keep_watch(self) -> Iterator[None]:
        """Something is expected of the server as long as this lasts."""
        self.keep_alive()
        with self._lock:
            self._working += 1
            self._set_alarm()
        try:
            yield
        finally:
            self.keep_alive()
            with self._lock:
                self._working -= 1
                self._set_alarm()

    def _set_alarm(self) -> None:
        if self._transport is not None:
            alarm.set(self, self._due, self._close_if_silent)

    @property
    def _due(self) -> float:
        return self._moved + (self._timeouts.read + SLACK if self._working else self._idle)

    def _close_if_silent(self) -> None:
        """Close a connection on which nothing has moved for too long, whether it hangs or nobody uses it."""
        with self._lock:
            if time.monotonic() < self._due:
                self._set_alarm()
                return
        self._close()

    def drop(self, session: Session) -> None:
        """A session came to an end by itself. If nothing came for others either, the connection goes with it."""
        session.close()
        if time.monotonic() - self._heard > 0.9 * self._timeouts.read:
            self._close()

    def _close(self) -> None:
        with self._lock:
            transport, self._transport = self._transport, None
        with self._turn:
            self._free.clear()
            self._most = MOST_SESSIONS
            self._turn.notify_all()
        alarm.cancel(self)
        if transport is not None:
            with suppress(Exception):  # in whatever state it is
                transport.close()
        self._way.close()
