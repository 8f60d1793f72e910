"""What a PBX holds: each extension with the member who holds it and the number that rings it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Holding(NamedTuple):
    """What one extension is: its holder and its public number (E.164), either of which may be missing."""

    member: str | None
    number: str | None


VACANT = Holding(None, None)
"""An extension with neither holder nor number; also what an extension is that the PBX does not have yet."""


class Entry(NamedTuple):
    """One extension of a PBX as the PBX itself told it; `member` in lower case, `number` in E.164."""

    extension: str
    member: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a PBX to fetch: every entry that has one of these extensions, members or numbers.

    `Scope.everything` has no limits. Names a PBX does not know are simply missing from the answer.
    """

    extensions: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    whole: bool = False

    @classmethod
    def everything(cls) -> Scope:
        return cls(whole=True)


class Change(NamedTuple):
    """One extension of one PBX shall become `after`, provided that it still is `before`.

    `seq` counts from 1 through a run in the order in which the changes must be made. Undo is `before` and
    `after` exchanged, in the opposite order.
    """

    seq: int
    pbx: str
    extension: str
    before: Holding
    after: Holding
