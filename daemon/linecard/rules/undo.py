"""Undo: the sheet that puts back what a run has changed, exactly, and no more than that.

Each row has an extension, who is to hold it again, and in the column `Linecard-Restore`, which no other file has, the
numbers that it had and what the run has left there: `back: +33199001000; left: bob@x.org none`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from linecard.model.directory import Change, Holding, sorted_numbers
from linecard.model.sheet import RESTORE

NONE, NOBODY = "none", "nobody"
_CELL = re.compile(
    r"\s*back:\s*(none|\+?\d+(?:\s+\+?\d+)*)\s*;\s*left:\s*(\S+)\s+(none|\+?\d+(?:\s+\+?\d+)*)\s*", re.IGNORECASE
)


class Back(NamedTuple):
    """One row of the sheet."""

    action: str
    member: str
    pbx: str
    extension: str
    restore: str
    reason: str


def undo_rows(changes: Iterable[Change]) -> Iterator[Back]:
    """What puts each extension back as it was before, from the net changes of a run."""
    for _, pbx, extension, before, after in changes:
        if before != after:
            why = f"{extension} was held by {before.member or NOBODY} before"
            yield Back(RESTORE, before.member or "", pbx, extension, restore_cell(before.numbers, after), why)


def restore_cell(numbers: tuple[str, ...], left: Holding) -> str:
    """The cell that says which numbers come back, and what the run has left."""
    return f"back: {_format_numbers(numbers)}; left: {left.member or NOBODY} {_format_numbers(left.numbers)}"


def read_restore(text: str) -> tuple[tuple[str, ...], Holding]:
    """The inverse of `restore_cell`. Raises `ValueError` if the text is no such cell."""
    found = _CELL.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} does not say what comes back and what was left")
    back, member, left = found.groups()
    return _parse_numbers(back), Holding(None if member.lower() == NOBODY else member.lower(), _parse_numbers(left))


def _format_numbers(numbers: tuple[str, ...]) -> str:
    return " ".join(numbers) or NONE


def _parse_numbers(text: str) -> tuple[str, ...]:
    return () if text.lower() == NONE else sorted_numbers(text.split())
