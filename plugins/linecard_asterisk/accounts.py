"""Who else has a part in an extension: endpoints whose phones ring with it, and endpoints that use its secret.

Asterisk rings a phone because it is a contact of an address of record that the endpoint lists in `aors`, and admits it
because it knows a secret that the endpoint lists in `auth`. Both lists are of any length, and several endpoints may
name the same address or the same secret. `outbound_auth` is another matter: with it Asterisk answers those who ask it
for a secret, so no phone gets in by it. Whoever changes the secret must know of it all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from linecard_asterisk.bulk import where_in


class Account(NamedTuple):
    """An endpoint, the addresses of record that it lists, and the secrets that it lists for those who call it in and
    for itself where it calls out."""

    name: str
    aors: tuple[str, ...]
    auths: tuple[str, ...]
    outbound: tuple[str, ...] = ()


def split_names(text: str | None) -> tuple[str, ...]:
    """The names in a list as Asterisk has it, each once: `1002, 1002-b`."""
    if not text:
        return ()
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


class AccountIndex:
    """What the endpoints among these `accounts` share."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self.accounts: dict[str, Account] = {}
        self._by_aor: dict[str, set[str]] = {}
        self._by_auth: dict[str, set[str]] = {}
        for account in accounts:
            self.accounts.setdefault(account.name, account)
            for aor in account.aors:
                self._by_aor.setdefault(aor, set()).add(account.name)
            for auth in (*account.auths, *account.outbound):
                self._by_auth.setdefault(auth, set()).add(account.name)

    def find_devices(self, extension: str, aors: Iterable[str]) -> tuple[str, ...]:
        """The other endpoints whose phones ring with an extension that lists these addresses of record."""
        found = {name for aor in aors for name in self._by_aor.get(aor, ()) if name != extension}
        return tuple(sorted(found)) if found else ()

    def find_users(self, auth: str) -> Collection[str]:
        """The endpoints that list a secret."""
        return self._by_auth.get(auth, ())


def read_accounts(connection: sa.Connection, endpoints: sa.Table) -> Iterator[Account]:
    """Every endpoint of the table."""
    yield from map(_make_account, connection.execute(sa.select(*_account_columns(endpoints))))


def read_related_accounts(
    connection: sa.Connection, endpoints: sa.Table, lists: Mapping[str, tuple[str, ...]]
) -> Iterator[Account]:
    """Every endpoint that may share something with these, given by name with all that they list.

    An endpoint that names nothing but itself shares only with those that name it. The others are found by looking at
    all endpoints, once for any number of extensions: no index helps with lists.
    """
    c = endpoints.c
    odd = [c.aors != c.id, c.auth != c.id]
    if "outbound_auth" in c:
        odd.append(c.outbound_auth != "")
    query = sa.select(*_account_columns(endpoints))
    yield from map(_make_account, connection.execute(query.where(sa.or_(*odd))).all())
    named = {name for extension, listed in lists.items() for name in listed if name != extension}
    for some in where_in(connection, c.id, named):
        yield from map(_make_account, connection.execute(query.where(some)).all())


def _account_columns(endpoints: sa.Table) -> list[Any]:
    c = endpoints.c
    return [c.id, c.aors, c.auth, c.outbound_auth if "outbound_auth" in c else sa.literal(None, sa.Text)]


def _make_account(row: Any) -> Account:
    name, aors, auths, outbound = row
    return Account(name, split_names(aors), split_names(auths), split_names(outbound))
