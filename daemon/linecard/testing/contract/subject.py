"""The PBX under test, and the names that tests give to what it holds."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import ClassVar, Protocol

import pytest

from linecard.api.backend import (
    VACANT,
    Backend,
    Can,
    Change,
    ChangeStatus,
    Entry,
    Holding,
    Result,
    Scope,
    sorted_numbers,
)
from linecard.testing.pbx_faults import PbxFault, SupportsFaults
from linecard.testing.recorder import MISSING

PBX = "hq"

Open = Callable[[], Backend]
"""Opens a backend on one PBX; another one each time, on the same PBX."""


class NewPbx(Protocol):
    """Makes a PBX that holds exactly `entries`, and knows their members and those of `members`; opens backends on it.

    `entries` break no rule of a PBX. Members need not be made where the backend makes them, nor vacant extensions.
    """

    def __call__(self, entries: Iterable[Entry] = (), members: Iterable[str] = ()) -> Open: ...


class Subject:
    """One PBX under test. All backends opened through it are closed in the end."""

    def __init__(self, open_: Open) -> None:
        self._open = open_
        self.source: object = open_
        self._opened: list[Backend] = []
        self.backend = self.open()
        self.can = self.backend.can

    def open(self) -> Backend:
        """Another backend on this PBX, as another process would have one."""
        backend = self._open()
        self._opened.append(backend)
        return backend

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()

    def needs(self, word: Can) -> None:
        """This test speaks of backends that can do this."""
        if word not in self.can:
            pytest.skip(f"the backend has no {word}")

    def lacks(self, word: Can) -> None:
        """This test speaks of backends that cannot do this."""
        if word in self.can:
            pytest.skip(f"the backend has {word}")

    def cause(self, fault: PbxFault, after: int = 0) -> AbstractContextManager[None]:
        """Let the PBX have a fault; the test is skipped, and nothing is proven, where the suite does not know how."""
        if not isinstance(self.source, SupportsFaults):
            pytest.skip(f"{MISSING}what `new_pbx` gives has no `cause`")
        return self.source.cause(fault, after)

    def read_holdings(self, backend: Backend | None = None) -> dict[str, Holding]:
        """What the PBX holds, as another backend reads it; vacant extensions left out, for a PBX need not have them."""
        entries = list((backend or self.open()).fetch(Scope.everything()))
        assert len({entry.extension for entry in entries}) == len(entries), f"an extension came twice in {entries}"
        return {e.extension: e.holding for e in entries if e.holding != VACANT}

    def apply(self, *changes: Change) -> list[Result]:
        """All results of these changes."""
        return list(self.backend.apply(iter(changes)))

    def statuses(self, *changes: Change) -> list[ChangeStatus]:
        """What became of each of these changes, in their order. Fails if one has no result, or two."""
        results = {result.change: result for result in self._once_each(self.apply(*changes), changes)}
        return [results[change].status for change in changes]

    @staticmethod
    def _once_each(results: list[Result], changes: tuple[Change, ...]) -> list[Result]:
        said = [result.change for result in results]
        assert sorted(said) == sorted(changes), "each change taken has one result, and nothing else has"
        return results


class Fill(Protocol):
    """Makes a PBX that holds these entries and knows these members, ready to be tested."""

    def __call__(self, *entries: Entry, members: Iterable[str] = ()) -> Subject: ...


class Names:
    """The names that tests use; each is asked for with numbers from 0 up, and must differ for each."""

    kind: ClassVar[str] = ""
    """What linecard.yaml calls the backend under test; with it, `linecard.testing.recorder` keeps what was proven."""

    many: ClassVar[int] = 1200
    """How many changes or names make a lot."""

    standing_members: ClassVar[frozenset[str]] = frozenset()
    """Logins that every such PBX has, such as that of its administrator."""

    def extension(self, n: int) -> str:
        """An extension that the PBX accepts."""
        return f"{1000 + n}"

    def member(self, n: int) -> str:
        """A login that the PBX accepts, in lower case."""
        return f"member{n}@example.org"

    def number(self, n: int) -> str:
        """A number that the PBX accepts, in E.164."""
        return f"+331990{n:05d}"

    def entry(self, extension: int, member: int | None = None, *numbers: int | None) -> Entry:
        """An entry by the numbers of its names."""
        return Entry(self.extension(extension), *self.holding(member, *numbers))

    def holding(self, member: int | None = None, *numbers: int | None) -> Holding:
        holder = None if member is None else self.member(member)
        return Holding(holder, sorted_numbers(self.number(n) for n in numbers if n is not None))

    def change(self, seq: int, extension: int, before: Holding, after: Holding) -> Change:
        return Change(seq, PBX, self.extension(extension), before, after)

    def directory(self, *entries: Entry) -> dict[str, Holding]:
        """What `Subject.read_holdings` gives for a PBX that holds these."""
        return {e.extension: e.holding for e in entries if e.holding != VACANT}


def holdings(entries: Iterable[Entry]) -> dict[str, Holding]:
    """Entries by extension, vacant ones too."""
    return {entry.extension: entry.holding for entry in entries}


def invert(changes: Iterable[Change]) -> list[Change]:
    """The changes that put things back."""
    return [
        change._replace(seq=seq, before=change.after, after=change.before)
        for seq, change in enumerate(reversed(list(changes)), start=1)
    ]


def apply_to(entries: Mapping[str, Holding], changes: Iterable[Change]) -> dict[str, Holding]:
    """What a directory is once these changes are made; vacant extensions left out."""
    held = dict(entries)
    for change in changes:
        held[change.extension] = change.after
    return {extension: holding for extension, holding in held.items() if holding != VACANT}
