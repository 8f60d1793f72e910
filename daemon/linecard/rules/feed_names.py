"""Names of a feed's files that say something: of which day they are, and how many rows they have."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_PARTS = {"{date}": r"(?P<date>[0-9][0-9_.-]{2,}[0-9])", "{rows}": r"(?P<rows>[0-9]{1,9})", "*": ".*?"}
_PART = re.compile(r"\{date\}|\{rows\}|\*")


class Said(NamedTuple):
    """What a name says; None where it says nothing of it. `date` has digits only."""

    date: str | None = None
    rows: int | None = None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    text, at = "", 0
    for part in _PART.finditer(pattern):
        text += re.escape(pattern[at : part.start()]) + _PARTS[part[0]]
        at = part.end()
    return re.compile(text + re.escape(pattern[at:]), re.IGNORECASE | re.DOTALL)


def check(pattern: str) -> None:
    """Raises ValueError for a pattern that cannot be one."""
    for part in ("{date}", "{rows}"):
        if pattern.count(part) > 1:
            raise ValueError(f"{part} stands in it more than once")
    rest = _PART.sub("", pattern)
    if "{" in rest or "}" in rest:
        raise ValueError("only {date} and {rows} may stand in braces")


def said(pattern: str, name: str) -> Said | None:
    """What a file's name says by this pattern; None if it is not made like that.

    In a pattern `*` is anything, `{date}` digits with or without marks between them, `{rows}` a count.
    """
    found = _compiled(pattern).fullmatch(name)
    if found is None:
        return None
    parts = found.groupdict()
    date, rows = parts.get("date"), parts.get("rows")
    return Said(re.sub(r"[^0-9]", "", date) if date else None, int(rows) if rows else None)
