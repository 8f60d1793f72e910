"""Names that mean something to a database, a shell or a template: to a backend they are names."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

from typing import ClassVar

from linecard.api.backend import VACANT, Can, Change, ChangeStatus, Entry, Holding, Scope
from linecard.testing.contract.subject import PBX, Fill, Names

QUERIES = (
    "%",
    "_",
    "*",
    "?",
    ".*",
    "1___",
    "10%",
    "100[0-9]",
    "1000 ",
    " 1000",
    "1000,1001",
    "1000;1001",
    "1000 OR 1=1",
    "' OR '1'='1",
    '" OR ""="',
    "1000'--",
    "1000)",
    "*)(uid=*",
    "$(id)",
    "`id`",
    "{{ 1000 }}",
    "{0}",
    "%(name)s",
    "../1000",
    "1000/../1001",
    "1000?x=1",
    "1000%20",
    "1000#",
    "\\",
    "\N{FULLWIDTH DIGIT ONE}000",
    "None",
    "null",
)
"""What finds more than it says, or something else, when it is put into a query, a path or a template as it stands."""


class HostileNamesContract(Names):
    """`fetch` and `apply`, given names that mean no good; each is one that a sheet or a person may give."""

    hostile_members: ClassVar[tuple[str, ...]] = (
        "o'hara@example.org",
        "100%@example.org",
        "a_b@example.org",
        "a*b@example.org",
        "`id`@example.org",
        "$home@example.org",
        "{{7*7}}@example.org",
        "{0}@example.org",
        "a&b=c@example.org",
        "a/../b@example.org",
        "a?b@example.org",
        "a#b@example.org",
        "a|b@example.org",
        "-rf@example.org",
        "null@example.org",
        "j\N{LATIN SMALL LETTER O WITH DIAERESIS}rg@example.org",
    )
    """Logins that are addresses by the letter of RFC 5322 and 6531. Leave out those that the PBX itself cannot have."""

    def test_a_name_that_is_a_query_elsewhere_finds_nothing(self, fill: Fill) -> None:
        """Asked for as extension, as member and as number: no entry, no error, and nothing changed."""
        was = [self.entry(n, n, n) for n in range(3)]
        pbx = fill(*was)
        for name in QUERIES:
            one = frozenset({name})
            for scope in (Scope(extensions=one), Scope(members=one), Scope(numbers=one), Scope(one, one, one)):
                assert list(pbx.backend.fetch(scope)) == [], f"{name} is a name, and nothing has it"
        everything = Scope(frozenset(QUERIES), frozenset(QUERIES), frozenset(QUERIES))
        assert list(pbx.backend.fetch(everything)) == []
        assert pbx.read_holdings() == self.directory(*was)

    def test_no_member_is_found_by_a_name_that_is_a_query(self, fill: Fill) -> None:
        """Of a backend that tells which logins exist."""
        pbx = fill(self.entry(0, 0), self.entry(1), members=[self.member(1)])
        pbx.lacks(Can.CREATE_MEMBERS)
        for name in QUERIES:
            assert list(pbx.backend.members(Scope(members=frozenset({name})))) == []

    def test_any_login_that_is_an_address_is_held_as_it_is_spelt(self, fill: Fill) -> None:
        """Made and read back letter by letter, found by its own name and no other; or refused in words."""
        logins = self.hostile_members
        pbx = fill(*(self.entry(n) for n in range(len(logins))), members=logins)
        changes = [Change(n + 1, PBX, self.extension(n), VACANT, Holding(login, ())) for n, login in enumerate(logins)]
        results = {result.change: result for result in pbx.apply(*changes)}
        made = []
        for change in changes:
            result = results[change]
            assert result.status is ChangeStatus.DONE or (result.status is ChangeStatus.FAILED and result.words), result
            if result.status is ChangeStatus.DONE:
                made.append(Entry(change.extension, *change.after))
        assert pbx.read_holdings() == self.directory(*made)
        for entry in made:
            assert list(pbx.backend.fetch(Scope(members=frozenset({entry.member or ""})))) == [entry]
        back = [Change(n, PBX, e.extension, e.holding, VACANT) for n, e in enumerate(made, start=1)]
        assert pbx.statuses(*back) == [ChangeStatus.DONE] * len(back)
        assert pbx.read_holdings() == {}
