"""The weeks of an archive as a picture: rows that are done, not done, and held, a column for each week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

SHOWN = 12
"""Weeks in the picture at the most, up to that of the newest report."""
FEWEST = 6
"""Columns for which there is room in any case: a single week is no wall."""
HEIGHT = 120
"""Of the highest column, in pixels."""
LEAST = 3
"""Pixels of a part that is there at all."""

PARTS = {"done": "done", "not-done": "not done", "held": "held"}
"""Parts of a column from below: their class, and how they are said."""
_WEEK = timedelta(days=7)
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905


class Counted(NamedTuple):
    """A report of this day with its rows by part."""

    day: date
    parts: Counter[str]


class Bar(NamedTuple):
    """One part of a column: its class, and where it lies, in pixels from above."""

    part: str
    top: float
    height: float


class WeekColumn(NamedTuple):
    """A week by its Monday, with its column: `left` and `width` in percent, `bars` in pixels."""

    begins: date
    parts: Counter[str]
    left: float
    width: float
    bars: tuple[Bar, ...]

    @property
    def short(self) -> str:
        return f"{self.begins.day} {_MONTHS[self.begins.month - 1][:3]}"

    @property
    def name(self) -> str:
        return f"{self.begins.day} {_MONTHS[self.begins.month - 1]} {self.begins.year}"

    @property
    def summary(self) -> str:
        rows = ", ".join(f"{self.parts[part]:,} {word}" for part, word in PARTS.items() if self.parts[part])
        return f"Week of {self.name}: {rows or 'no rows'}"


class Picture(NamedTuple):
    """The weeks, the oldest first, and how many rows the highest column has."""

    weeks: tuple[WeekColumn, ...]
    most: int


def draw(reports: Iterable[Counted], *, whole: bool = True) -> Picture | None:
    """The picture of reports, the newest first, or None where none of them has rows.

    `whole` is false where older reports than these are left out: the week of the oldest of them is then not all there.
    """
    by_week: dict[date, Counter[str]] = {}
    for day, parts in reports:
        by_week.setdefault(day - timedelta(days=day.weekday()), Counter()).update(parts)
    if not whole:
        by_week.pop(min(by_week, default=date.min), None)
    by_week = {monday: parts for monday, parts in by_week.items() if parts.total()}
    if not by_week:
        return None
    last = max(by_week)
    first = max(min(by_week), last - (SHOWN - 1) * _WEEK)
    mondays = [first + n * _WEEK for n in range((last - first) // _WEEK + 1)]
    room = 100 / max(FEWEST, len(mondays))
    most = max(by_week.get(monday, Counter()).total() for monday in mondays)
    return Picture(
        tuple(
            WeekColumn(monday, parts, round(n * room, 3), round(room * 0.7, 3), tuple(_bars(parts, most)))
            for n, monday in enumerate(mondays)
            for parts in [by_week.get(monday, Counter())]
        ),
        most,
    )


def _bars(parts: Counter[str], most: int) -> Iterator[Bar]:
    """The parts of a column from below; what is there at all is seen, and the largest gives way for it."""
    heights = {part: max(LEAST, HEIGHT * parts[part] / most) for part in PARTS if parts[part]}
    if heights:
        largest = max(heights, key=lambda part: heights[part])
        heights[largest] -= max(0.0, sum(heights.values()) - HEIGHT)
    top = float(HEIGHT)
    for part, height in heights.items():
        top -= height
        yield Bar(part, round(top, 2), round(height, 2))
