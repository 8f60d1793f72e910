"""Names of a feed's files that say something: of which day they are, and how many rows they have."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

_PARTS = {"{date}": r"(?P<date>[0-9][0-9_.-]{2,}[0-9])", "{rows}": r"(?P<rows>[0-9]{1,9})", "*": ".*?"}
_PART = re.compile(r"\{date\}|\{rows\}|\*")


class NameFacts(NamedTuple):
    """What a name says; None where it says nothing of it. `date` has digits only."""

    date: str | None = None
    rows: int | None = None


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    text, at = "", 0
    for part in _PART.finditer(pattern):
        text += re.escape(pattern[at : part.start()]) + _PARTS[part[0]]
        at = part.end()
    return re.compile(text + re.escape(pattern[at:]), re.IGNORECASE | re.DOTALL)


def check_pattern(pattern: str) -> None:
    """Raises ValueError for a pattern that cannot be one."""
    for part in ("{date}", "{rows}"):
        if pattern.count(part) > 1:
            raise ValueError(f"{part} is in it more than once")
    if any("{" in rest or "}" in rest for rest in _PART.split(pattern)):
        raise ValueError("only {date} and {rows} may be in braces")


def parse_name(pattern: str, name: str) -> NameFacts | None:
    """What a file's name says by this pattern; None if it is not made like that.

    In a pattern `*` is anything, `{date}` digits with or without marks between them, `{rows}` a count.
    """
    found = _compile(pattern).fullmatch(name)
    if found is None:
        return None
    parts = found.groupdict()
    date, rows = parts.get("date"), parts.get("rows")
    return NameFacts(re.sub(r"[^0-9]", "", date) if date else None, int(rows) if rows else None)


_YEAR_FIRST = re.compile(r"(20\d\d)[._-]?(\d\d)[._-]?(\d\d)(?:[._-]*(\d.*))?", re.DOTALL)
_YEAR_LAST = re.compile(r"(\d\d)([._-]?)(\d\d)[._-]?(20\d\d)(?:[._-]*(\d.*))?", re.DOTALL)
_MONTH = re.compile(r"(20\d\d)[._-](\d\d)")


def date_key(pattern: str, name: str) -> tuple[int, ...] | None:
    """The date in a name as year, month, day and what follows them; None for no date, or what may be one of two."""
    found = _compile(pattern).fullmatch(name)
    text = found.groupdict().get("date") if found else None
    return _date(text) if text else None


def _date(text: str) -> tuple[int, ...] | None:
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day, rest = found.groups()
        return _valid(int(year), int(month), int(day), rest)
    if found := _MONTH.fullmatch(text):
        return _valid(int(found[1]), int(found[2]), 1, None)
    if found := _YEAR_LAST.fullmatch(text):
        one, mark, two, year, rest = found.groups()
        day_first = _valid(int(year), int(two), int(one), rest)
        month_first = None if mark == "." else _valid(int(year), int(one), int(two), rest)
        return day_first if month_first in (None, day_first) else month_first if day_first is None else None
    return None


def _valid(year: int, month: int, day: int, rest: str | None) -> tuple[int, ...] | None:
    try:
        dt.date(year, month, day)
    except ValueError:
        return None
    digits = re.sub(r"[^0-9]", "", rest or "")
    # A time of day with and without its seconds compare as times; anything else there is a number that counts up.
    return (year, month, day, int(digits.ljust(6, "0") if len(digits) == 4 else digits or 0))


def newer_file(pattern: str, name: str, others: Iterable[tuple[int, str]]) -> tuple[int, str] | None:
    """Of other runs and their files' names, the one with the newest date that is after the date in this name."""
    here = date_key(pattern, name)
    if here is None:
        return None
    dated = ((found, other) for other in others if (found := date_key(pattern, other[1])) and found > here)
    return max(dated, default=(None, None))[1]


def order_by_date(pattern: str, names: Sequence[str]) -> list[int]:
    """The places of these names in the order in which to take them: dated ones among themselves by their dates."""
    moments = [date_key(pattern, name) for name in names]
    places = [place for place, found in enumerate(moments) if found is not None]
    by_date = iter(sorted(places, key=lambda place: moments[place] or ()))
    return [place if found is None else next(by_date) for place, found in enumerate(moments)]
