"""Undo: the sheet that puts back what a run has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from linecard.model.directory import Change
from linecard.model.sheet import Action


class Back(NamedTuple):
    """One row of the sheet. Without an `action` it is a remark on what no row can say."""

    action: Action | None
    member: str
    pbx: str
    extension: str
    number: str
    reason: str


def rows(changes: Callable[[], Iterable[Change]]) -> Iterator[Back]:
    """What puts each extension back as it was before, from the net changes of a run, which are asked for twice.

    Whoever got an extension lets go of it first, so that nobody holds two on the way; then each extension goes back
    to its holder with its number. A row cannot take a number away, nor give one to an extension that nobody holds.
    """
    for change in changes():
        _, pbx, extension, before, after = change
        if after.member is not None and after.member != before.member:
            yield Back(Action.DETACH, after.member, pbx, extension, "", f"{extension} {_held(before.member)} before")
    for change in changes():
        _, pbx, extension, before, after = change
        if before.member is not None and before != after:
            why = f"{extension} {_held(before.member)} before"
            number = before.numbers[0] if len(before.numbers) == 1 else ""
            yield Back(Action.FORCE_ATTACH, before.member, pbx, extension, number, why)
        if before.numbers != after.numbers and (len(before.numbers) != 1 or before.member is None):
            had = f"had the numbers {', '.join(before.numbers)}" if before.numbers else "had no number"
            yield Back(None, "", pbx, extension, "", f"{pbx} {extension} {had} before; no row can say that.")


def _held(member: str | None) -> str:
    return f"was held by {member}" if member is not None else "was held by nobody"
