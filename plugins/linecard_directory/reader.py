"""What the directory holds, read as a stream."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from linecard.api.backend import Entry, Scope, sorted_numbers

CHUNK = 500
"""Names asked for by one query."""

_ENTRIES = "SELECT extension, member, number FROM extensions"
_FURTHER = "SELECT extension, number FROM further_numbers"

Further = dict[str, tuple[str, ...]]
"""By extension, the numbers that it has besides the first."""


def read_entries(connection: sqlite3.Connection, scope: Scope) -> Iterator[Entry]:
    """Each extension of the scope once. Consistent if the connection is in a transaction."""
    if scope.whole:
        further = _group_further(connection.execute(_FURTHER))
        yield from _make_entries(connection.execute(_ENTRIES), further)
        return
    several = _has_further(connection)
    yield from _select(connection, "extension", scope.extensions, several=several)
    for entry in _select(connection, "member", scope.members, several=several):
        if entry.extension not in scope.extensions:
            yield entry
    for entry in _find_by_number(connection, scope.numbers, several=several):
        if entry.extension not in scope.extensions and entry.member not in scope.members:
            yield entry


def read_logins(connection: sqlite3.Connection, scope: Scope) -> Iterator[str]:
    """Members that exist: all, or those that the scope names."""
    if scope.whole:
        yield from (login for (login,) in connection.execute("SELECT login FROM members"))
        return
    for some in _split_chunks(scope.members):
        found = connection.execute(f"SELECT login FROM members WHERE login IN ({_placeholders(some)})", some)
        yield from (login for (login,) in found)


def _has_further(connection: sqlite3.Connection) -> bool:
    """Whether any extension has a second number: in most directories none has, and none need be looked for."""
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM further_numbers)").fetchone()[0])


def _select(connection: sqlite3.Connection, column: str, names: Collection[str], *, several: bool) -> Iterator[Entry]:
    for some in _split_chunks(names):
        rows = connection.execute(f"{_ENTRIES} WHERE {column} IN ({_placeholders(some)})", some)
        if not several:
            yield from _make_entries(rows, {})
            continue
        found = rows.fetchall()
        names = [extension for extension, _, number in found if number is not None]
        further = _group_further(connection.execute(f"{_FURTHER} WHERE extension IN ({_placeholders(names)})", names))
        yield from _make_entries(found, further)


def _find_by_number(connection: sqlite3.Connection, numbers: Collection[str], *, several: bool) -> Iterator[Entry]:
    """Each extension that one of these numbers rings, once, however many of them do."""
    found: set[str] = set()
    for some in _split_chunks(numbers):
        for table in ("extensions", "further_numbers") if several else ("extensions",):
            query = f"SELECT extension FROM {table} WHERE number IN ({_placeholders(some)})"
            found.update(extension for (extension,) in connection.execute(query, some))
    yield from _select(connection, "extension", found, several=several)


def _group_further(rows: Iterable[tuple[str, str]]) -> Further:
    found: Further = {}
    for extension, number in rows:
        found[extension] = (*found.get(extension, ()), number)
    return found


def _make_entries(rows: Iterable[tuple[str, str | None, str | None]], further: Further) -> Iterator[Entry]:
    if not further:  # in most directories no extension has several
        yield from (Entry(extension, member, () if number is None else (number,)) for extension, member, number in rows)
        return
    for extension, member, number in rows:
        if number is None:
            yield Entry(extension, member)
        elif extension in further:
            yield Entry(extension, member, sorted_numbers((number, *further[extension])))
        else:
            yield Entry(extension, member, (number,))


def _split_chunks(names: Iterable[str]) -> Iterator[list[str]]:
    source = iter(names)
    while some := list(islice(source, CHUNK)):
        yield some


def _placeholders(names: Collection[str]) -> str:
    return ", ".join("?" * len(names))
