"""The pace of requests: the budget of an account, and the word of its service that they are too many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar

from linecard.ports.context import Clock
from linecard.ports.rate_budget import RateBudget

FORGOTTEN = 30.0
"""Seconds after the end of a pause in which nobody has asked again, so that nobody waits any more."""
UNSAID = 10.0
"""Seconds to wait where an answer does not say for how long; what ALE's SDK waits (rainbow-node-sdk 2.46.1)."""

Answer = TypeVar("Answer")


class RequestGate(Generic[Answer]):
    """Lets requests through as the budget allows. After an answer that says "too many" everybody waits as long as it
    says, and then one request goes first: a service that stays shut is asked once in each such time, however many
    workers wait.

    `find_pause` gives the seconds that an answer asks for, None if it lets requests through; one that was answered so
    was not done, whatever it was, so it is sent again. `give_up` makes the error that is raised when the service stays
    shut for longer than the patience; it is given the seconds that it stays shut at least.
    """

    def __init__(
        self,
        budget: RateBudget,
        patience: float,
        *,
        find_pause: Callable[[Answer], float | None],
        give_up: Callable[[float], Exception],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budget, self._patience, self._monotonic = budget, patience, monotonic
        self._find_pause, self._give_up = find_pause, give_up
        self._shut = threading.Event()
        self._first = threading.Lock()
        self._shut_at: float | None = None
        """Since when nothing was let through. The patience is everybody's: each worker's own would begin when the one
        before has lost it."""
        self._reopens_at = 0.0

    def send(self, request: Callable[[], Answer]) -> Answer:
        """The answer to a request. Raises what `give_up` makes."""
        if self._monotonic() > self._reopens_at + FORGOTTEN:
            self._shut_at = None  # whoever waited has given up since: this is another attempt, with patience of its own
        while True:
            if self._shut.is_set():
                with self._first:
                    answer = self._try(request)
            else:
                answer = self._try(request)
            pause = self._find_pause(answer)
            if pause is None:
                self._shut.clear()
                self._shut_at = None
                return answer
            self._shut_at = self._monotonic() if self._shut_at is None else self._shut_at
            self._reopens_at = self._monotonic() + pause
            self._shut.set()
            self._budget.hold(pause)

    def _try(self, request: Callable[[], Answer]) -> Answer:
        shut_at = self._shut_at
        waited = 0.0 if shut_at is None else self._monotonic() - shut_at
        if not self._budget.take(max(0.0, self._patience - waited)):
            raise self._give_up(self._budget.wait_for(1))
        return request()


def read_retry_after(text: str, now: Clock) -> float:
    """Seconds, from a number of them or a date."""
    if text.strip().isdecimal():
        return max(1.0, float(text))
    try:
        return max(1.0, (parsedate_to_datetime(text) - now()).total_seconds())
    except (TypeError, ValueError):
        return UNSAID
