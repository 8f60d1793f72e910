"""The gate: one request for each Retry-After, and one patience for all who wait."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from linecard.api.backend import RequestGate
from linecard.errors import BackendError

WORKERS, PATIENCE, RETRY_AFTER = 8, 60, 10


class Answer(NamedTuple):
    status: int


class VirtualBudget:
    """A budget that lets everything through unless it is held, on a clock that waiting turns on."""

    def __init__(self):
        self.time, self.held = 0.0, 0.0
        self._mine = threading.Lock()

    def take(self, at_most):
        with self._mine:
            if self.held - self.time > at_most:
                return False
            self.time = max(self.time, self.held)
            return True

    def hold(self, seconds):
        with self._mine:
            self.held = max(self.held, self.time + seconds)

    def wait_for(self, requests):
        return max(0.0, self.held - self.time)


@pytest.fixture
def budget():
    return VirtualBudget()


def make_gate(budget):
    return RequestGate(
        budget,
        PATIENCE,
        find_pause=lambda answer: RETRY_AFTER if answer.status == 429 else None,
        give_up=lambda wait: BackendError(f"it lets nothing through for another {wait:.0f} s"),
        monotonic=lambda: budget.time,
    )


def test_who_waits_together_gives_up_together(budget):
    """A tenant that stays shut is asked once in each Retry-After, and for as long as the patience says, however many
    workers wait."""
    gate, asked, together = make_gate(budget), Counter(), threading.Barrier(WORKERS)
    mine = threading.Lock()

    def refuse():
        with mine:
            asked[budget.time] += 1
            is_begin = not budget.time
        if is_begin:
            together.wait(60)  # all of them are under way when the first is refused
        return Answer(429)

    def send(_):
        with pytest.raises(BackendError, match="lets nothing through"):
            gate.send(refuse)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(send, range(WORKERS)))
    assert asked.pop(0.0) == WORKERS
    assert asked == dict.fromkeys(map(float, range(RETRY_AFTER, PATIENCE + 1, RETRY_AFTER)), 1)


def test_a_later_attempt_has_patience_of_its_own(budget):
    """A run gave up; an hour later one more 429 is waited for like any first one."""
    gate = make_gate(budget)
    with pytest.raises(BackendError, match="lets nothing through"):
        gate.send(lambda: Answer(429))
    budget.time += 3600
    answers = [Answer(429), Answer(200)]
    assert gate.send(lambda: answers.pop(0)).status == 200
