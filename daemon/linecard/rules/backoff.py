"""Back-off: how long to wait before something that failed is tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass

SPREAD = 0.2
"""Of each wait, to either side: those that failed together, as when a server went down, do not come back together."""
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds between two tries: doubled with each that failed, up to the longest, and spread by chance."""

    first: float
    longest: float

    def next_delay(self, failures: int, chance: random.Random) -> float:
        """The wait after a failure before which there were so many others in a row."""
        delay = min(self.first * (1 << min(failures, _MOST_DOUBLINGS)), self.longest)
        return delay * chance.uniform(1 - SPREAD, 1 + SPREAD)

    @property
    def most(self) -> float:
        """No wait is longer."""
        return self.longest * (1 + SPREAD)
