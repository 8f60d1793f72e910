"""Quiet hours, and by when a file must have come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.rules.hours import DAYS, is_quiet, last_due, next_due

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("hours", "at", "quiet"),
    [
        ("22:00-06:00", "21:59", False),
        ("22:00-06:00", "22:00", True),
        ("22:00-06:00", "00:00", True),
        ("22:00-06:00", "05:59", True),
        ("22:00-06:00", "06:00", False),
        ("12:00-13:00", "11:59", False),
        ("12:00-13:00", "12:00", True),
        ("12:00-13:00", "12:30", True),
        ("12:00-13:00", "13:00", False),
        ("08:00-08:00", "08:00", True),
    ],
)
def test_quiet_hours(hours, at, quiet):
    """They may reach over midnight; the end is no more a part of them."""
    assert is_quiet(hours, datetime.fromisoformat(f"2026-12-01T{at}").replace(tzinfo=PARIS)) is quiet


def test_the_last_two_times_on_working_days():
    """On a Monday before seven, Friday's and Thursday's counted last."""
    monday = datetime(2026, 11, 30, 6, 59, tzinfo=PARIS)
    before, due = last_due("07:00", DAYS[:5], monday)
    assert (f"{before:%a %d}", f"{due:%a %d}") == ("Thu 26", "Fri 27")
    before, due = last_due("07:00", DAYS[:5], monday + timedelta(minutes=1))
    assert (f"{before:%a %d}", f"{due:%a %d}") == ("Fri 27", "Mon 30")


@given(
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001 - given a zone below
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.times(),
)
def test_the_last_time_has_come_and_the_next_has_not(now, days, by):
    """Whatever the days: both are among them, neither is ahead, and none lies between."""
    local = now.replace(tzinfo=PARIS)
    before, due = last_due(f"{by:%H:%M}", days, local)
    assert before < due <= local
    assert {DAYS[before.weekday()], DAYS[due.weekday()]} <= days
    assert due - before <= timedelta(days=7)


@given(
    st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - given a zone by the strategy
        max_value=datetime(2030, 1, 1),  # noqa: DTZ001
        timezones=st.just(PARIS),
        allow_imaginary=False,
    ),
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.times(),
)
def test_the_next_time_follows_the_last(now, days, by):
    """Also in the nights in which the clock is set: no time is left out between the two, and none is twice there."""
    at = f"{by:%H:%M}"
    _, due = last_due(at, days, now)
    following = next_due(at, days, now)
    assert due.timestamp() <= now.timestamp() < following.timestamp()
    assert next_due(at, days, due) == following
    assert last_due(at, days, following.astimezone(UTC).astimezone(PARIS))[1] == following


@pytest.mark.parametrize(
    ("night", "times"),
    [
        ("2026-10-24", ["2026-10-25 00:30", "2026-10-26 01:30"]),  # 02:30 CEST; that of CET is passed over
        ("2026-03-28", ["2026-03-29 01:30", "2026-03-30 00:30"]),  # there is no 02:30: 03:30 CEST
    ],
)
def test_a_time_in_the_night_in_which_the_clock_is_set_comes_once(night, times):
    """Minute by minute through it, in UTC."""
    now = datetime.fromisoformat(f"{night}T20:00:00+00:00")
    found = []
    for minute in range(32 * 60):
        _, due = last_due("02:30", DAYS, (now + timedelta(minutes=minute)).astimezone(PARIS))
        found.append(f"{due.astimezone(UTC):%Y-%m-%d %H:%M}")
    assert list(dict.fromkeys(found))[1:] == times
