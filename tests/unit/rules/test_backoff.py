"""Waits between tries: longer each time, never too long, and not the same for all."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from linecard.rules.backoff import Backoff

WAITS = st.builds(lambda first, more: Backoff(first, first + more), st.floats(0.1, 60), st.floats(0, 1e5))


@given(WAITS, st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_a_wait_lies_around_the_doubled_one(backoff, failures, chance):
    doubled = min(backoff.longest, backoff.first * 2.0 ** min(failures, 900))
    assert 0.8 * doubled <= backoff.next_delay(failures, chance) <= 1.2 * doubled * (1 + 1e-9)
    assert backoff.next_delay(failures, chance) <= backoff.most * (1 + 1e-9)


def test_those_that_fail_together_come_back_one_after_the_other():
    chance = random.Random(1)
    waits = [Backoff(60, 3600).next_delay(3, chance) for _ in range(100)]
    assert len(set(waits)) == 100
    assert max(waits) - min(waits) > 100
