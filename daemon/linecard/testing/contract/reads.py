"""What a backend tells of its PBX."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

import pytest

from linecard.api.backend import VACANT, Can, Holding, Scope, SupportsPrecheck
from linecard.testing.contract.subject import Fill, Names, Subject, holdings


def fetch_holdings(pbx: Subject, scope: Scope) -> dict[str, Holding]:
    """What one fetch says, each extension once."""
    entries = list(pbx.backend.fetch(scope))
    assert len({entry.extension for entry in entries}) == len(entries), f"an extension came twice in {entries}"
    return holdings(entries)


class ReadContract(Names):
    """`fetch` and `members`."""

    def test_can_is_a_set_of_capability_words(self, fill: Fill) -> None:
        """Planner, tests and docs read it; it does not change while the backend lives."""
        pbx = fill()
        assert isinstance(pbx.backend.can, frozenset)
        assert all(isinstance(word, Can) for word in pbx.backend.can)
        list(pbx.backend.fetch(Scope.everything()))
        assert pbx.backend.can == pbx.can

    def test_an_empty_pbx_holds_nothing(self, fill: Fill) -> None:
        """No entries, whatever is asked for; and no error."""
        pbx = fill()
        assert fetch_holdings(pbx, Scope.everything()) == {}
        named = Scope(frozenset({self.extension(0)}), frozenset({self.member(0)}), frozenset({self.number(0)}))
        assert fetch_holdings(pbx, named) == {}

    def test_everything_is_each_extension_with_its_holder_and_its_number(self, fill: Fill) -> None:
        """Either of which may be missing."""
        entries = [self.entry(0, 0, 0), self.entry(1, 1), self.entry(2, None, 2)]
        pbx = fill(*entries)
        assert fetch_holdings(pbx, Scope.everything()) == holdings(entries)

    def test_a_vacant_extension_that_exists_is_told(self, fill: Fill) -> None:
        """Where extensions are not made on demand, the planner must know that it is there."""
        pbx = fill(self.entry(0), self.entry(1, 1))
        pbx.lacks(Can.CREATE_EXTENSIONS)
        assert fetch_holdings(pbx, Scope.everything())[self.extension(0)] == VACANT
        assert fetch_holdings(pbx, Scope(extensions=frozenset({self.extension(0)}))) == {self.extension(0): VACANT}

    def test_a_scope_that_names_nothing_gives_nothing(self, fill: Fill) -> None:
        """Only `whole` means everything."""
        pbx = fill(self.entry(0, 0, 0))
        assert fetch_holdings(pbx, Scope()) == {}

    def test_extensions_are_found_by_their_name(self, fill: Fill) -> None:
        """Those named, no others; names that the PBX does not know are missing."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1), self.entry(2, 2))
        scope = Scope(extensions=frozenset({self.extension(0), self.extension(2), self.extension(9)}))
        assert fetch_holdings(pbx, scope) == holdings([self.entry(0, 0, 0), self.entry(2, 2)])

    def test_leading_zeros_count(self, fill: Fill) -> None:
        """An extension is a string: `01000` is not `1000`."""
        pbx = fill(self.entry(0, 0))
        assert fetch_holdings(pbx, Scope(extensions=frozenset({"0" + self.extension(0)}))) == {}

    def test_extensions_are_found_by_their_holder(self, fill: Fill) -> None:
        """Names that the PBX does not know are missing."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1), self.entry(2, None, 2))
        scope = Scope(members=frozenset({self.member(0), self.member(9)}))
        assert fetch_holdings(pbx, scope) == holdings([self.entry(0, 0, 0)])

    def test_all_extensions_of_a_member_are_found(self, fill: Fill) -> None:
        """Where a member may hold several, one name brings them all."""
        fill().needs(Can.SEVERAL)
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1), self.entry(2, 0))
        scope = Scope(members=frozenset({self.member(0)}))
        assert fetch_holdings(pbx, scope) == holdings([self.entry(0, 0, 0), self.entry(2, 0)])

    def test_all_numbers_of_an_extension_are_read(self, fill: Fill) -> None:
        """In order and each once, whichever of them it was asked by, and once for all of them."""
        fill().needs(Can.SEVERAL_NUMBERS)
        pbx = fill(self.entry(0, 0, 0, 1, 2), self.entry(1, None, 3, 4), self.entry(2, 2, 5))
        assert pbx.read_holdings() == self.directory(
            self.entry(0, 0, 0, 1, 2), self.entry(1, None, 3, 4), self.entry(2, 2, 5)
        )
        for numbers in ((0,), (1,), (2,), (0, 1, 2), (2, 9)):
            scope = Scope(numbers=frozenset(map(self.number, numbers)))
            assert list(pbx.backend.fetch(scope)) == [self.entry(0, 0, 0, 1, 2)]
        everything = Scope(frozenset({self.extension(0)}), frozenset({self.member(0)}), frozenset({self.number(2)}))
        assert list(pbx.backend.fetch(everything)) == [self.entry(0, 0, 0, 1, 2)]

    def test_extensions_are_found_by_their_number(self, fill: Fill) -> None:
        """With or without a holder; names that the PBX does not know are missing."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1, 1), self.entry(2, None, 2))
        scope = Scope(numbers=frozenset({self.number(0), self.number(2), self.number(9)}))
        assert fetch_holdings(pbx, scope) == holdings([self.entry(0, 0, 0), self.entry(2, None, 2)])

    def test_an_extension_named_three_ways_comes_once(self, fill: Fill) -> None:
        """By itself, by its holder and by its number."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1, 1))
        scope = Scope(frozenset({self.extension(0)}), frozenset({self.member(0)}), frozenset({self.number(0)}))
        assert fetch_holdings(pbx, scope) == holdings([self.entry(0, 0, 0)])

    def test_a_scope_is_whatever_one_of_its_names_fits(self, fill: Fill) -> None:
        """Extensions, members and numbers are added up, not narrowed down."""
        entries = [self.entry(0, 0, 0), self.entry(1, 1, 1), self.entry(2, 2, 2), self.entry(3, 3, 3)]
        pbx = fill(*entries)
        scope = Scope(frozenset({self.extension(0)}), frozenset({self.member(1)}), frozenset({self.number(2)}))
        assert fetch_holdings(pbx, scope) == holdings(entries[:3])

    def test_a_scope_may_have_very_many_names(self, fill: Fill) -> None:
        """More than one query of most databases can carry, of each sort."""
        entries = [self.entry(n, n, n) for n in range(30)]
        pbx = fill(*entries)
        odd = range(1, 5 * self.many, 2)
        wanted = holdings(entry for n, entry in enumerate(entries) if n % 2)
        assert fetch_holdings(pbx, Scope(extensions=frozenset(map(self.extension, odd)))) == wanted
        assert fetch_holdings(pbx, Scope(members=frozenset(map(self.member, odd)))) == wanted
        assert fetch_holdings(pbx, Scope(numbers=frozenset(map(self.number, odd)))) == wanted
        extensions, members, numbers = (
            frozenset(map(name, odd)) for name in (self.extension, self.member, self.number)
        )
        everybody = Scope(extensions, members, numbers)
        assert fetch_holdings(pbx, everybody) == wanted

    def test_reading_may_be_given_up_half_way(self, fill: Fill) -> None:
        """Whoever reads may stop; the PBX can be read and changed after, by this backend and another."""
        pbx = fill(self.entry(0, 0), self.entry(1, 1), self.entry(2, 2))
        reading = pbx.backend.fetch(Scope.everything())
        next(reading)
        del reading
        release = self.change(1, 0, self.holding(0), VACANT)
        assert [result.change for result in pbx.open().apply([release])] == [release]
        assert fetch_holdings(pbx, Scope(members=frozenset({self.member(0)}))) == {}

    def test_reading_again_tells_what_is_now(self, fill: Fill) -> None:
        """Also to the backend that has read before: a run is planned, made and read back with the same one."""
        pbx = fill(self.entry(0, 0), self.entry(1, 1))
        scope = Scope(extensions=frozenset({self.extension(0), self.extension(1)}))
        assert fetch_holdings(pbx, scope) == holdings([self.entry(0, 0), self.entry(1, 1)])
        pbx.apply(self.change(1, 0, self.holding(0), self.holding(0, 0)))
        list(pbx.open().apply([self.change(1, 1, self.holding(1), self.holding(1, 1))]))
        assert fetch_holdings(pbx, scope) == holdings([self.entry(0, 0, 0), self.entry(1, 1, 1)])

    def test_members_are_those_the_pbx_knows(self, fill: Fill) -> None:
        """Holders and others, each once, in lower case."""
        pbx = fill(self.entry(0, 0), self.entry(1), members=[self.member(1), self.member(2)])
        pbx.lacks(Can.CREATE_MEMBERS)
        logins = [login for login in pbx.backend.members(Scope.everything()) if login not in self.standing_members]
        assert sorted(logins) == sorted(map(self.member, range(3)))

    def test_members_may_be_asked_for_by_name(self, fill: Fill) -> None:
        """Those named that exist, each once; extensions and numbers of the scope do not matter."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1, 1), members=[self.member(2)])
        pbx.lacks(Can.CREATE_MEMBERS)
        scope = Scope(frozenset({self.extension(1)}), frozenset(map(self.member, (0, 2, 9))), frozenset())
        assert sorted(pbx.backend.members(scope)) == sorted(map(self.member, (0, 2)))
        assert list(pbx.backend.members(Scope(extensions=frozenset({self.extension(0)})))) == []

    def test_very_many_members_may_be_asked_for(self, fill: Fill) -> None:
        """More than one query of most databases can carry."""
        pbx = fill(members=[self.member(n) for n in range(30)])
        pbx.lacks(Can.CREATE_MEMBERS)
        scope = Scope(members=frozenset(self.member(n) for n in range(1, 5 * self.many, 2)))
        assert sorted(pbx.backend.members(scope)) == sorted(self.member(n) for n in range(1, 30, 2))

    def test_what_it_says_of_changes_is_of_these_and_changes_nothing(self, fill: Fill) -> None:
        """A backend with `precheck` is asked before a person has approved anything, and once more after that."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1), self.entry(2))
        if not isinstance(pbx.backend, SupportsPrecheck):
            pytest.skip("the backend has no precheck")
        was = pbx.read_holdings()
        changes = [
            self.change(1, 0, self.holding(0, 0), self.holding(None, 0)),
            self.change(2, 1, self.holding(1), self.holding(0)),
            self.change(3, 2, VACANT, self.holding(1)),
        ]
        said = [list(pbx.backend.precheck(changes)) for _ in range(2)]
        assert said[0] == said[1]
        assert {caveat.extension for caveat in said[0]} <= {change.extension for change in changes}
        assert list(pbx.backend.precheck([])) == []
        assert pbx.read_holdings() == was
