"""Reading held back to so many bytes in a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from linecard_sftp.session import BLOCK, UNDER_WAY

SLICE = 0.5
"""Seconds of waiting at once."""


class RateLimit:
    """`rate` is in bytes; None: as fast as it goes. `alive` is told now and then that somebody is at work."""

    def __init__(self, rate: int | None, alive: Callable[[], None]) -> None:
        self._rate, self._alive, self._began = rate, alive, time.monotonic()
        self.under_way = UNDER_WAY if rate is None else max(1, min(UNDER_WAY, rate // BLOCK))

    def wait(self, length: int) -> None:
        self._alive()
        if self._rate is None:
            return
        due = self._began + length / self._rate
        while (left := due - time.monotonic()) > 0:
            time.sleep(min(left, SLICE))
            self._alive()
