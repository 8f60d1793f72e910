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
            yield Back(Action.FORCE_ATTACH, before.member, pbx, extension, before.number or "", why)
        if before.number != after.number and (before.number is None or before.member is None):
            had = f"had the number {before.number}" if before.number else "had no number"
            yield Back(None, "", pbx, extension, "", f"{pbx} {extension} {had} before; no row can say that.")


def _held(member: str | None) -> str:
    return f"was held by {member}" if member is not None else "was held by nobody"
