"""What a PBX holds: each extension with the member who holds it and the numbers that ring it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Holding(NamedTuple):
    """What one extension is: its holder, if it has one, and its public numbers (E.164), none, one or several.

    `numbers` are in order and each stands there once (see `sorted_numbers`), so that two holdings are equal when the
    same numbers ring.
    """

    member: str | None
    numbers: tuple[str, ...] = ()


VACANT = Holding(None, ())
"""An extension with neither holder nor number; also what an extension is that the PBX does not have yet."""


def sorted_numbers(numbers: Iterable[str]) -> tuple[str, ...]:
    """These numbers as a `Holding` and an `Entry` have them."""
    return tuple(sorted(set(numbers)))


class Entry(NamedTuple):
    """One extension of a PBX as the PBX itself told it; `member` in lower case, `numbers` as a `Holding` has them.

    On a PBX where people have a number and no extension, the number is the extension: `+33123456789`, in E.164.
    """

    extension: str
    member: str | None = None
    numbers: tuple[str, ...] = ()

    @property
    def holding(self) -> Holding:
        """What the extension is."""
        return Holding(self.member, self.numbers)


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
