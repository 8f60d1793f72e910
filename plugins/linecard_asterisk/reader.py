"""What the tables hold, as linecard's entries: endpoints, who holds them by linecard's own table, and their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from linecard.api.backend import VACANT, Entry, Holding, Scope, sorted_numbers
from linecard_asterisk.bulk import tabulate_names, where_in
from linecard_asterisk.convert import is_extension, parse_number
from linecard_asterisk.database import Tables
from linecard_asterisk.numbers import Numbers
from linecard_asterisk.options import AsteriskOptions


class Endpoint(NamedTuple):
    """An endpoint as the administrator's table has it."""

    context: str | None
    auth: str | None
    aors: str | None = None


class Link(NamedTuple):
    """A row of linecard's own table. `number` is the one that a phone is told of, where there are several."""

    member: str | None
    number: str | None
    made: bool
    unsettled: int
    """What is `Pending`, as the number that it is kept as."""


@dataclass(slots=True)
class Snapshot:
    """What was read of some extensions; `number_of` has, in E.164, also numbers that lead elsewhere."""

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    rings: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def find_holding(self, extension: str) -> Holding:
        """What an extension is. Nobody holds one whose endpoint somebody else took away."""
        link, numbers = self.links.get(extension), self.numbers.get(extension, ())
        if link is None:
            return Holding(None, numbers) if numbers else VACANT
        return Holding(link.member if extension in self.endpoints else None, numbers)


class AsteriskReader:
    """Reads through one connection; consistent if that is in a transaction that sees one moment."""

    def __init__(self, connection: sa.Connection, tables: Tables, options: AsteriskOptions) -> None:
        self._connection, self._tables, self._options = connection, tables, options
        self._numbers = Numbers(tables.numbers, options)

    def read_entries(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope once."""
        names = None if scope.whole else self._find_named(scope)
        if names is not None and self._connection.dialect.name == "sqlite":
            yield from self._read_joined(names, scope)
            return
        yield from self._make_entries(self.read_snapshot(names), scope)

    def _make_entries(self, seen: Snapshot, scope: Scope) -> Iterator[Entry]:
        for extension in dict.fromkeys([*seen.links, *seen.endpoints]):
            if not self.is_ours(extension, seen):
                continue
            held = seen.find_holding(extension)
            named = extension in scope.extensions or held.member in scope.members
            if scope.whole or named or not scope.numbers.isdisjoint(held.numbers):
                yield Entry(extension, *held)

    def is_ours(self, extension: str, seen: Snapshot) -> bool:
        """Whether this is an extension that linecard made, took or may take."""
        if extension in seen.links:
            return True
        endpoint = seen.endpoints.get(extension)
        return endpoint is not None and self._is_adoptable(extension, endpoint.context)

    def _is_adoptable(self, extension: str, context: str | None) -> bool:
        return context in self._options.adoptable and is_extension(extension)

    def read_holders(self, scope: Scope) -> Iterator[str]:
        """Members who hold something: all, or those named."""
        links = self._tables.links
        query = sa.select(links.c.member).where(links.c.member.is_not(None)).distinct()
        if scope.whole:
            yield from self._connection.scalars(query)
            return
        for some in where_in(self._connection, links.c.member, scope.members):
            yield from self._connection.scalars(query.where(some))

    def read_snapshot(
        self, extensions: Collection[str] | None, *, numbers: Iterable[str] = (), lock: bool = False
    ) -> Snapshot:
        """What there is of these extensions (None: of all), and where these numbers lead. `lock`ed until the end."""
        seen = Snapshot()
        links, endpoints, dids = self._tables.links.c, self._tables.endpoints.c, self._numbers
        row: Any = sa.select(links.extension, links.member, links.number, links.made, links.unsettled)
        for name, member, told, made, unsettled in self._select(row, links.extension, extensions, lock=lock):
            seen.links[name] = Link(member, told, bool(made), unsettled)
        row = sa.select(endpoints.id, endpoints.context, endpoints.auth, endpoints.aors)
        for name, context, auth, aors in self._select(row, endpoints.id, extensions, lock=lock):
            seen.endpoints[name] = Endpoint(context, auth, aors)
        led = None if extensions is None else [dids.format_target(name) for name in extensions]
        for stored, target in self._select(dids.query.where(*dids.leads), dids.target, led, lock=lock):
            _add_number(seen, *dids.parse(stored, target))
        for stored, target in self._select(dids.query, dids.number, dids.list_spellings(numbers), lock=lock):
            _add_number(seen, *dids.parse(stored, target))
        return seen

    def _read_joined(self, extensions: Collection[str], scope: Scope) -> Iterator[Entry]:
        """The entries of these extensions, each a row of one statement: half the rows to carry.

        Where one has several numbers, it is looked at more closely.
        """
        links, endpoints, dids = self._tables.links, self._tables.endpoints, self._numbers
        several: set[str] = set()
        for names in tabulate_names(extensions):
            name = names.c.value
            found = (
                names.outerjoin(links, links.c.extension == name)
                .outerjoin(endpoints, endpoints.c.id == name)
                .outerjoin(dids.table, sa.and_(dids.target == dids.target_expression(name), *dids.leads))
            )
            columns = (name, links.c.extension, links.c.member, endpoints.c.id, endpoints.c.context, dids.number)
            rows = self._connection.execute(sa.select(*columns).select_from(found)).cursor.fetchall()
            if len(rows) != len({row[0] for row in rows}):
                again = {name for name, times in Counter(row[0] for row in rows).items() if times > 1}
                rows = [row for row in rows if row[0] not in again]
                several |= again
            for extension, link, member, endpoint, context, stored in rows:
                if link is None and (endpoint is None or not self._is_adoptable(extension, context)):
                    continue
                holder = member if link is not None and endpoint is not None else None
                numbers = (parse_number(stored),) if stored is not None else ()
                named = extension in scope.extensions or holder in scope.members
                if named or not scope.numbers.isdisjoint(numbers):
                    yield Entry(extension, holder, numbers)
        if several:
            yield from self._make_entries(self.read_snapshot(several), scope)

    def _find_named(self, scope: Scope) -> set[str]:
        """The extensions that the scope names, or whose holder or number it names."""
        names = set(scope.extensions)
        links, dids = self._tables.links.c, self._numbers
        for some in where_in(self._connection, links.member, scope.members):
            names.update(self._connection.scalars(sa.select(links.extension).where(some)))
        for some in where_in(self._connection, dids.number, dids.list_spellings(scope.numbers)):
            names.update(dids.parse(*row)[1] for row in self._connection.execute(dids.query.where(some)))
        return names

    def _select(
        self, query: Any, column: sa.Column[Any], names: Collection[str] | None, *, lock: bool
    ) -> Iterator[Any]:
        if lock:
            query = query.with_for_update()
        if names is None:
            yield from self._connection.execute(query).all()
            return
        for some in where_in(self._connection, column, names):
            yield from self._connection.execute(query.where(some)).all()  # a row at a time takes twice as long


def _add_number(seen: Snapshot, number: str, extension: str) -> None:
    seen.rings[number] = extension
    known = seen.numbers.get(extension, ())
    if number not in known:
        seen.numbers[extension] = sorted_numbers((*known, number)) if known else (number,)
