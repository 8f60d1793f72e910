"""The rows of an undo sheet: each puts an extension back as it was, if it still is as the run has left it.

Which of them can is settled before the first is played. An extension that somebody changed since is left alone, and so
is one that cannot be put back without changing such an extension again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from linecard.model.directory import Holding
from linecard.model.outcome import Code, Outcome, Verdict
from linecard.model.sheet import Row
from linecard.rules.play import Play, SecondExtension
from linecard.rules.undo import read_restore


class _Aim(NamedTuple):
    """What a row makes of its extension, and what the run had left there."""

    holding: Holding
    left: Holding


class Restoration:
    """Plays the rows of an undo sheet that concern one PBX. `second` is what it says of second extensions."""

    def __init__(self, play: Play, second: SecondExtension, rows: Iterable[Row]) -> None:
        self._play, self._second = play, second
        self._aims: dict[str, _Aim] = {}
        for row in rows:
            self._aims.setdefault(row.extension, _aim(row))
        self._in_the_way = dict(self._find_conflicts())
        self._spread_conflicts()

    def play(self, row: Row) -> Verdict:
        """What one row comes to."""
        extension, aim = row.extension, _aim(row)
        now = self._play.holding(extension)
        if now == aim.holding and extension not in self._in_the_way:
            return Verdict(Outcome.UNCHANGED, Code.ALREADY_SO, self._play.unchanged_effect(extension))
        if extension in self._in_the_way or aim != self._aims[extension]:
            other = self._in_the_way.get(extension, extension)
            holder = self._play.holding(other).member or ""
            return Verdict(Outcome.REFUSED, Code.CHANGED_SINCE, self._play.unchanged_effect(extension), other, holder)
        return Verdict(Outcome.DONE, Code.RESTORED, self._play.set_holding(row, aim.holding))

    def _find_conflicts(self) -> Iterator[tuple[str, str]]:
        """Extensions that are neither as they are to be nor as the run has left them."""
        for extension, aim in self._aims.items():
            if self._play.holding(extension) not in aim:
                yield extension, extension

    def _spread_conflicts(self) -> None:
        """Add those that need something which another extension does not let go, until there are no more."""
        while found := {e: o for e in self._aims if e not in self._in_the_way for o in self._obstacles(e)}:
            self._in_the_way |= found

    def _obstacles(self, extension: str) -> Iterator[str]:
        """Extensions that keep a number, or a member, which this one is to have again."""
        aim = self._aims[extension].holding
        now = self._play.holding(extension)
        for number in aim.numbers:
            bearer = self._play.extension_of_number(number)
            if bearer is not None and bearer != extension and number in self._after(bearer).numbers:
                yield bearer
        if aim.member is not None and aim.member != now.member and self._second is not SecondExtension.ADD:
            for other in self._play.extensions_of(aim.member):
                # One that the sheet itself gives back to the same member was the member's second before, too.
                kept = self._after(other).member == aim.member
                if kept and (other not in self._aims or other in self._in_the_way):
                    yield other

    def _after(self, extension: str) -> Holding:
        """What an extension comes to, as far as it is settled."""
        aim = self._aims.get(extension)
        if aim is None or extension in self._in_the_way:
            return self._play.holding(extension)
        return aim.holding


def _aim(row: Row) -> _Aim:
    numbers, left = read_restore(row.number)
    return _Aim(Holding(row.member or None, numbers), left)
