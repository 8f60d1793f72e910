"""A piece of work that many may ask for: done once at a time, and once more if it was asked for meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable


class CoalescedCall:
    """Call it to have `work` done by `submit`'s thread; calls that come before it has begun count as one."""

    def __init__(self, work: Callable[[], None], submit: Callable[[Callable[[], None]], object]) -> None:
        self._work, self._submit = work, submit
        self._lock = threading.Lock()
        self._under_way = self._again = False

    def __call__(self) -> None:
        with self._lock:
            if self._under_way:
                self._again = True
                return
            self._under_way = True
        try:
            self._submit(self._run)
        except RuntimeError:  # the threads are gone: the program stops, and the next start does what is left
            with self._lock:
                self._under_way = False

    def _run(self) -> None:
        try:
            self._work()
        finally:
            with self._lock:
                once_more, self._again, self._under_way = self._again, False, False
            if once_more:
                self()
