"""What a change comes to before anything is sent, however it will be sent."""

from __future__ import annotations

from collections.abc import Sequence

from linecard.api.backend import VACANT, Change, ChangeStatus, Holding, Result
from linecard_rainbow.reader import TenantReader
from linecard_rainbow.tenant import Held


def precheck(change: Change, found: Sequence[Held], reader: TenantReader) -> Result | None:
    """Its result, where nothing has to be sent; `found` are the phone numbers that have its extension now."""
    if len(found) > 1:
        return Result(change, ChangeStatus.FAILED, f"{len(found)} systems have an extension {change.extension}")
    if not found:
        if change.before != VACANT:
            return Result(change, ChangeStatus.STALE, f"extension {change.extension} is gone")
        return Result(change, ChangeStatus.FAILED, f"there is no extension {change.extension}")
    number = found[0].number
    now = reader.read_holding(number)
    if now != change.before:
        return Result(change, ChangeStatus.STALE, f"{change.extension} is held by {now.member or 'nobody'} now")
    if now == change.after:
        return Result(change, ChangeStatus.DONE)
    if change.after.numbers != change.before.numbers and number.is_unreadable:
        # It counts as no number, so that no limit would stop the change, and no undo could put it back.
        words = f"{change.extension} has a number that Rainbow itself cannot read: correct or clear it there"
        return Result(change, ChangeStatus.FAILED, words)
    return None


def describe_holding(held: Holding) -> str:
    """What an extension is, in words."""
    who = held.member or "nobody"
    return f"{who} with {', '.join(held.numbers)}" if held.numbers else who
