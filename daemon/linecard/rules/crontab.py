"""The five fields of a crontab, with the meaning that crontab(5) gives them.

Days of the week count from Sunday, which is 0 and 7; a day comes when the day of the month or the day of the week
fits, where neither field begins with a star. Beyond crontab(5), a range may run over the end (`fri-mon`, `22-5`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache

from cronsim import CronSim, CronSimError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
_TERM = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?", re.ASCII)


@cache
def canonical(text: str) -> str:
    """The same times in numbers, with no range that runs over the end. Raises ValueError, saying what is wrong."""
    fields = text.lower().split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{len(fields)} fields")
    found = " ".join(
        ",".join(_term(term, *about) for term in field.split(",")) for field, about in zip(fields, _FIELDS, strict=True)
    )
    try:
        next(CronSim(found, datetime(2000, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        raise ValueError("there is no such day") from None
    return found


def _term(term: str, field: str, low: int, high: int, names: dict[str, int]) -> str:
    found = _TERM.fullmatch(term)
    if found is None or found[3] in ("0", "00"):
        raise ValueError(f"{term!r} is no {field}")
    first, last, step = (found[1], found[2], found[3])
    if first is None:
        return term
    begin = _value(first, field, low, high, names)
    if last is None:
        if not step:
            return str(begin)
        last_one = max(begin, high - (field == _FIELDS[4][0]))  # a week ends on Saturday: Sunday stands there as 0 too
        return ",".join(map(str, range(begin, last_one + 1, int(step))))
    end = _value(last, field, low, high, names)
    # Over the end it goes on from the beginning; Sunday stands there twice, as 0 and 7.
    around = 0 if begin <= end else 7 if field == _FIELDS[4][0] else high - low + 1
    run = range(begin, end + around + 1, int(step or 1))
    return ",".join(str(number - around if number > high else number) for number in run)


def _value(text: str, field: str, low: int, high: int, names: dict[str, int]) -> int:
    number = names.get(text, int(text) if text.isdigit() else -1)
    if not low <= number <= high:
        raise ValueError(f"{text!r} is no {field}")
    return number


def next_time(text: str, after: datetime) -> datetime:
    """The first time of a crontab later than an aware time, in the zone of that.

    As Debian's cron does it: where the clock is put forward, a time of day that is left out comes when the hour is
    over, and where it is put back, one that comes twice counts once; times with a star as minute or hour go by the
    clock. The cost does not grow with what was missed.
    """
    now = after.astimezone(UTC)
    # An hour that comes twice is counted the first time alone.
    return next(at for at in CronSim(canonical(text), after) if at.astimezone(UTC) > now)
