"""Many rows with few statements, in each database's own way.

A list of a thousand names costs PostgreSQL and SQLite more to parse than to look up; one array, or one JSON list, costs
next to nothing. PostgreSQL also takes rows as arrays, a column each, in a third of the time of a statement for each.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import count, islice
from typing import Any, TypeVar

import sqlalchemy as sa

Row = dict[str, Any]
T = TypeVar("T")
CHUNK = 500
"""Names in a plain list."""
MANY = 5000
"""Names, or rows, in an array."""
TOGETHER = 100
"""Rows in one statement."""
FEW = 20
"""Rows for which arrays are not worth their trouble."""


def among(
    connection: sa.Connection, column: sa.Column[Any], names: Collection[str]
) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions that together say that a column has one of these names, each for some of them.

    In order, so that two writers lock rows in the same order.
    """
    dialect = connection.dialect.name
    for some in _portions(sorted(names), CHUNK if dialect not in {"postgresql", "sqlite"} else MANY):
        if dialect == "postgresql":
            yield column == sa.any_(sa.bindparam(None, some, sa.ARRAY(sa.Text)))
        elif dialect == "sqlite":
            yield column.in_(sa.select(sa.func.json_each(json.dumps(some)).table_valued("value").c.value))
        else:
            yield column.in_(some)


def rows_of(names: Collection[str]) -> Iterator[sa.TableValuedAlias]:
    """Names as the column `value` of a table that SQLite makes of them, some at a time."""
    for some in _portions(sorted(names), MANY):
        yield sa.func.json_each(json.dumps(some)).table_valued("value")


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row], **same: Any) -> None:
    """Insert rows, all of which have the same columns; and the `same` values in others."""
    dialect = connection.dialect.name
    if len(rows) < FEW or dialect not in {"postgresql", "sqlite"}:
        if rows:
            connection.execute(sa.insert(table), [same | row for row in rows])
        return
    if dialect == "sqlite":
        _together(connection, table, rows, same)
        return
    for some in _portions(rows, MANY):
        names = list(some[0])
        given = _arrays(some, names)
        values = {name: sa.cast(given.c[f"c{n}"], table.c[name].type) for n, name in enumerate(names)}
        values |= {
            name: sa.cast(sa.literal(None if value is None else str(value), sa.Text), table.c[name].type)
            for name, value in same.items()
        }
        connection.execute(sa.insert(table).from_select(list(values), sa.select(*values.values())))


def _together(connection: sa.Connection, table: sa.Table, rows: Sequence[Row], same: Row) -> None:
    """A hundred rows in one statement, in which the same values stand once: SQLite takes each row in half the time.

    They are text and numbers, which no type has to look at one by one.
    """
    quoted = connection.dialect.identifier_preparer
    names = list(rows[0])
    into = ", ".join(quoted.quote(name) for name in (*same, *names))
    once = [f"?{n}" for n in range(1, len(same) + 1)]

    @cache
    def statement(size: int) -> str:
        number = count(len(same) + 1)
        groups = ("(" + ", ".join([*once, *(f"?{next(number)}" for _ in names)]) + ")" for _ in range(size))
        return f"INSERT INTO {quoted.format_table(table)} ({into}) VALUES {', '.join(groups)}"

    for some in _portions(rows, TOGETHER):
        given = [row[name] for row in some for name in names]
        connection.exec_driver_sql(statement(len(some)), (*same.values(), *given))


def update(
    connection: sa.Connection, table: sa.Table, key: str, rows: Sequence[Row], *where: sa.ColumnElement[bool]
) -> None:
    """Set the columns of each row whose `key` column has its `key`; all rows have the same columns."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "key"]
    if connection.dialect.name != "postgresql" or len(rows) < FEW:
        values: Row = {name: sa.bindparam(f"new_{name}") for name in names}
        statement = sa.update(table).where(table.c[key] == sa.bindparam("old_key"), *where).values(values)
        renamed = [{"old_key" if n == "key" else f"new_{n}": value for n, value in row.items()} for row in rows]
        connection.execute(statement, renamed)
        return
    for some in _portions(rows, MANY):
        given = _arrays(some, ["key", *names])
        new = {name: sa.cast(given.c[f"c{n}"], table.c[name].type) for n, name in enumerate(names, start=1)}
        connection.execute(sa.update(table).where(table.c[key] == given.c.c0, *where).values(new))


def _arrays(rows: Sequence[Row], names: Sequence[str]) -> sa.TableValuedAlias:
    """Rows as a table of text with the columns c0, c1 and so on."""
    columns = [
        sa.bindparam(None, [None if row[name] is None else str(row[name]) for row in rows], sa.ARRAY(sa.Text))
        for name in names
    ]
    labels = (sa.column(f"c{n}", sa.Text) for n in range(len(names)))
    return sa.func.unnest(*columns).table_valued(*labels).render_derived()


def _portions(things: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(things)
    while some := list(islice(source, size)):
        yield some
