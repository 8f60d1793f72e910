"""What became of a row, and what a backend says of a change."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from linecard.model.directory import Change, Holding


class Outcome(StrEnum):
    """What became of one row."""

    DONE = "done"
    UNCHANGED = "unchanged"
    INVALID = "invalid"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    PLANNED = "planned"  # last, for pages of the archive say counts by their places


FINE = frozenset({Outcome.DONE, Outcome.UNCHANGED})
"""Outcomes that need nobody's attention."""


class Code(StrEnum):
    """Stable codes of outcomes; an invalid row carries its `FaultCode` instead."""

    # done
    LINKED = "linked"
    TOOK_OVER = "took_over"
    MOVED = "moved"
    NUMBER_CHANGED = "number_changed"
    REMOVED = "removed"
    RESTORED = "restored"
    # unchanged
    ALREADY_SO = "already_so"
    NOTHING_HELD = "nothing_held"
    NOTHING_ASKED = "nothing_asked"
    # refused
    UNKNOWN_EXTENSION = "unknown_extension"
    UNKNOWN_MEMBER = "unknown_member"
    HELD_BY_OTHER = "held_by_other"
    WRONG_EXTENSION = "wrong_extension"
    NUMBER_IN_USE = "number_in_use"
    SEVERAL_NUMBERS = "several_numbers"
    SECOND_EXTENSION = "second_extension"
    CHANGED_SINCE = "changed_since"
    REFUSED_BY_PROCESSOR = "refused_by_processor"
    PROCESSOR_FAILED = "processor_failed"
    # failed, unknown, skipped
    PBX_REFUSED = "pbx_refused"
    NOT_READ_BACK = "not_read_back"
    PBX_MOVED = "pbx_moved"
    IN_DOUBT = "in_doubt"
    PBX_DOWN = "pbx_down"
    NOT_APPLIED = "not_applied"
    INTERRUPTED = "interrupted"


class Effect(NamedTuple):
    """What a row does to one extension: the one it names, or another that it frees or takes a number from."""

    pbx: str
    extension: str
    before: Holding
    after: Holding


class Verdict(NamedTuple):
    """What a row comes to when the sheet is played: its planned outcome and its effects, the named extension first.

    `other` names an extension that stands in the way (`number_in_use`), `holder` the member who holds it.
    `overrides` are the lines of earlier rows that this row undoes.
    """

    outcome: Outcome
    code: str
    effects: tuple[Effect, ...] = ()
    other: str = ""
    holder: str = ""
    overrides: tuple[int, ...] = ()


class ChangeStatus(StrEnum):
    """What became of one change."""

    PLANNED = "planned"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    STALE = "stale"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


class Result(NamedTuple):
    """What a backend says of one change: `DONE`, `FAILED` (with the PBX's words), `STALE` (no longer `before`) or
    `UNKNOWN` (asked for, not to be seen, and may still come about)."""

    change: Change
    status: ChangeStatus
    words: str = ""


class Caveat(NamedTuple):
    """What a person should know of the change of an extension before it is made, as a clause without a full stop, and
    what to do about it, which may be empty. With `holds` the plan waits until a person has approved it."""

    extension: str
    message: str
    remedy: str = ""
    holds: bool = False
