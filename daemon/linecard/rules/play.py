"""Playing a sheet on what a PBX holds: row by row, as if each were done before the next is read.

The law is the table "The three actions" of the contract. Memory: one small tuple for each extension known, no
copy of the directory; only what rows touch is remembered as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from linecard.model.directory import VACANT, Entry, Holding
from linecard.model.outcome import Code, Effect, Outcome, Verdict
from linecard.model.sheet import Action, Row


class SecondExtension(StrEnum):
    """What attach does with another extension that the member holds on the same PBX."""

    MOVE = "move"
    ADD = "add"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a PBX is to be treated. `members` are the logins it knows; None where it makes them when needed."""

    second_extension: SecondExtension = SecondExtension.MOVE
    creates_extensions: bool = True
    members: frozenset[str] | None = None


# What an extension is in play: member, number, and who said so: four times the line of the row that last did (0: the
# PBX did), plus _NAMED if that row named the number too, plus _TOUCHED if any row changed it. A plain and short tuple,
# because a million of them are held.
_State = tuple[str | None, str | None, int]
_NAMED, _TOUCHED = 1, 2
_NOTHING: _State = (None, None, 0)


class Play:
    """One PBX's directory with a sheet being played on it.

    `entries` are what the PBX holds now. `ours` is what this run has already made of extensions, from what to what:
    where that still stands, rows are played as if it had not been made, and it is not made again.
    """

    def __init__(
        self,
        pbx: str,
        policy: Policy,
        entries: Iterable[Entry],
        ours: Mapping[str, tuple[Holding, Holding]] | None = None,
    ) -> None:
        self.pbx = pbx
        self._policy = policy
        self._is: dict[str, _State] = {}
        self._of_member: dict[str, str | tuple[str, ...]] = {}
        self._with_number: dict[str, str] = {}
        self._touched: list[str] = []
        self._was: dict[str, _State] = {}  # those of the touched that the PBX has
        self._detached: dict[str, tuple[int, str]] = {}
        self.links = 0
        for extension, member, number in entries:
            self._enter(extension, (member, number, 0))
            self.links += member is not None
        standing = {e: before for e, (before, after) in (ours or {}).items() if self.holding(e) == after}
        for extension in standing:
            self._touch(extension, self._is.get(extension, _NOTHING))
            self._leave(extension, self._is.get(extension, _NOTHING))
        for extension, before in standing.items():
            self._enter(extension, (before.member, before.number, _TOUCHED))

    # -- what is held --------------------------------------------------------------------------------------------

    def _enter(self, extension: str, state: _State) -> None:
        self._is[extension] = state
        member, number = state[0], state[1]
        if member is not None:
            held = self._of_member.get(member)
            if held is None:
                self._of_member[member] = extension
            else:
                self._of_member[member] = (held, extension) if isinstance(held, str) else (*held, extension)
        if number is not None:
            self._with_number[number] = extension

    def _leave(self, extension: str, state: _State) -> None:
        member, number = state[0], state[1]
        if member is not None:
            held = self._of_member[member]
            rest = () if isinstance(held, str) else tuple(e for e in held if e != extension)
            if rest:
                self._of_member[member] = rest if len(rest) > 1 else rest[0]
            else:
                del self._of_member[member]
        if number is not None and self._with_number.get(number) == extension:
            del self._with_number[number]

    def _set(self, extension: str, member: str | None, number: str | None, line: int, *, named: bool) -> None:
        old = self._is.get(extension, _NOTHING)
        if not old[2] & _TOUCHED:
            self._touch(extension, old)
        if old is not _NOTHING:
            self._leave(extension, old)
        self._enter(extension, (member, number, 4 * line + _TOUCHED + named))

    def _touch(self, extension: str, old: _State) -> None:
        """Remember, the first time that it is changed, what the PBX holds of an extension."""
        self._touched.append(extension)
        if old is not _NOTHING:
            self._was[extension] = old

    def held_by(self, member: str) -> tuple[str, ...]:
        """The extensions this member holds now, in the order in which they came."""
        held = self._of_member.get(member, ())
        return (held,) if isinstance(held, str) else held

    def holding(self, extension: str) -> Holding:
        return Holding(*self._is.get(extension, _NOTHING)[:2])

    # -- rows ------------------------------------------------------------------------------------------------------

    def play(self, row: Row) -> Verdict:
        """Do one valid row and say what came of it."""
        return self._detach(row) if row.action == Action.DETACH else self._attach(row)

    def _attach(self, row: Row) -> Verdict:
        member, extension, number = row.member, row.extension, row.number or None
        old = self._is.get(extension)
        if old is None and not self._policy.creates_extensions:
            return Verdict(Outcome.REFUSED, Code.UNKNOWN_EXTENSION)
        if self._unknown(member):
            return Verdict(Outcome.REFUSED, Code.UNKNOWN_MEMBER)
        holder, old_number, _ = old or _NOTHING
        if holder == member and number in (None, old_number):
            self._say(extension, row, named=number is not None)
            return Verdict(Outcome.UNCHANGED, Code.ALREADY_SO, self._seen(extension))
        force = row.action == Action.FORCE_ATTACH
        if holder not in (None, member) and not force:
            return Verdict(Outcome.REFUSED, Code.HELD_BY_OTHER, self._seen(extension), holder=holder or "")
        elsewhere = self._with_number.get(number, extension) if number else extension
        if elsewhere != extension and not force:
            other = self._is[elsewhere][0]
            if other not in (None, member):
                return Verdict(Outcome.REFUSED, Code.NUMBER_IN_USE, self._seen(extension), elsewhere, other or "")
        others = () if holder == member else self.held_by(member)
        if others and self._policy.second_extension is SecondExtension.REFUSE:
            return Verdict(Outcome.REFUSED, Code.SECOND_EXTENSION, self._seen(extension), others[0])
        if holder == member:
            code = Code.NUMBER_CHANGED
        elif holder is not None:
            code = Code.TOOK_OVER
        elif others and self._policy.second_extension is SecondExtension.MOVE:
            code = Code.MOVED
        else:
            code = Code.LINKED
        freed = others if self._policy.second_extension is SecondExtension.MOVE else ()
        return self._link(row, code, freed, elsewhere)

    def _link(self, row: Row, code: Code, freed: tuple[str, ...], elsewhere: str) -> Verdict:
        """Carry the row out: free what the member leaves, take the number from where it is, then link."""
        extension, member = row.extension, row.member
        old = self._is.get(extension, _NOTHING)
        number = row.number or old[1]
        overrides = self._broken_by_attach(row) | self._broken(extension, member, number)
        before: dict[str, Holding] = {}
        if freed or elsewhere != extension:
            before = {other: self.holding(other) for other in (*freed, elsewhere) if other != extension}
            for other in freed:
                overrides |= self._free(other, before[other].number)
            if elsewhere != extension:
                overrides |= self._take_number(elsewhere)
        self._set(extension, member, number, row.line, named=bool(row.number))
        was = Holding(old[0], old[1]) if old is not _NOTHING else VACANT
        effects = [Effect(self.pbx, extension, was, Holding(member, number))]
        for other, had in before.items():
            effects.append(Effect(self.pbx, other, had, self.holding(other)))
        return Verdict(Outcome.DONE, code, tuple(effects), overrides=tuple(sorted(overrides)) if overrides else ())

    def _detach(self, row: Row) -> Verdict:
        held = self.held_by(row.member)
        wanted = row.extension
        if wanted and wanted not in held:
            exists = self._policy.creates_extensions or wanted in self._is
            holder = self.holding(wanted).member
            if exists and not self._unknown(row.member) and (held or holder is not None):
                return Verdict(Outcome.REFUSED, Code.WRONG_EXTENSION, self._seen(wanted), ", ".join(held), holder or "")
            self._detached[row.member] = (row.line, wanted)
            return Verdict(Outcome.UNCHANGED, Code.NOTHING_HELD, self._seen(wanted) if exists else ())
        if not held:
            self._detached[row.member] = (row.line, wanted)
            return Verdict(Outcome.UNCHANGED, Code.NOTHING_HELD)
        effects, overrides = [], set[int]()
        for extension in (wanted,) if wanted else held:
            before = self.holding(extension)
            overrides |= self._free(extension, before.number)
            effects.append(Effect(self.pbx, extension, before, self.holding(extension)))
        self._detached[row.member] = (row.line, wanted)
        return Verdict(Outcome.DONE, Code.REMOVED, tuple(effects), overrides=tuple(sorted(overrides)))

    def _unknown(self, member: str) -> bool:
        return self._policy.members is not None and member not in self._policy.members

    def _seen(self, extension: str) -> tuple[Effect, ...]:
        held = self.holding(extension)
        return (Effect(self.pbx, extension, held, held),)

    # -- what earlier rows said ------------------------------------------------------------------------------------

    def _say(self, extension: str, row: Row, *, named: bool) -> None:
        """Remember that a row said what already is so, to warn when a later row undoes it."""
        member, number, said = self._is[extension]
        self._is[extension] = (member, number, 4 * row.line + (said & _TOUCHED) + (named or said & _NAMED))

    def _broken(self, extension: str, member: str | None, number: str | None) -> set[int]:
        """The line of the row that said otherwise of this extension, if one did."""
        said_member, said_number, said = self._is.get(extension, _NOTHING)
        line = said // 4
        return {line} if line and (said_member != member or (said & _NAMED and said_number != number)) else set()

    def _broken_by_attach(self, row: Row) -> set[int]:
        line, extension = self._detached.get(row.member, (0, ""))
        if line and extension in ("", row.extension):
            del self._detached[row.member]
            return {line}
        return set()

    def _free(self, extension: str, number: str | None) -> set[int]:
        """Take the holder from an extension; it keeps its number. The lines of rows that wanted it otherwise."""
        broken = self._broken(extension, None, number)
        self._set(extension, None, number, 0, named=False)
        return broken

    def _take_number(self, extension: str) -> set[int]:
        member, number, said = self._is[extension]
        line = said // 4
        broken = {line} if line and said & _NAMED and number is not None else set[int]()
        self._set(extension, member, None, 0 if broken else line, named=False)
        return broken

    # -- the difference --------------------------------------------------------------------------------------------

    def parted(self) -> Iterator[tuple[str, str | None]]:
        """Each member who loses an extension that the PBX says they hold, and who gets it instead."""
        for extension in self._touched:
            was = self._was.get(extension, _NOTHING)[0]
            if was is not None and was != (now := self._is[extension][0]):
                yield was, now

    def differences(self) -> Iterator[tuple[str, Holding, Holding]]:
        """What of the PBX must change: extension, what it is, what it shall be; in the order rows touched them."""
        for extension in self._touched:
            was, now = self._was.get(extension, _NOTHING), self._is[extension]
            if was[0] != now[0] or was[1] != now[1]:
                yield (
                    extension,
                    Holding(was[0], was[1]) if was[0] or was[1] else VACANT,
                    Holding(now[0], now[1]),
                )
