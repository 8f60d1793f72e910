"""What the directory holds, read as a stream."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from linecard.api import Entry, Scope

CHUNK = 500
"""Names asked for by one query."""

_ENTRIES = "SELECT extension, member, number FROM extensions"


def entries(connection: sqlite3.Connection, scope: Scope) -> Iterator[Entry]:
    """Each extension of the scope once. Consistent if the connection is in a transaction."""
    if scope.whole:
        yield from map(Entry._make, connection.execute(_ENTRIES))
        return
    yield from _where(connection, "extension", scope.extensions)
    for entry in _where(connection, "member", scope.members):
        if entry.extension not in scope.extensions:
            yield entry
    for entry in _where(connection, "number", scope.numbers):
        if entry.extension not in scope.extensions and entry.member not in scope.members:
            yield entry


def logins(connection: sqlite3.Connection, scope: Scope) -> Iterator[str]:
    """Members that exist: all, or those that the scope names."""
    if scope.whole:
        yield from (login for (login,) in connection.execute("SELECT login FROM members"))
        return
    for some in _chunks(scope.members):
        found = connection.execute(f"SELECT login FROM members WHERE login IN ({_marks(some)})", some)
        yield from (login for (login,) in found)


def _where(connection: sqlite3.Connection, column: str, names: Collection[str]) -> Iterator[Entry]:
    for some in _chunks(names):
        yield from map(Entry._make, connection.execute(f"{_ENTRIES} WHERE {column} IN ({_marks(some)})", some))


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    source = iter(names)
    while some := list(islice(source, CHUNK)):
        yield some


def _marks(names: Collection[str]) -> str:
    return ", ".join("?" * len(names))
