"""Crontabs: what crontab(5) says, held against a reading that goes through every minute."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linecard.rules.crontab import canonical, next_time

PARIS = ZoneInfo("Europe/Paris")
SATURDAY = datetime(2026, 11, 28, 12, tzinfo=PARIS)
MINUTE = timedelta(minutes=1)


def times(text: str, after: datetime, count: int) -> list[str]:
    found = []
    for _ in range(count):
        after = next_time(text, after)
        found.append(f"{after:%a %d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("0 7 * * 1-5", ["Mon 30 07:00", "Tue 01 07:00"]),
        ("0 7 * * mon-fri", ["Mon 30 07:00", "Tue 01 07:00"]),
        ("0 7 * * 0", ["Sun 29 07:00", "Sun 06 07:00"]),
        ("0 7 * * 7", ["Sun 29 07:00", "Sun 06 07:00"]),
        ("0 7 * * SUN", ["Sun 29 07:00", "Sun 06 07:00"]),
        ("0 7 * * 6,0", ["Sun 29 07:00", "Sat 05 07:00"]),
        ("0 7 * * 5-7", ["Sun 29 07:00", "Fri 04 07:00"]),
        ("0 7 * * fri-mon", ["Sun 29 07:00", "Mon 30 07:00", "Fri 04 07:00"]),
        ("0 7 * * fri-tue/2", ["Sun 29 07:00", "Tue 01 07:00", "Fri 04 07:00"]),
        ("0 7 * * 3-3/2", ["Wed 02 07:00", "Wed 09 07:00"]),
        ("0 7 * * sat-sun", ["Sun 29 07:00", "Sat 05 07:00"]),
        ("0 7 * * 1/2", ["Mon 30 07:00", "Wed 02 07:00", "Fri 04 07:00", "Mon 07 07:00"]),
        ("0 7 * * */2", ["Sun 29 07:00", "Tue 01 07:00", "Thu 03 07:00", "Sat 05 07:00", "Sun 06 07:00"]),
        ("0 7 * * 7/2", ["Sun 29 07:00", "Sun 06 07:00"]),
        ("57/2 12 * * *", ["Sat 28 12:57", "Sat 28 12:59", "Sun 29 12:57"]),
        ("0 22/2 * * *", ["Sat 28 22:00", "Sun 29 22:00"]),
        ("0 0 30-2 * *", ["Mon 30 00:00", "Tue 01 00:00", "Wed 02 00:00", "Wed 30 00:00", "Thu 31 00:00"]),
        ("0 0 1 nov-jan *", ["Tue 01 00:00", "Fri 01 00:00", "Mon 01 00:00"]),
        ("58-1 12 * * *", ["Sat 28 12:01", "Sat 28 12:58", "Sat 28 12:59", "Sun 29 12:00"]),
        ("0 22-5/3 * * *", ["Sat 28 22:00", "Sun 29 01:00", "Sun 29 04:00", "Sun 29 22:00"]),
        ("0 0 13 * 5", ["Fri 04 00:00", "Fri 11 00:00", "Sun 13 00:00", "Fri 18 00:00"]),
        ("0 0 1,15 * mon", ["Mon 30 00:00", "Tue 01 00:00", "Mon 07 00:00", "Mon 14 00:00", "Tue 15 00:00"]),
        ("0 0 */10 * mon", ["Mon 21 00:00", "Mon 11 00:00"]),  # begins with a star: both must fit
        ("0,30 6-7 * dec-jan *", ["Tue 01 06:00", "Tue 01 06:30", "Tue 01 07:00", "Tue 01 07:30", "Wed 02 06:00"]),
    ],
)
def test_what_a_crontab_means(text, first):
    """Sunday is 0 and 7, ranges may run over the end, and one of two days will do."""
    assert times(text, SATURDAY, len(first)) == first


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0 7 * *", "4 fields"),
        ("0 7 * * * *", "6 fields"),
        ("0 7 * * 8", "'8' is no day of the week"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 0 * *", "'0' is no day of the month"),
        ("mon 0 * * *", "'mon' is no minute"),
        ("0 0 * * 5L", "'5l' is no day of the week"),
        ("0 0 L * *", "'l' is no day of the month"),
        ("0 0 * * mon#1", "'mon#1' is no day of the week"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("*/00 * * * *", "'*/00' is no minute"),
        ("60 * * * *", "'60' is no minute"),
        ("0 0 32 * *", "'32' is no day of the month"),
        ("0 0 * 0 *", "'0' is no month"),
        ("0 0 * 13 *", "'13' is no month"),
        ("", "0 fields"),
        ("0,, * * * *", "'' is no minute"),
        ("0 0 30 feb *", "there is no such day"),
        ("0 0 ٣ * *", "'٣' is no day of the month"),
    ],
)
def test_what_is_no_crontab(text, why):
    """The first thing that is wrong is named; a day that never comes is no crontab."""
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        canonical(text)


def test_when_the_clock_is_put_forward_or_back():
    """A time that is left out comes when the hour is over; one that comes twice counts once, wherever one asks."""
    spring, autumn = datetime(2027, 3, 28, tzinfo=PARIS), datetime(2027, 10, 31, tzinfo=PARIS)
    assert times("30 2 * * *", spring, 2) == ["Sun 28 03:00", "Mon 29 02:30"]
    assert times("30 2 * * *", autumn, 2) == ["Sun 31 02:30", "Mon 01 02:30"]
    second = datetime(2027, 10, 31, 2, 10, fold=1, tzinfo=PARIS)
    assert times("30 2 * * *", second, 1) == ["Mon 01 02:30"]
    hourly = autumn.astimezone(UTC)
    found = []
    for _ in range(4):
        hourly = next_time("0 * * * *", hourly.astimezone(PARIS)).astimezone(UTC)
        found.append(hourly)
    assert {after - before for before, after in pairwise(found)} == {timedelta(hours=1)}


def test_a_leap_day_in_the_next_decade():
    """The next time is found however far it is, and at once."""
    assert f"{next_time('0 0 29 2 *', datetime(2097, 1, 1, tzinfo=PARIS)):%Y-%m-%d}" == "2104-02-29"


# -- an independent reading ----------------------------------------------------------------------------------------


def values(low: int, high: int) -> st.SearchStrategy[tuple[str, set[int]]]:
    """A field, and what it means: a star, a number, a range or a step of one, or some of these."""
    number = st.integers(low, high)
    terms = st.one_of(
        number.map(lambda n: (str(n), {n})),
        st.tuples(number, number, st.integers(1, 5)).map(lambda found: stepped(*found, low, high)),
    )
    several = st.lists(terms, min_size=1, max_size=3).map(
        lambda found: (",".join(text for text, _ in found), set().union(*(meant for _, meant in found)))
    )
    star = st.integers(1, 7).map(lambda n: (f"*/{n}" if n > 1 else "*", set(range(low, high + 1, n))))
    return st.one_of(star, several)


def stepped(first: int, last: int, step: int, low: int, high: int) -> tuple[str, set[int]]:
    run, number = [first], first
    while number != last:
        number = low if number == high else number + 1
        run.append(number)
    return f"{first}-{last}/{step}", set(run[::step])


@given(values(0, 59), values(0, 23), values(1, 31), values(1, 12), values(0, 6), st.integers(0, 1_500_000))
@settings(max_examples=150, deadline=None)
def test_against_every_minute(minutes, hours, dates, months, days, start):
    """In a zone whose clock never changes, the next time is the first minute that fits, and none before it does."""
    zone = ZoneInfo("Asia/Kolkata")
    text = " ".join(field for field, _ in (minutes, hours, dates, months, days))
    either = not (dates[0].startswith("*") or days[0].startswith("*"))

    def fits(at: datetime) -> bool:
        date, day = at.day in dates[1], at.isoweekday() % 7 in days[1]
        right_day = date or day if either else date and day
        return at.minute in minutes[1] and at.hour in hours[1] and at.month in months[1] and right_day

    at = datetime(2026, 1, 1, tzinfo=zone) + start * MINUTE
    try:
        canonical(text)
    except ValueError:  # the 30th of February alone
        assert not any(
            date.month in months[1] and date.day in dates[1]
            for date in (at + n * timedelta(days=1) for n in range(1500))
        )
        return
    found = next_time(text, at)
    assert fits(found)
    look = at + MINUTE
    for _ in range(3 * 1440):
        if look >= found:
            break
        assert not fits(look), look
        look += MINUTE


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 360))
@settings(max_examples=60, deadline=None)
def test_once_a_day_in_every_zone_change(hour, minute, day):
    """A time of day comes once on each date, also on those of 23 and 25 hours."""
    at = datetime(2027, 1, 1, tzinfo=PARIS) + timedelta(days=day)
    for _ in range(3):
        after = next_time(f"{minute} {hour} * * *", at)
        assert after.date() - at.date() <= timedelta(days=1)
        assert after.astimezone(UTC) > at.astimezone(UTC)
        at = after
