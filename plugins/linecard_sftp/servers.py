"""Servers: one connection to each, however many inboxes it has; kept between looks, given up when nobody uses it.

A server that cannot be reached is left alone for a while, and everybody who asks meanwhile is told the same.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from weakref import WeakValueDictionary

import paramiko

from linecard.api import InboxError
from linecard_sftp.alarm import alarm
from linecard_sftp.connect import Crowded, Way
from linecard_sftp.options import SftpOptions
from linecard_sftp.session import Lost, Session

LONGEST_PAUSE = 120.0
SLACK = 2.0
"""Seconds that a session has beyond its own patience before it is ended from outside."""

MOST_SESSIONS = 8
"""Sessions on one connection; OpenSSH takes ten (MaxSessions) unless it is told otherwise."""

_servers: WeakValueDictionary[Hashable, Server] = WeakValueDictionary()
_guard = threading.Lock()


def server(way: Way, options: SftpOptions) -> Server:
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

    def __init__(self, way: Way, options: SftpOptions) -> None:
        self._way, self._timeouts = way, options.timeouts
        self._idle, self._first_pause = options.idle, options.pause
        self._connecting = threading.Lock()
        """Held while the server is being reached, which may take long."""
        self._lock = threading.Lock()
        """Held for moments."""
        self._transport: paramiko.Transport | None = None
        self._failure: InboxError | None = None
        self._failures, self._again = 0, 0.0
        self._turn = threading.Condition()
        self._free: list[Session] = []
        self._used, self._most = 0, MOST_SESSIONS
        self._users = self._working = 0
        self._moved = self._heard = time.monotonic()
        self._chance = random.Random()  # noqa: S311 - spreads attempts, guards no secret

    # -- sessions --------------------------------------------------------------------------------------------------

    @contextmanager
    def borrowed(self) -> Iterator[tuple[Session, bool]]:
        """A session for one piece of work, and whether it was used before. Raises `InboxError`.

        A few serve any number of inboxes: for each, the server keeps a process.
        """
        session, before = self._borrow()
        try:
            yield session, before
        finally:
            with self._turn:
                self._used -= 1
                if session.alive:
                    self._free.append(session)
                self._turn.notify()

    def _borrow(self) -> tuple[Session, bool]:
        while True:
            with self._turn:
                while not self._free and self._used >= self._most:
                    self._turn.wait()
                self._used += 1
                found = self._free.pop() if self._free else None
            if found is not None and found.alive:
                return found, True
            try:
                return self._begun(), False
            except BaseException as error:
                with self._turn:
                    self._used -= 1
                    self._turn.notify()
                    if not isinstance(error, Crowded) or not self._used + len(self._free):
                        raise
                    self._most = self._used + len(self._free)  # as many as the server takes; wait for one of them

    # -- connecting ------------------------------------------------------------------------------------------------

    def _begun(self) -> Session:
        """A new session on the one connection."""
        with self._connecting:  # one after the other: paramiko tells only one of several why it was refused
            channel = self._way.sftp(self._connected())
        try:
            return Session(channel, patience=self._timeouts.read, monotonic=time.monotonic, moved=self._hear)
        except Lost as lost:
            raise InboxError(f"{self._way.login.where}: {lost}") from lost

    def _connected(self) -> paramiko.Transport:
        with self._lock:
            if self._transport is not None and self._transport.is_active():
                return self._transport
            self._transport = None
        if self._failure is not None and time.monotonic() < self._again:
            raise InboxError(str(self._failure), remedy=self._failure.remedy)
        try:
            transport = self._way.logged_in()
        except InboxError as error:
            pause = min(LONGEST_PAUSE, self._first_pause * 2**self._failures)
            self._failures = min(self._failures + 1, 10)
            self._failure, self._again = error, time.monotonic() + pause * self._chance.uniform(0.8, 1.2)
            self._way.close()
            raise
        self._failure, self._failures = None, 0
        self._hear()
        with self._lock:
            self._transport = transport
            self._watch()
        return transport

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

    def _hear(self) -> None:
        """Something came from the server."""
        self._heard = self._moved = time.monotonic()

    def touch(self) -> None:
        """Whoever works is alive, though the server has nothing to say."""
        self._moved = time.monotonic()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Something is expected of the server as long as this lasts."""
        self.touch()
        with self._lock:
            self._working += 1
            self._watch()
        try:
            yield
        finally:
            self.touch()
            with self._lock:
                self._working -= 1
                self._watch()

    def _watch(self) -> None:
        if self._transport is not None:
            alarm.set(self, self._due, self._look)

    @property
    def _due(self) -> float:
        return self._moved + (self._timeouts.read + SLACK if self._working else self._idle)

    def _look(self) -> None:
        """Close a connection on which nothing has moved for too long, whether it hangs or nobody uses it."""
        with self._lock:
            if time.monotonic() < self._due:
                self._watch()
                return
        self._close()

    def lost(self, session: Session) -> None:
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
        alarm.off(self)
        if transport is not None:
            with suppress(Exception):  # in whatever state it is
                transport.close()
        self._way.close()
