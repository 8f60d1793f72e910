"""The pace of requests: the tenant's budget, and Rainbow's word that they are too many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar

from linecard.api import Clock, RateBudget
from linecard_rainbow.errors import RainbowError

TOO_MANY = 429
FORGOTTEN = 30.0
"""Seconds after the end of a pause in which nobody has asked again, so that nobody waits any more."""
UNSAID = 10.0
"""Seconds to wait where a 429 does not say for how long; what ALE's own SDK waits (rainbow-node-sdk 2.46.1)."""


class HasStatus(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def retry_after(self) -> str: ...


Answer = TypeVar("Answer", bound=HasStatus)


class Gate:
    """Lets requests through as the budget allows. After a 429 everybody waits as long as it says, and then one request
    goes first: a tenant that stays shut is asked once in each such time, however many workers wait.

    A request that was answered with 429 was not done, whatever it was, so it is sent again.
    """

    def __init__(
        self,
        budget: RateBudget,
        patience: float,
        now: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budget, self._patience, self._now, self._monotonic = budget, patience, now, monotonic
        self._shut = threading.Event()
        self._first = threading.Lock()
        self._shut_at: float | None = None
        """Since when nothing was let through. The patience is everybody's: each worker's own would begin when the one
        before has lost it."""
        self._reopens_at = 0.0

    def send(self, request: Callable[[], Answer]) -> Answer:
        """The answer to a request. Raises `RainbowError` when Rainbow stays shut for longer than the patience."""
        if self._monotonic() > self._reopens_at + FORGOTTEN:
            self._shut_at = None  # whoever waited has given up since: this is another attempt, with patience of its own
        while True:
            if self._shut.is_set():
                with self._first:
                    answer = self._try(request)
            else:
                answer = self._try(request)
            if answer.status != TOO_MANY:
                self._shut.clear()
                self._shut_at = None
                return answer
            pause = read_retry_after(answer.retry_after, self._now)
            self._shut_at = self._monotonic() if self._shut_at is None else self._shut_at
            self._reopens_at = self._monotonic() + pause
            self._shut.set()
            self._budget.hold(pause)

    def _try(self, request: Callable[[], Answer]) -> Answer:
        shut_at = self._shut_at
        waited = 0.0 if shut_at is None else self._monotonic() - shut_at
        if not self._budget.take(max(0.0, self._patience - waited)):
            wait = self._budget.wait_for(1)
            raise RainbowError(
                f"Rainbow lets nothing through for another {wait:.0f} s: too many requests were sent.",
                remedy="Nothing is lost: linecard tries again. Lower `rate` if other programs use this account.",
            )
        return request()


def read_retry_after(text: str, now: Clock) -> float:
    """Seconds, from a number of them or a date."""
    if text.strip().isdecimal():
        return max(1.0, float(text))
    try:
        return max(1.0, (parsedate_to_datetime(text) - now()).total_seconds())
    except (TypeError, ValueError):
        return UNSAID
