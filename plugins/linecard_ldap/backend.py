"""The backend: the people of a directory as a PBX."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from linecard.api import Alert, Context
from linecard.api.backend import Can, Caveat, Change, Entry, Result, Scope
from linecard_ldap.client import LdapClient
from linecard_ldap.kept_numbers import KeptNumbers
from linecard_ldap.options import LdapOptions
from linecard_ldap.view import PeopleReader
from linecard_ldap.writer import PeopleWriter

MOST = 20
"""Entries of one kind of trouble that are named."""


def build(options: LdapOptions, context: Context) -> LdapBackend:
    return LdapBackend(options, context)


class LdapBackend:
    """A directory. Nothing is asked before it is first used.

    It may be used from any thread, but two calls of `apply` must not overlap.
    """

    def __init__(self, options: LdapOptions, context: Context) -> None:
        self._options = options
        self._client = LdapClient(options, context)
        kept = KeptNumbers(context.state)
        self._reader = PeopleReader(self._client, options, kept)
        self._writer = PeopleWriter(self._client, self._reader, options, kept)
        several = options.number is None or options.further_numbers is not None
        self.can: frozenset[Can] = frozenset({Can.CREATE_EXTENSIONS, *({Can.SEVERAL_NUMBERS} if several else ())})

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope."""
        yield from self._reader.list_entries(scope)

    def members(self, scope: Scope) -> Iterator[str]:
        """Logins that exist: all, or those named."""
        yield from self._reader.list_logins(scope)

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Make the changes, those that have nothing in common side by side."""
        yield from self._writer.apply(changes)

    def precheck(self, changes: Sequence[Change]) -> Iterator[Caveat]:
        """What stands in the way of a change already, such as two entries that have the mail of its member."""
        for change, words in self._writer.find_obstacles(changes):
            yield Caveat(change.extension, words, "The change will be refused. Correct the directory first.")

    def examine(self) -> Iterator[Alert]:
        """What of the directory and of its entries is not as linecard needs it."""
        options, server = self._options, self._client.server
        if options.bind is not None and not options.is_encrypted:
            remedy = "Use ldaps://, or leave `start_tls` on."
            yield Alert("connection", f"The password of {options.bind} crosses the network unencrypted.", remedy)
        for name in self._reader.attributes:
            if not server.knows(name):
                yield Alert("schema", f"{options.url} does not know the attribute {name}.", "Check its name.")
        yield from self._examine_people()

    def _examine_people(self) -> Iterator[Alert]:
        count = 0
        found: dict[str, defaultdict[str, list[str]]] = {key: defaultdict(list) for key in ("mail", "extension")}
        unfit: list[str] = []
        for person in self._reader.read_everybody():
            count += 1
            if person.member is not None:
                found["mail"][person.member].append(person.dn)
            for extension in person.extensions:
                found["extension"][extension].append(person.dn)
            if words := person.find_obstacle():
                unfit.append(words)
        if not count:
            words = f"No entry below {self._options.base} is one of {self._options.filter}."
            yield Alert("people", words, "Check `base` and `filter`, and what `bind` may read.")
        for key, of_key in found.items():
            several = [(name, dns) for name, dns in sorted(of_key.items()) if len(dns) > 1]
            for name, dns in several[:MOST]:
                words = f"{len(dns)} entries have the {key} {name}: {' and '.join(dns[:4])}."
                yield Alert(key, words, "Correct all but one: linecard changes neither.")
            if len(several) > MOST:
                yield Alert(key, f"{len(several) - MOST} more are in several entries.", "Correct these first.")
        for words in unfit[:MOST]:
            yield Alert("entry", f"{words}.", "Correct it: linecard does not change this entry.")
        if len(unfit) > MOST:
            yield Alert("entry", f"{len(unfit) - MOST} more entries are not as they should be.", "Correct these first.")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
