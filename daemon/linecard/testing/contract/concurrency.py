"""What a backend reads while changes are made: by itself, by another one, side by side."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

from linecard.api.backend import ChangeStatus, Entry, Holding, Scope
from linecard.testing.contract.subject import Fill, Names, Subject, holdings


class ConcurrencyContract(Names):
    """`fetch`, while something else goes on."""

    def test_it_reads_in_the_middle_of_its_own_changes(self, fill: Fill) -> None:
        """As linecard does when it reads back: the answer has what was yielded, and the rest can still be made."""
        pbx = fill(*(self.entry(n, n) for n in range(3)))
        scope = Scope(extensions=frozenset(map(self.extension, range(3))))
        changes = [self.change(n + 1, n, self.holding(n), self.holding(n, n)) for n in range(3)]
        for result in pbx.backend.apply(iter(changes)):
            assert result.status is ChangeStatus.DONE
            assert holdings(pbx.backend.fetch(scope))[result.change.extension] == result.change.after
        assert pbx.read_holdings() == self.directory(*(self.entry(n, n, n) for n in range(3)))

    def test_two_scopes_are_read_at_the_same_time(self, fill: Fill) -> None:
        """Entry by entry in turns, by one backend: neither answer has anything of the other, and both are complete."""
        entries = [self.entry(n, n, n) for n in range(8)]
        pbx = fill(*entries)
        one = pbx.backend.fetch(Scope(extensions=frozenset(entry.extension for entry in entries[::2])))
        other = pbx.backend.fetch(Scope(members=frozenset(entry.member or "" for entry in entries[1::2])))
        found: list[list[Entry]] = [[], []]
        for _ in entries:
            for answer, kept in zip((one, other), found, strict=True):
                kept.extend(entry for entry in (next(answer, None),) if entry is not None)
        assert [sorted(answer) for answer in found] == [entries[::2], entries[1::2]]

    def test_what_is_read_while_another_makes_changes_is_before_or_after(self, fill: Fill) -> None:
        """In two threads, a backend each: no extension is seen half changed, twice, or not at all."""
        count = min(self.many, 30)
        pbx = fill(*(self.entry(n, n, n) for n in range(count)), members=map(self.member, range(count, 2 * count)))
        changes = [self.change(n + 1, n, self.holding(n, n), self.holding(n + count, n)) for n in range(count)]
        allowed = {change.extension: (change.before, change.after) for change in changes}
        begun, ended = Event(), Event()
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(read_until, pbx, allowed, begun, ended)
            begun.wait(60)
            try:
                statuses = pbx.statuses(*changes)
            finally:
                ended.set()
            reading.result()
        assert statuses == [ChangeStatus.DONE] * count


def read_until(pbx: Subject, allowed: Mapping[str, tuple[Holding, ...]], begun: Event, ended: Event) -> None:
    """Read these extensions again and again; fails at the first that is not as it is allowed to be."""
    scope = Scope(extensions=frozenset(allowed))
    with closing(pbx.open()) as reader:
        while True:
            last = ended.is_set()
            try:
                entries = list(reader.fetch(scope))
            finally:
                begun.set()
            assert sorted(entry.extension for entry in entries) == sorted(allowed), "each extension is there once"
            assert [entry for entry in entries if entry.holding not in allowed[entry.extension]] == []
            if last:
                return
