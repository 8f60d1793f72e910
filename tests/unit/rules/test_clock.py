"""Whether the wall clock is believed: pure rules over what it says and what has passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.rules.clock import PROBATION, ClockState, observe

START = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR, DAY, YEARS = timedelta(hours=1), timedelta(days=1), timedelta(days=3653)
POLL = timedelta(seconds=5)


def go(state: ClockState, wall: timedelta, elapsed: timedelta | None) -> ClockState:
    return observe(state, state.seen + wall, elapsed)


def test_a_clock_that_goes_evenly_is_believed():
    """Minutes of an NTP correction, an hour of sleep and a night without linecard are no jumps."""
    state = ClockState(START)
    for wall, elapsed in ((POLL, POLL), (timedelta(minutes=59), POLL), (8 * HOUR, 8 * HOUR), (20 * HOUR, None)):
        state = go(state, wall, elapsed)
        assert state.trusted is None


@pytest.mark.parametrize("elapsed", [POLL, None])
@pytest.mark.parametrize("jump", [2 * DAY, YEARS])
def test_after_a_jump_a_day_must_pass(jump, elapsed):
    """Within a life and at a start; the day is one by the clock that nobody sets."""
    state = go(ClockState(START), jump, elapsed)
    assert state.trusted == (START if elapsed is None else START + POLL)
    for _ in range(23):
        state = go(state, HOUR, HOUR)
        assert state.trusted is not None
    assert go(state, HOUR, HOUR).trusted is None


def test_a_small_jump_counts_where_it_can_be_seen():
    """Of two hours within a life; at a start nobody can tell it from two hours without linecard."""
    assert go(ClockState(START), 2 * HOUR, POLL).trusted == START + POLL
    assert go(ClockState(START), 2 * HOUR, None).trusted is None


@pytest.mark.parametrize("elapsed", [POLL, None])
def test_a_clock_that_is_set_right_again_is_believed_at_once(elapsed):
    """Whether linecard was at work then or not."""
    wrong = go(go(ClockState(START), YEARS, POLL), HOUR, HOUR)
    assert observe(wrong, START + HOUR + POLL, elapsed) == ClockState(START + HOUR + POLL)


def test_a_clock_that_jumps_on_begins_its_day_again():
    """Forward or back: only a time that goes evenly for a day is believed."""
    for more in (YEARS, -YEARS / 2):
        state = go(ClockState(START), YEARS, POLL)
        for _ in range(20):
            state = go(state, HOUR, HOUR)
        state = go(state, more, POLL)
        assert state.trusted is not None
        assert state.lasted == timedelta()


def test_the_day_goes_on_over_restarts():
    """What was lasted is written down, so that a machine that starts each morning comes to it."""
    state = go(ClockState(START), YEARS, None)
    for _ in range(3):
        state = go(go(state, 2 * HOUR, 2 * HOUR), 6 * HOUR, None)
    assert state.trusted is None


def test_a_day_without_linecard_and_an_hour_ahead_are_no_jumps_yet():
    """To the second: what is more than that is one."""
    second = timedelta(seconds=1)
    assert go(ClockState(START), DAY, None).trusted is None
    assert go(ClockState(START), DAY + second, None).trusted == START
    assert go(ClockState(START), HOUR + POLL, POLL).trusted is None
    assert go(ClockState(START), HOUR + POLL + second, POLL).trusted == START + POLL


def test_while_the_clock_is_doubted_the_trusted_time_goes_on_with_what_has_passed():
    """By the clock that nobody sets; over a restart by the wall clock, unless that jumped again."""
    doubted = go(ClockState(START), YEARS, None)
    assert go(doubted, POLL, POLL).trusted == START + POLL
    assert go(doubted, HOUR, None).trusted == START + HOUR
    assert go(doubted, YEARS, POLL).trusted == START + POLL
    assert go(doubted, YEARS, None).trusted == START


def test_a_clock_that_came_back_to_within_an_hour_is_right_again():
    """Within a life; over a restart to within a day, for nobody saw how long it was off."""
    doubted = go(ClockState(START), YEARS, None)
    second = timedelta(seconds=1)
    assert observe(doubted, START + POLL + HOUR, POLL).trusted is None
    assert observe(doubted, START + POLL + HOUR + second, POLL).trusted == START + POLL
    assert observe(doubted, START + DAY, None).trusted is None
    assert observe(doubted, START + DAY + second, None).trusted == START
    ahead = go(ClockState(START), 2 * HOUR, POLL)
    assert go(ahead, HOUR, None).trusted is not None, "it was not set back"


def test_the_day_is_counted_in_any_steps_and_begins_again_when_the_clock_is_set_back_by_more_than_an_hour():
    state = go(ClockState(START), YEARS, None)
    for _ in range(47):
        state = go(state, HOUR / 2, HOUR / 2)
        assert state.trusted is not None
    assert go(state, HOUR / 2, HOUR / 2).trusted is None
    assert go(state, -HOUR, POLL).lasted == state.lasted + POLL
    assert go(state, -HOUR - POLL, POLL).lasted == timedelta()


def test_a_jump_back_is_believed():
    """It makes nothing older than it is; the way forward is a jump again."""
    back = go(ClockState(START), -YEARS, POLL)
    assert back.trusted is None
    assert go(back, YEARS, POLL).trusted is not None


@given(
    st.lists(
        st.tuples(st.timedeltas(-YEARS, YEARS), st.one_of(st.none(), st.timedeltas(timedelta(), 2 * DAY))), max_size=30
    )
)
def test_old_things_are_never_believed_before_their_time(steps):
    """While the clock is believed it is never further ahead of the truth than what was borne for a day allows.

    Within one life, the sum of what was believed without a day's wait is the drift of each step.
    """
    state, waited = ClockState(START), timedelta()
    for wall, elapsed in steps:
        before = state
        state = go(state, wall, elapsed)
        if state.trusted is None and before.trusted is None and elapsed is not None:
            assert wall - elapsed <= HOUR
        if before.trusted is not None and state.trusted is None:
            is_right = state.seen <= before.trusted + DAY + timedelta(days=2)
            waited = before.lasted + DAY
            assert is_right or waited >= PROBATION
