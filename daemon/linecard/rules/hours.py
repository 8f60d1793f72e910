"""Hours and days: when an inbox rests, and by when a file must have come. Times are local to the site, and aware."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, time, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_quiet(hours: str, now: datetime) -> bool:
    """Whether the time of day lies in hours such as `22:00-06:00`; the end is no more a part of them."""
    begin, end = (time.fromisoformat(part) for part in hours.split("-"))
    at = now.time().replace(tzinfo=None)
    return begin <= at < end if begin < end else at >= begin or at < end


def last_due(by: str, days: Collection[str], now: datetime) -> tuple[datetime, datetime]:
    """The last two times, in order, by which a file had to come."""
    past = _past_times(by, days, now)
    last = next(past)
    return next(past), last


def _past_times(by: str, days: Collection[str], now: datetime) -> Iterator[datetime]:
    """These times, from the last one back."""
    day = now.date()
    while True:
        at = datetime.combine(day, time.fromisoformat(by), tzinfo=now.tzinfo)
        if DAYS[day.weekday()] in days and at.timestamp() <= now.timestamp():
            yield at
        day -= timedelta(days=1)


def next_due(by: str, days: Collection[str], now: datetime) -> datetime:
    """The next time of these.

    Where the clock is put back, an hour that comes twice counts the first time; where it is put forward, one that is
    left out comes when the hour before it is over.
    """
    day = now.date() - timedelta(days=1)
    while True:
        at = datetime.combine(day, time.fromisoformat(by), tzinfo=now.tzinfo)
        if DAYS[day.weekday()] in days and at.timestamp() > now.timestamp():
            return at
        day += timedelta(days=1)
