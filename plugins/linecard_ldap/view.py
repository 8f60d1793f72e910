"""What of the directory is known: the people that were read, and who holds what among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from linecard.api.backend import VACANT, Entry, Holding, Scope
from linecard_ldap.client import LdapClient
from linecard_ldap.convert import Person
from linecard_ldap.kept_numbers import Kept, KeptNumbers
from linecard_ldap.options import LdapOptions
from linecard_ldap.server import any_of

TOGETHER = 100
"""Names in one filter."""


class PeopleView:
    """People by what they hold, and the numbers that are kept for extensions.

    An extension of which several entries have a value is held by the first of them, in the order of their DNs.
    """

    def __init__(self, options: LdapOptions) -> None:
        self._options = options
        self.people: dict[str, Person] = {}
        self._kept: dict[tuple[str, str | None], tuple[str, ...]] = {}
        self._of_number: defaultdict[str, set[str]] = defaultdict(set)
        """The extensions for which a number is kept."""
        self._by: dict[str, defaultdict[str, set[str]]] = {
            key: defaultdict(set) for key in ("extension", "member", "number")
        }

    def enter(self, person: Person) -> None:
        """Enter a person, or what has become of one."""
        if (old := self.people.get(person.dn)) is not None:
            for key, names in _names(old):
                for name in names:
                    self._by[key][name].discard(old.dn)
        self.people[person.dn] = person
        for key, names in _names(person):
            for name in names:
                self._by[key][name].add(person.dn)

    def keep(self, kept: Kept) -> None:
        """Enter what is kept for an extension."""
        self._kept[kept.extension, kept.member] = kept.numbers
        for number in kept.numbers:
            self._of_number[number].add(kept.extension)

    def holders(self, extension: str) -> list[Person]:
        return self._find("extension", extension)

    def by_member(self, login: str) -> list[Person]:
        return self._find("member", login)

    def holding(self, extension: str) -> Holding:
        """What an extension is, as far as all its holders were read."""
        holders = self.holders(extension)
        member = holders[0].member or holders[0].dn if holders else None
        if holders and self._options.number is not None:
            return Holding(member, holders[0].number_list)
        return Holding(member, self._kept.get((extension, member), ()))

    def bearers(self, number: str) -> list[tuple[str, str]]:
        """Who has a number: extension, or an empty one, and the DN, or an empty one."""
        found = [(p.extensions[0] if p.extensions else "", p.dn) for p in self._find("number", number)]
        kept = [name for name in sorted(self._of_number[number]) if number in self.holding(name).numbers]
        return found + [(extension, "") for extension in kept if extension not in {name for name, _ in found}]

    def kept_extensions(self) -> set[str]:
        return {extension for extension, _ in self._kept}

    def _find(self, key: str, name: str) -> list[Person]:
        return [self.people[dn] for dn in sorted(self._by[key].get(name, ()))]


def _names(person: Person) -> Iterator[tuple[str, Collection[str]]]:
    yield "extension", person.extensions
    yield "member", (person.member,) if person.member else ()
    yield "number", person.number_list


class PeopleReader:
    """Reads views of a directory."""

    def __init__(self, client: LdapClient, options: LdapOptions, kept: KeptNumbers) -> None:
        self._client, self._options, self._kept = client, options, kept
        names = [options.member, options.extension, options.number, options.further_numbers, *options.also]
        self.attributes = [name for name in dict.fromkeys(names) if name is not None]

    def read_view(
        self, extensions: Collection[str] = (), members: Collection[str] = (), numbers: Collection[str] = ()
    ) -> PeopleView:
        """All that has one of these names."""
        view, server, options = PeopleView(self._options), self._client.server, self._options
        for kept in self._kept.read_some(extensions, numbers):
            view.keep(kept)
        terms = [server.match(options.extension, name) for name in sorted({*extensions, *view.kept_extensions()})]
        terms += [server.match(options.member, login) for login in sorted(members)]
        of_numbers = sorted({name for name in (options.number, options.further_numbers) if name is not None})
        terms += [server.match_number(name, number) for number in sorted(numbers) for name in of_numbers]
        for at in range(0, len(terms), TOGETHER):
            for person in self._search(any_of(terms[at : at + TOGETHER])):
                view.enter(person)
        if options.number is None:  # what is kept of extensions that were found by their members
            for kept in self._kept.read_some({name for person in view.people.values() for name in person.extensions}):
                view.keep(kept)
        return view

    def read_person(self, dn: str) -> Person | None:
        raw = self._client.read_entry(dn, self.attributes)
        return None if raw is None else Person(dn, raw, self._options)

    def read_everybody(self) -> Iterator[Person]:
        """Each entry that has an extension, a number or a login."""
        yield from self._search("")

    def list_entries(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of a scope, once."""
        if scope.whole:
            yield from self._list_everything()
            return
        with self._kept.lock(alone=False):
            view = self.read_view(scope.extensions, scope.members, scope.numbers)
        held = {extension for person in view.people.values() for extension in person.extensions}
        for extension in sorted(held | view.kept_extensions()):
            holding = view.holding(extension)
            named = extension in scope.extensions and holding != VACANT
            if named or holding.member in scope.members or scope.numbers.intersection(holding.numbers):
                yield Entry(extension, *holding)

    def _list_everything(self) -> Iterator[Entry]:
        kept = {(one.extension, one.member): one.numbers for one in self._kept.read_all()}
        seen: set[str] = set()
        for person in self._search(f"({self._options.extension}=*)"):
            for extension in person.extensions:
                if extension not in seen:
                    seen.add(extension)
                    member = person.member or person.dn
                    numbers = kept.get((extension, member), ()) if self._options.number is None else person.number_list
                    yield Entry(extension, member, numbers)
        for (extension, who), numbers in kept.items():
            if who is None and extension not in seen:
                yield Entry(extension, None, numbers)

    def list_logins(self, scope: Scope) -> Iterator[str]:
        """Logins that exist: all, or those named, each once."""
        found: Iterable[Person]
        if scope.whole:
            found = self._search(f"({self._options.member}=*)")
        else:
            found = self.read_view(members=scope.members).people.values()
        seen = {login for person in found if (login := person.member) is not None}
        yield from seen if scope.whole else seen & scope.members

    def _search(self, wanted: str) -> Iterator[Person]:
        for dn, raw in self._client.search(f"(&{self._options.filter}{wanted})", self.attributes):
            yield Person(dn, raw, self._options)
