"""A rate: no window, wherever it begins, has more requests than agreed, and nearly all of them can be used."""

from __future__ import annotations

import random
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.rules.token_bucket import (
    JITTER,
    LONGEST_HOLD,
    PROBE,
    Bucket,
    empty_bucket,
    find_time,
    plan_rate,
    shift,
    spend,
    suspend,
)

AGREED = st.tuples(st.integers(1, 250), st.floats(0.01, 3600))
PAUSES = st.lists(st.one_of(st.just(0.0), st.floats(0, 0.3), st.floats(0, 3)), min_size=1, max_size=40)
"""Shares of a window that pass before somebody asks again."""


def most_in_a_window(times: list[float], seconds: float) -> int:
    """The naive model: all times are kept, and a window begins at each."""
    times = sorted(times)
    return max(bisect_left(times, begin + seconds) - n for n, begin in enumerate(times))


def send(bucket, rate, now, pauses, count):
    """The times at which so many requests go when one asks again after each pause, over and over."""
    sent = []
    for n in range(count):
        now = find_time(bucket, rate, now + pauses[n % len(pauses)])
        bucket = spend(bucket, rate, now)
        sent.append(now)
    return sent


@given(AGREED, PAUSES, st.randoms(use_true_random=False))
def test_no_window_at_the_service_has_more_than_agreed(agreed, pauses, chance):
    requests, seconds = agreed
    rate = plan_rate(requests, seconds)
    sent = send(Bucket(0.0), rate, 5.0, [p * seconds for p in pauses], 2 * requests + 20)
    assert most_in_a_window(sent, seconds) <= requests
    come = [at + chance.choice([0, chance.random(), 1]) * JITTER * 0.999 * seconds for at in sent]
    assert most_in_a_window(come, seconds) <= requests


@pytest.mark.parametrize(
    ("requests", "seconds"), [(5, 1), (50, 1), (60, 1), (100, 10), (600, 60), (600, 3), (20250, 60)]
)
def test_nearly_all_can_be_used(requests, seconds):
    rate = plan_rate(requests, seconds)
    in_time = 1 + int((10 * seconds + rate.burst) / rate.interval)
    assert in_time >= 0.95 * 10 * requests
    assert send(empty_bucket(rate, 7.0), rate, 7.0, [0.0], in_time)[-1] <= 7.0 + 10 * seconds + rate.burst


def test_who_slept_too_long_catches_up():
    rate = plan_rate(600, 60)
    late = send(Bucket(0.0), rate, 100.0, [0, 0, 0, 0.3], 3000)
    even = send(Bucket(0.0), rate, 100.0, [0], 3000)
    assert late[-1] - even[-1] < 1


@given(AGREED, st.integers(1, 80), st.floats(0, 100), st.floats(0, 5), st.booleans())
def test_the_wait_for_several_is_that_of_taking_each(agreed, wanted, due, held, probing):
    rate = plan_rate(*agreed)
    bucket = Bucket(due, 50.0 + held, probing)
    assert find_time(bucket, rate, 50.0, wanted) == pytest.approx(send(bucket, rate, 50.0, [0.0], wanted)[-1])


def test_the_wait_for_none_is_none():
    assert find_time(Bucket(100.0, 100.0, probing=True), plan_rate(10, 1), 5.0, 0) == 5.0


def test_after_a_hold_one_goes_alone():
    rate = plan_rate(600, 60)
    bucket = suspend(Bucket(0.0), 1000.0, 10)
    first, second, third = send(bucket, rate, 1000.0, [0.0], 3)
    assert (first, second) == (1010.0, 1010.0 + PROBE)
    assert third == second  # the burst is there again


def test_a_service_that_goes_on_refusing_gets_one_request_a_pause():
    rate, bucket, now, sent = plan_rate(600, 60), Bucket(0.0), 1000.0, 0
    bucket = suspend(bucket, now, 5)
    while now < 2000.0:
        now = find_time(bucket, rate, now)
        bucket, sent = spend(bucket, rate, now), sent + 1
        bucket = suspend(bucket, now + 0.2, 5)  # the answer, in which time others have asked
        assert find_time(bucket, rate, now + 0.1) == now + 0.2 + 5
    assert sent <= 1 + 1000 / 5.2 + 1


@pytest.mark.parametrize(
    ("asked", "held"), [(-3, 0), (0, 0), (7, 7), (1e9, LONGEST_HOLD), (float("inf"), LONGEST_HOLD), (float("nan"), 0)]
)
def test_a_hold_is_neither_negative_nor_endless(asked, held):
    assert find_time(suspend(Bucket(0.0), 50.0, asked), plan_rate(10, 1), 50.0) == 50.0 + held


def test_the_longer_of_two_holds_stays():
    bucket = suspend(suspend(Bucket(0.0), 100.0, 60), 101.0, 5)
    assert find_time(bucket, plan_rate(10, 1), 101.0) == 160.0


def test_one_about_whom_nothing_is_known_has_no_burst():
    rate = plan_rate(600, 60)
    assert send(empty_bucket(rate, 9.0), rate, 9.0, [0.0], 3) == pytest.approx(
        [9, 9 + rate.interval, 9 + 2 * rate.interval]
    )


def test_a_bucket_is_read_by_another_clock():
    rate, bucket = plan_rate(100, 10), suspend(Bucket(512.0), 500.0, 20)
    assert find_time(shift(bucket, -500.0), rate, 0.0) == find_time(bucket, rate, 500.0) - 500.0 == 20.0


@pytest.mark.parametrize(
    ("requests", "seconds"), [(0, 1), (-1, 1), (1, 0), (1, -1), (1, float("inf")), (1, float("nan"))]
)
def test_a_rate_lets_something_through(requests, seconds):
    with pytest.raises(ValueError, match="lets nothing through"):
        plan_rate(requests, seconds)


def test_the_model_counts_what_a_window_has():
    """It finds what a bucket without a limit of its own would let through."""
    assert most_in_a_window([0, 0.5, 1.0, 1.2], 1) == 3
    chance = random.Random(5)
    assert most_in_a_window([chance.random() for _ in range(100)], 1) == 100


@pytest.mark.parametrize(
    ("requests", "early"), [(1, 0), (49, 0), (50, 1), (51, 1), (100, 1), (199, 1), (200, 2), (20_250, 202)]
)
def test_one_request_in_a_hundred_may_come_early(requests, early):
    """None of a few: it would take a share of the budget that is felt."""
    rate = plan_rate(requests, 60)
    assert rate.burst == pytest.approx(early * rate.interval)


def test_two_requests_after_a_hold_take_the_time_of_the_first_ones_answer():
    rate = plan_rate(600, 60)
    held = suspend(Bucket(0.0), 10.0, 5.0)
    assert find_time(held, rate, 10.0, 1) == 15.0
    assert find_time(held, rate, 10.0, 2) >= 15.0 + PROBE
