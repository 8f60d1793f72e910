"""A PBX of a whole company: very many links, and people at work on them while it is read."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

from itertools import islice
from typing import ClassVar

from linecard.api.backend import VACANT, ChangeStatus, Scope
from linecard.testing.contract.subject import Fill, Names, holdings


class CompanyContract(Names):
    """`fetch` and `apply` on a PBX that is not small."""

    company: ClassVar[int] = 10_000
    """How many links a company has; lower it for a PBX that takes long to fill."""

    def test_a_company_is_read_whole_and_by_name(self, fill: Fill) -> None:
        """Each of 10,000 links once; a few of them by name; and a few changed while all others stay."""
        company = [self.entry(n, n, n) for n in range(self.company)]
        pbx = fill(*company)
        whole = list(pbx.backend.fetch(Scope.everything()))
        assert len(whole) == self.company
        assert sorted(whole) == sorted(company)
        last = self.company - 1
        named = Scope(
            frozenset({self.extension(0)}), frozenset({self.member(last // 2)}), frozenset({self.number(last)})
        )
        wanted = {0, last // 2, last}
        assert holdings(pbx.backend.fetch(named)) == holdings(company[n] for n in wanted)
        changes = [
            self.change(seq, n, self.holding(n, n), self.holding(None, n)) for seq, n in enumerate(sorted(wanted), 1)
        ]
        assert pbx.statuses(*changes) == [ChangeStatus.DONE] * len(changes)
        left = [self.entry(n, None, n) if n in wanted else company[n] for n in range(self.company)]
        assert pbx.read_holdings() == self.directory(*left)

    def test_nothing_is_lost_or_doubled_when_others_change_the_pbx_between_two_pages(self, fill: Fill) -> None:
        """Who was there before and is there after comes once, wherever the list was shifted meanwhile."""
        place = {self.extension(n): n for n in range(self.many + 2)}
        standing = [self.entry(n, n, n) for n in range(2, self.many + 2)]
        pbx = fill(self.entry(0), self.entry(1), *standing)
        reading = pbx.backend.fetch(Scope.everything())
        read = list(islice(reading, self.many // 2))
        gone = [entry for entry in read if entry.holding != VACANT][:3]
        released = [
            self.change(seq, place[entry.extension], entry.holding, VACANT) for seq, entry in enumerate(gone, 1)
        ]
        arrived = [self.change(4 + n, n, VACANT, gone[n].holding) for n in (0, 1)]
        results = list(pbx.open().apply(iter([*released, *arrived])))
        assert [result.status for result in results] == [ChangeStatus.DONE] * 5
        read.extend(reading)
        touched = {change.extension for change in (*released, *arrived)}
        assert sorted(entry for entry in read if entry.extension not in touched) == sorted(
            entry for entry in standing if entry.extension not in touched
        )
