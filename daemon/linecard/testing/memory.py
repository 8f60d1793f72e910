"""A PBX in memory: what exists, who holds what, and the rules that a real one would enforce."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from linecard.api.backend import VACANT, Can, Caveat, Change, Entry, Holding, Scope, sorted_numbers
from linecard.testing.pbx_faults import FaultSwitch, PbxFault

EVERYTHING = frozenset(Can)
LOOKS = 2
"""How often a PBX that shows changes late is looked at before it shows one."""
STRIKES = {PbxFault.ANSWER_LOST: 1, PbxFault.RATE_LIMITED: 3}
"""Faults that pass, and after how many times."""


class MemoryPbx:
    """The PBX itself; any number of backends may be opened on it.

    It holds `entries` and knows their members and those of `members`. `can` says what it allows, and what is not
    allowed is refused: without `CREATE_EXTENSIONS` an extension must be among `entries`, without `CREATE_MEMBERS` a
    member must be known, without `SEVERAL` a member holds one extension at most, and without `SEVERAL_NUMBERS` an
    extension has one number at most. A number is on one extension at most, always. Entries that break a rule raise
    `ValueError`.

    `extensions` is what it holds now. `operations` are the changes that backends made, in order: a change made twice
    stands there twice. `caveats` are what it says of changes that take something away,
    `seconds_per_change` and `notes` its forecast of a plan. `put` and `remove` are
    what somebody else does to the PBX, past linecard. `cause` lets it do wrong for a while, whoever uses it;
    `switch` is where backends see that.
    """

    def __init__(
        self, entries: Iterable[Entry] = (), *, members: Iterable[str] = (), can: Iterable[Can] = EVERYTHING
    ) -> None:
        self.can = frozenset(can)
        self.operations: list[Change] = []
        self.caveats: list[Caveat] = []
        self.seconds_per_change = 0.0
        self.notes: tuple[str, ...] = ()
        self.switch = FaultSwitch()
        self._late: dict[str, tuple[Holding | None, int]] = {}
        self._extensions: dict[str, Holding] = {}
        self._members = dict.fromkeys(members)
        self._of_member: dict[str, dict[str, None]] = {}
        self._with_number: dict[str, str] = {}
        for entry in entries:
            if entry.extension in self._extensions:
                raise ValueError(f"extension {entry.extension} is there twice")
            self.put(entry.extension, entry.holding)

    @property
    def extensions(self) -> Mapping[str, Holding]:
        """Each extension that exists, with what it is."""
        return MappingProxyType(self._extensions)

    def entries(self, scope: Scope) -> Iterator[Entry]:
        """The extensions that lie in the scope, as all of them were when the first was taken."""
        if self._late:
            yield from [
                Entry(extension, *held) for extension, held in self._show_late() if _lies_in(scope, extension, held)
            ]
            return
        if scope.whole:
            found = dict.fromkeys(self._extensions)
        else:
            found = dict.fromkeys(self._extensions.keys() & scope.extensions)
            for member in self._of_member.keys() & scope.members:
                found |= self._of_member[member]
            found |= dict.fromkeys(self._with_number[n] for n in self._with_number.keys() & scope.numbers)
        yield from [Entry(extension, *self._extensions[extension]) for extension in found]

    def _show_late(self) -> list[tuple[str, Holding]]:
        """All extensions as they are shown, some of them as they were; each look brings those nearer to what is."""
        shown: dict[str, Holding | None] = {**self._extensions}
        for extension, (held, looks) in list(self._late.items()):
            shown[extension] = held
            if looks > 1:
                self._late[extension] = (held, looks - 1)
            else:
                del self._late[extension]
        return [(extension, held) for extension, held in shown.items() if held is not None]

    def logins(self, scope: Scope) -> Iterator[str]:
        """Members that exist: all, or those that the scope names."""
        yield from list(self._members) if scope.whole else self._members.keys() & scope.members

    def holding(self, extension: str) -> Holding:
        """What an extension is; vacant when it does not exist."""
        return self._extensions.get(extension, VACANT)

    def refusal(self, change: Change) -> str:
        """Why the PBX does not allow a change, in its own words; empty when it does."""
        member = change.after.member
        if change.extension not in self._extensions and Can.CREATE_EXTENSIONS not in self.can:
            return f"there is no extension {change.extension}"
        if member is not None and member not in self._members and Can.CREATE_MEMBERS not in self.can:
            return f"there is no member {member}"
        return self._conflict(change.extension, change.after)

    def make(self, change: Change) -> None:
        """Make a change that is allowed, for good."""
        if self.switch.strikes(PbxFault.PRETENDED):
            return
        if self.switch.strikes(PbxFault.SHOWN_LATE):
            self._late.setdefault(change.extension, (self._extensions.get(change.extension), LOOKS))
        self.put(change.extension, change.after)
        self.operations.append(change)
        self.switch.note_change()

    @contextmanager
    def cause(self, fault: PbxFault, after: int = 0) -> Iterator[None]:
        """Have this fault once so many changes were made, as long as the context lasts."""
        with self.switch.cause(fault, after, STRIKES.get(fault, 1_000_000)):
            yield
        self._late.clear()

    def put(self, extension: str, holding: Holding) -> None:
        """Let an extension exist and be this, and its member be known. Raises `ValueError` if that breaks a rule."""
        member, numbers = holding
        if member is not None and member != member.lower():
            raise ValueError(f"{member} is not a login in lower case")
        if numbers != sorted_numbers(numbers):
            raise ValueError(f"{numbers} are not in order, or one stands there twice")
        if words := self._conflict(extension, holding):
            raise ValueError(f"{extension} cannot be {member}, {numbers}: {words}")
        self.remove(extension)
        self._extensions[extension] = holding
        if member is not None:
            self._members[member] = None
            self._of_member.setdefault(member, {})[extension] = None
        for number in numbers:
            self._with_number[number] = extension

    def remove(self, extension: str) -> None:
        """Let an extension not exist; its member stays known."""
        member, numbers = self._extensions.pop(extension, VACANT)
        if member is not None:
            del self._of_member[member][extension]
        for number in numbers:
            del self._with_number[number]

    def _conflict(self, extension: str, wanted: Holding) -> str:
        for number in wanted.numbers:
            bearer = self._with_number.get(number, extension)
            if bearer != extension:
                return f"{number} is on extension {bearer}"
        others = [other for other in self._of_member.get(wanted.member or "", ()) if other != extension]
        if others and Can.SEVERAL not in self.can:
            return f"{wanted.member} holds extension {others[0]}"
        if len(wanted.numbers) > 1 and Can.SEVERAL_NUMBERS not in self.can:
            return f"{extension} has one number at most"
        return ""


def _lies_in(scope: Scope, extension: str, held: Holding) -> bool:
    named = extension in scope.extensions or held.member in scope.members
    return scope.whole or named or not scope.numbers.isdisjoint(held.numbers)
