"""Backoff of runs: when a run that could not go on is tried again, and since when its PBX has made nothing of it."""

from __future__ import annotations

import random
from collections.abc import Callable

from linecard.errors import BackendError
from linecard.rules.backoff import Backoff

SHORTEST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds before a run that could not go on is tried again."""
_BACKOFF = Backoff(SHORTEST_WAIT, LONGEST_WAIT)


class RunBackoff:
    """Remembers tries by run. Times are monotonic seconds."""

    def __init__(self, monotonic: Callable[[], float], chance: random.Random | None) -> None:
        self._monotonic = monotonic
        self._chance = chance or random.Random()  # noqa: S311 - spreads tries, keeps no secret
        self._failures: dict[int, int] = {}
        self._progress: dict[int, tuple[float, int]] = {}

    def next_delay(self, run_id: int) -> float:
        """How long to wait before the next try."""
        failures = self._failures.get(run_id, 0)
        self._failures[run_id] = failures + 1
        return _BACKOFF.next_delay(failures, self._chance)

    def stall_time(self, run_id: int, made: int) -> float:
        """How long a run, of which so many changes are made by now, has come no further."""
        now = self._monotonic()
        since, before = self._progress.get(run_id, (now, -1))
        if made != before:
            since = now
            self._failures.pop(run_id, None)
        self._progress[run_id] = since, made
        return now - since

    def raise_unless_expired(self, run_id: int, made: int, most: float, words: str) -> None:
        """Raise `BackendError` with these words unless the run has come no further for `most` seconds."""
        if self.stall_time(run_id, made) < most:
            raise BackendError(
                words,
                remedy="The run continues by itself when the PBX answers. "
                f"If it cannot continue for {most / 60:g} minutes, the rest is reported as not done.",
            )

    def reset(self, run_id: int) -> None:
        """The run has ended."""
        self._failures.pop(run_id, None)
        self._progress.pop(run_id, None)
