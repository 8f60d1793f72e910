"""One thread that does things at their time, for all connections together: what hangs elsewhere does not hang here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress


class Alarm:
    """Calls what it was given when its time has come; what it calls must not wait.

    The thread is there only while there is something to wait for.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._set: dict[Hashable, tuple[float, Callable[[], None]]] = {}
        self._wakes = 0.0
        """When the thread wakes by itself."""
        self._running = False

    def set(self, what: Hashable, at: float, call: Callable[[], None]) -> None:
        """At this time (of `time.monotonic`), unless it is set anew or taken off before."""
        with self._changed:
            self._set[what] = (at, call)
            if not self._running:
                self._running = True
                self._wakes = at
                threading.Thread(target=self._run, name="sftp-alarm", daemon=True).start()
            elif at < self._wakes:  # else it is soon enough when it wakes anyhow: each request sets one
                self._changed.notify()

    def cancel(self, what: Hashable) -> None:
        with self._changed:
            self._set.pop(what, None)
            if not self._set:
                self._changed.notify()

    @contextmanager
    def within(self, seconds: float, call: Callable[[], None]) -> Iterator[None]:
        """Call this if what stands inside takes longer."""
        mark = object()
        self.set(mark, time.monotonic() + seconds, call)
        try:
            yield
        finally:
            self.cancel(mark)

    def _run(self) -> None:
        while (due := self._wait_for_due()) is not None:
            for call in due:
                with suppress(Exception):  # one broken connection must not keep watch over no other
                    call()

    def _wait_for_due(self) -> list[Callable[[], None]] | None:
        """Wait for what is due next; None when nothing is set any more."""
        with self._changed:
            while self._set:
                now = time.monotonic()
                due = [what for what, (at, _) in self._set.items() if at <= now]
                if due:
                    return [self._set.pop(what)[1] for what in due]
                self._wakes = min(at for at, _ in self._set.values())
                self._changed.wait(self._wakes - now)
            self._running = False
            return None


alarm = Alarm()
