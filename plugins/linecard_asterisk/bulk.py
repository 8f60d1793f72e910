"""Many rows with few statements, in each database's own way.

A list of a thousand names costs PostgreSQL and SQLite more to parse than to look up; one array, or one JSON list, costs
next to nothing. PostgreSQL also takes rows as arrays, a column each, in a third of the time of a statement for each.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, TypeVar

import sqlalchemy as sa

Row = dict[str, Any]
"""Values by column."""
Values = tuple[Any, ...]
"""Values of columns that are named elsewhere."""
T = TypeVar("T")
CHUNK = 500
"""Names in a plain list."""
MANY = 5000
"""Names, or rows, in an array."""
TOGETHER = 100
"""Rows in one statement."""
FEW = 20
"""Rows for which arrays are not worth their trouble."""


def where_in(
    connection: sa.Connection, column: sa.Column[Any], names: Collection[str]
) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions that together say that a column has one of these names, each for some of them.

    In order, so that two writers lock rows in the same order.
    """
    dialect = connection.dialect.name
    for some in _split_batches(sorted(names), CHUNK if dialect not in {"postgresql", "sqlite"} else MANY):
        if dialect == "postgresql":
            yield column == sa.any_(sa.bindparam(None, some, sa.ARRAY(sa.Text)))
        elif dialect == "sqlite":
            yield column.in_(sa.select(sa.func.json_each(json.dumps(some)).table_valued("value").c.value))
        else:
            yield column.in_(some)


def tabulate_names(names: Collection[str]) -> Iterator[sa.TableValuedAlias]:
    """Names as the column `value` of a table that SQLite makes of them, some at a time."""
    for some in _split_batches(sorted(names), MANY):
        yield sa.func.json_each(json.dumps(some)).table_valued("value")


def insert_rows(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Values], same: Row | None = None
) -> None:
    """Insert rows of these columns; and the `same` values in all others that are named there."""
    dialect, once = connection.dialect.name, same or {}
    if len(rows) < FEW or dialect not in {"postgresql", "sqlite"}:
        if rows:
            connection.execute(sa.insert(table), [once | dict(zip(names, row, strict=True)) for row in rows])
        return
    if dialect == "sqlite":
        _insert_batches(connection, table, names, rows, once)
        return
    for some in _split_batches(rows, MANY):
        values = _cast(table, names, _unnest(some)) | {
            name: sa.cast(sa.literal(None if value is None else str(value), sa.Text), table.c[name].type)
            for name, value in once.items()
        }
        connection.execute(sa.insert(table).from_select(list(values), sa.select(*values.values())))


def _insert_batches(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Values], same: Row
) -> None:
    """A hundred rows in one statement, in which the same values stand once: SQLite takes each row in half the time.

    They are text and numbers, which no type has to look at one by one. Each has a mark of its own without a number:
    Python 3.14 takes no numbered ones with a sequence.
    """
    quoted = connection.dialect.identifier_preparer
    into = ", ".join(quoted.quote(name) for name in (*same, *names))
    # SQLite calls the columns of VALUES so.
    given = ", ".join([*("?" for _ in same), *(f"column{n}" for n in range(1, len(names) + 1))])
    row = f"({', '.join('?' for _ in names)})"

    @cache
    def statement(size: int) -> str:
        rows = ", ".join([row] * size)
        return f"INSERT INTO {quoted.format_table(table)} ({into}) SELECT {given} FROM (VALUES {rows})"

    for some in _split_batches(rows, TOGETHER):
        connection.exec_driver_sql(statement(len(some)), (*same.values(), *chain.from_iterable(some)))


def update_rows(
    connection: sa.Connection,
    table: sa.Table,
    key: str,
    names: Sequence[str],
    rows: Sequence[Values],
    *where: sa.ColumnElement[bool],
    same: Row | None = None,
) -> None:
    """Set these columns, and others to the `same` values, where `key` is the first value of one of the `rows`."""
    if not rows:
        return
    if connection.dialect.name != "postgresql" or len(rows) < FEW:
        values: Row = {name: sa.bindparam(f"new_{name}") for name in names} | (same or {})
        statement = sa.update(table).where(table.c[key] == sa.bindparam("old_key"), *where).values(values)
        called = ("old_key", *(f"new_{name}" for name in names))
        connection.execute(statement, [dict(zip(called, row, strict=True)) for row in rows])
        return
    for some in _split_batches(rows, MANY):
        given = _unnest(some)
        new = _cast(table, names, given, first=1) | (same or {})
        connection.execute(sa.update(table).where(table.c[key] == given.c.c0, *where).values(new))


def _cast(table: sa.Table, names: Sequence[str], given: sa.TableValuedAlias, first: int = 0) -> Row:
    return {name: sa.cast(given.c[f"c{n}"], table.c[name].type) for n, name in enumerate(names, start=first)}


def _unnest(rows: Sequence[Values]) -> sa.TableValuedAlias:
    """Rows as a table of text with the columns c0, c1 and so on."""
    columns = [
        sa.bindparam(None, [None if value is None else str(value) for value in column], sa.ARRAY(sa.Text))
        for column in zip(*rows, strict=True)
    ]
    labels = (sa.column(f"c{n}", sa.Text) for n in range(len(columns)))
    return sa.func.unnest(*columns).table_valued(*labels).render_derived()


def _split_batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(things)
    while some := list(islice(source, size)):
        yield some
