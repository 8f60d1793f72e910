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


class SecondNumber(StrEnum):
    """What the number of a row does to an extension that has another one.

    `REPLACE` takes its place, and is refused where there are several: none of them is the one that was meant.
    """

    REPLACE = "replace"
    ADD = "add"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a PBX is to be treated. `members` are the logins it knows; None where it makes them when needed."""

    second_extension: SecondExtension = SecondExtension.MOVE
    creates_extensions: bool = True
    members: frozenset[str] | None = None
    second_number: SecondNumber = SecondNumber.REPLACE


# By names of their own: to find a member of an enum takes Python 3.11 ten times as long as to compare it.
_DETACH, _FORCE_ATTACH = Action.DETACH, Action.FORCE_ATTACH
_DONE, _UNCHANGED, _REFUSED = Outcome.DONE, Outcome.UNCHANGED, Outcome.REFUSED
_LINKED, _REMOVED, _ALREADY_SO = Code.LINKED, Code.REMOVED, Code.ALREADY_SO
_MOVE, _REPLACE = SecondExtension.MOVE, SecondNumber.REPLACE

# The numbers of an extension in play: none, the only one, or all of them in order. No tuple around what most have.
_Numbers = str | tuple[str, ...] | None

# What an extension is in play: member, numbers, and who said so: four times the line of the row that last did (0: the
# PBX did), plus _NAMED if that row named a number too, plus _TOUCHED if any row changed it. A plain and short tuple,
# because a million of them are held.
_State = tuple[str | None, _Numbers, int]
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
        self._named: dict[str, int] = {}  # the line of the row that named a number, where an extension has several
        self.links, self.numbers = self._read_entries(entries)
        self.has_zeros = any(extension[:1] == "0" for extension in self._is)
        """Whether the PBX has extensions that begin with a zero."""
        standing = {e: before for e, (before, after) in (ours or {}).items() if self.holding(e) == after}
        for extension in standing:
            self._touch(extension, self._is.get(extension, _NOTHING))
            self._leave(extension, self._is.get(extension, _NOTHING))
        for extension, before in standing.items():
            self._enter(extension, (before.member, _compact(before.numbers), _TOUCHED))

    # -- what is held --------------------------------------------------------------------------------------------

    def _read_entries(self, entries: Iterable[Entry]) -> tuple[int, int]:
        """Enter all that the PBX holds; how many links and numbers there are.

        What most entries are, one member with one number, is entered here: a PBX has hundreds of thousands.
        """
        states, of_member, with_number = self._is, self._of_member, self._with_number
        links = count = 0
        for extension, member, numbers in entries:
            if len(numbers) == 1 and member is not None and member not in of_member:
                number = numbers[0]
                states[extension] = (member, number, 0)
                of_member[member] = extension
                with_number[number] = extension
                links += 1
                count += 1
                continue
            self._enter(extension, (member, _compact(numbers), 0))
            links += member is not None
            count += len(numbers)
        return links, count

    def _enter(self, extension: str, state: _State) -> None:
        self._is[extension] = state
        member, numbers = state[0], state[1]
        if member is not None:
            held = self._of_member.get(member)
            if held is None:
                self._of_member[member] = extension
            else:
                self._of_member[member] = (held, extension) if isinstance(held, str) else (*held, extension)
        if isinstance(numbers, str):
            self._with_number[numbers] = extension
        elif numbers is not None:
            self._with_number.update(dict.fromkeys(numbers, extension))

    def _leave(self, extension: str, state: _State) -> None:
        self._leave_member(extension, state[0])
        for number in _expand(state[1]):
            if self._with_number.get(number) == extension:
                del self._with_number[number]

    def _leave_member(self, extension: str, member: str | None) -> None:
        if member is None:
            return
        held = self._of_member[member]
        rest = () if isinstance(held, str) else tuple(e for e in held if e != extension)
        if rest:
            self._of_member[member] = rest
        else:
            del self._of_member[member]

    def _set(self, extension: str, member: str | None, numbers: _Numbers, line: int, *, named: bool = False) -> None:
        old = self._is.get(extension, _NOTHING)
        if not old[2] & _TOUCHED:
            self._touch(extension, old)
        state = (member, numbers, 4 * line + _TOUCHED + named)
        if member is None and numbers == old[1]:  # freed: its numbers stay where they are
            self._leave_member(extension, old[0])
            self._is[extension] = state
            return
        if old is not _NOTHING:
            self._leave(extension, old)
        self._enter(extension, state)

    def _touch(self, extension: str, old: _State) -> None:
        """Remember, the first time that it is changed, what the PBX holds of an extension."""
        self._touched.append(extension)
        if old is not _NOTHING:
            self._was[extension] = old

    def extensions_of(self, member: str) -> tuple[str, ...]:
        """The extensions this member holds now, sorted: in what order a PBX tells them is no part of a plan."""
        held = self._of_member.get(member, ())
        return (held,) if isinstance(held, str) else tuple(sorted(held))

    def has_extension(self, extension: str) -> bool:
        """Whether the PBX has this extension, or a row has made it."""
        return extension in self._is

    def is_on_pbx(self, extension: str) -> bool:
        """Whether the PBX has this extension, whatever rows said of it."""
        state = self._is.get(extension)
        return extension in self._was or (state is not None and not state[2] & _TOUCHED)

    def extension_of_number(self, number: str) -> str | None:
        """The extension that this number rings now."""
        return self._with_number.get(number)

    def set_holding(self, row: Row, holding: Holding) -> tuple[Effect, ...]:
        """Let the extension of a row be this, whatever it is."""
        was = self.holding(row.extension)
        self._set(row.extension, holding.member, _compact(holding.numbers), row.line)
        return (Effect(self.pbx, row.extension, was, holding),)

    def holding(self, extension: str) -> Holding:
        return _as_holding(self._is.get(extension, _NOTHING))

    # -- rows ------------------------------------------------------------------------------------------------------

    def play(self, row: Row) -> Verdict:
        """Do one valid row and say what came of it."""
        return self._detach(row) if row.action == _DETACH else self._attach(row)

    def _attach(self, row: Row) -> Verdict:
        member, extension, number = row.member, row.extension, row.number or None
        old = self._is.get(extension)
        if old is None and not self._policy.creates_extensions:
            return Verdict(_REFUSED, Code.UNKNOWN_EXTENSION)
        if self._is_unknown(member):
            return Verdict(_REFUSED, Code.UNKNOWN_MEMBER)
        holder, had, _ = old or _NOTHING
        if holder == member and (number is None or number == had or (had is not None and number in _expand(had))):
            self._remember_said(extension, row)
            held = _as_holding(old or _NOTHING)
            return Verdict(_UNCHANGED, _ALREADY_SO, (Effect(self.pbx, extension, held, held),))
        force = row.action == _FORCE_ATTACH
        if holder is not None and holder != member and not force:
            return Verdict(_REFUSED, Code.HELD_BY_OTHER, self.unchanged_effect(extension), holder=holder)
        elsewhere = self._with_number.get(number, extension) if number else extension
        if elsewhere != extension and not force:
            other = self._is[elsewhere][0]
            if other is not None and other != member:
                return Verdict(_REFUSED, Code.NUMBER_IN_USE, self.unchanged_effect(extension), elsewhere, other)
        numbers = self._after(had, number)
        if numbers is None and (had is not None or number is not None):
            return Verdict(_REFUSED, Code.SEVERAL_NUMBERS, self.unchanged_effect(extension))
        others = self.extensions_of(member) if holder != member and member in self._of_member else ()
        if others and self._policy.second_extension is SecondExtension.REFUSE:
            return Verdict(_REFUSED, Code.SECOND_EXTENSION, self.unchanged_effect(extension), others[0])
        if holder == member:
            code = Code.NUMBER_CHANGED
        elif holder is not None:
            code = Code.TOOK_OVER
        elif others and self._policy.second_extension is _MOVE:
            code = Code.MOVED
        else:
            code = _LINKED
        freed = others if self._policy.second_extension is _MOVE else ()
        return self._link(row, code, freed, elsewhere, numbers)

    def _after(self, had: _Numbers, number: str | None) -> _Numbers:
        """The numbers of an extension after a row that names this one, if any; None if it may not have it besides."""
        if had is None:
            return number
        several = _expand(had)
        if number is None or number in several:
            return had
        if self._policy.second_number is SecondNumber.ADD:
            return tuple(sorted((*several, number)))
        return number if len(several) == 1 and self._policy.second_number is _REPLACE else None

    def _link(self, row: Row, code: Code, freed: tuple[str, ...], elsewhere: str, numbers: _Numbers) -> Verdict:
        """Carry the row out: free what the member leaves, take the number from where it is, then link."""
        extension, member = row.extension, row.member
        old = self._is.get(extension, _NOTHING)
        overrides = self._overridden_detach(row) | self._overridden_lines(extension, member, numbers)
        before: dict[str, Holding] = {}
        if freed or elsewhere != extension:
            before = {other: self.holding(other) for other in (*freed, elsewhere) if other != extension}
            for other in freed:
                overrides |= self._free(other)
            if elsewhere != extension:
                overrides |= self._take_number(elsewhere, row.number)
        if isinstance(numbers, tuple):
            self._remember_named(extension, numbers, row)
        self._set(extension, member, numbers, row.line, named=bool(row.number))
        after = Holding(member, _expand(numbers))
        effects: tuple[Effect, ...] = (
            Effect(self.pbx, extension, VACANT if old is _NOTHING else _as_holding(old), after),
        )
        if before:
            effects += tuple([Effect(self.pbx, other, had, self.holding(other)) for other, had in before.items()])
        return Verdict(_DONE, code, effects, overrides=tuple(sorted(overrides)))

    def _detach(self, row: Row) -> Verdict:
        held = self.extensions_of(row.member)
        wanted = row.extension
        if wanted and wanted not in held:
            exists = self._policy.creates_extensions or wanted in self._is
            holder = self.holding(wanted).member
            if exists and not self._is_unknown(row.member) and (held or holder is not None):
                return Verdict(
                    _REFUSED, Code.WRONG_EXTENSION, self.unchanged_effect(wanted), ", ".join(held), holder or ""
                )
            self._detached[row.member] = (row.line, wanted)
            return Verdict(_UNCHANGED, Code.NOTHING_HELD, self.unchanged_effect(wanted) if exists else ())
        if not held:
            self._detached[row.member] = (row.line, wanted)
            return Verdict(_UNCHANGED, Code.NOTHING_HELD)
        effects, overrides = [], set[int]()
        for extension in (wanted,) if wanted else held:
            before = self.holding(extension)
            overrides |= self._free(extension)
            effects.append(Effect(self.pbx, extension, before, Holding(None, before.numbers)))
        self._detached[row.member] = (row.line, wanted)
        return Verdict(_DONE, _REMOVED, tuple(effects), overrides=tuple(sorted(overrides)))

    def _is_unknown(self, member: str) -> bool:
        return self._policy.members is not None and member not in self._policy.members

    def unchanged_effect(self, extension: str) -> tuple[Effect, ...]:
        held = self.holding(extension)
        return (Effect(self.pbx, extension, held, held),)

    # -- what earlier rows said ------------------------------------------------------------------------------------

    def _remember_said(self, extension: str, row: Row) -> None:
        """Remember that a row said what already is so, to warn when a later row undoes it."""
        member, numbers, said = self._is[extension]
        if isinstance(numbers, tuple):
            self._remember_named(extension, numbers, row)
        self._is[extension] = (member, numbers, 4 * row.line + (said & _TOUCHED) + (bool(row.number) or said & _NAMED))

    def _remember_named(self, extension: str, numbers: tuple[str, ...], row: Row) -> None:
        """Remember which of several numbers rows named: of the only one, the extension's own state tells.

        A row that names none says again what the last one said.
        """
        member, had, said = self._is.get(extension, _NOTHING)
        if member == row.member and said & _NAMED and isinstance(had, str):
            self._named[had] = said // 4
        named = [number for number in numbers if number in self._named]
        if row.number:
            self._named[row.number] = row.line
        elif named:
            self._named[max(named, key=self._named.__getitem__)] = row.line

    def _overridden_lines(self, extension: str, member: str | None, numbers: _Numbers) -> set[int]:
        """The lines of the rows that said otherwise of this extension, if any did."""
        said_member, had, said = self._is.get(extension, _NOTHING)
        if not said // 4:
            return set()
        if said_member != member:
            return self._forget_named(had, None) | {said // 4}
        return {said // 4} if said & _NAMED and isinstance(had, str) and had not in _expand(numbers) else set()

    def _forget_named(self, had: _Numbers, rest: _Numbers) -> set[int]:
        """The lines of the rows that named one of several numbers which an extension no longer has."""
        if not isinstance(had, tuple) or not self._named:
            return set()
        gone = [number for number in had if number in self._named and number not in _expand(rest)]
        return {self._named.pop(number) for number in gone}

    def _overridden_detach(self, row: Row) -> set[int]:
        found = self._detached.get(row.member)
        if found is None or found[1] not in ("", row.extension):
            return set()
        del self._detached[row.member]
        return {found[0]}

    def _free(self, extension: str) -> set[int]:
        """Take the holder from an extension; it keeps its numbers. The lines of rows that wanted it otherwise."""
        numbers = self._is.get(extension, _NOTHING)[1]
        broken = self._overridden_lines(extension, None, None)
        self._set(extension, None, numbers, 0)
        return broken

    def _take_number(self, extension: str, number: str) -> set[int]:
        """Take one number from an extension; it keeps its holder and the others. The lines of rows that named it."""
        member, had, said = self._is[extension]
        rest = _compact(tuple(other for other in _expand(had) if other != number))
        line = said // 4
        lines = [self._named[other] for other in _expand(rest) if other in self._named]
        if not isinstance(had, tuple):
            broken = {line} if line and said & _NAMED else set[int]()
            line = 0 if broken else line
        else:
            broken = self._forget_named(had, rest)
            line = max(lines, default=0) if line in broken else line
            if isinstance(rest, str):
                self._named.pop(rest, None)
        self._set(extension, member, rest, line, named=bool(lines))
        return broken

    # -- the difference --------------------------------------------------------------------------------------------

    def losses(self) -> Iterator[tuple[str, str | None]]:
        """Each member who loses an extension that the PBX says they hold, and who gets it instead."""
        for extension in self._touched:
            was = self._was.get(extension, _NOTHING)[0]
            if was is not None and was != (now := self._is[extension][0]):
                yield was, now

    @property
    def is_only_adding(self) -> bool:
        """Whether rows have touched nothing that the PBX has, and everybody holds what they were given."""
        return not self._was and all(self._is[extension][0] is not None for extension in self._touched)

    def differences(self) -> Iterator[tuple[str, Holding, Holding]]:
        """What of the PBX must change: extension, what it is, what it shall be; in the order rows touched them."""
        for extension in self._touched:
            was, now = self._was.get(extension, _NOTHING), self._is[extension]
            if was[0] != now[0] or was[1] != now[1]:
                yield extension, VACANT if was is _NOTHING else _as_holding(was), _as_holding(now)


def _compact(numbers: tuple[str, ...]) -> _Numbers:
    return numbers[0] if len(numbers) == 1 else numbers or None


def _expand(numbers: _Numbers) -> tuple[str, ...]:
    """The inverse of `_compact`."""
    return (numbers,) if isinstance(numbers, str) else numbers or ()


def _as_holding(state: _State) -> Holding:
    member, numbers, _ = state
    if not member and not numbers:
        return VACANT
    return Holding(member, (numbers,) if isinstance(numbers, str) else numbers or ())
