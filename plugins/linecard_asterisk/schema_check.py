"""Whether a database that somebody else made has what linecard needs; nothing is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa

from linecard.api import Alert
from linecard_asterisk import database
from linecard_asterisk.accounts import Account
from linecard_asterisk.freepbx import find_freepbx
from linecard_asterisk.numbers import Numbers
from linecard_asterisk.options import AsteriskOptions
from linecard_asterisk.phone_check import find_bound_extensions

NEEDED = {
    "endpoints": ("id", "aors", "auth", "context", "callerid"),
    "auths": ("id", "auth_type", "username", "password"),
    "aors": ("id",),
    "contacts": ("id", "endpoint"),
    "voicemail": ("context", "mailbox", "password"),
    "queue_members": ("queue_name", "interface"),
    "numbers": (),
}
"""Columns without which linecard cannot work; those of the template and of `columns` come on top."""

WIDE = {("auths", "password"): 24, ("auths", "username"): 4, ("endpoints", "callerid"): 20, ("voicemail", "email"): 40}
"""The least width of columns in which linecard writes."""

_ALEMBIC = "Asterisk's own migrations make it: contrib/ast-db-manage, `alembic -c config.ini upgrade head`."


def find_alerts(
    engine: sa.Engine, options: AsteriskOptions, elsewhere: Collection[Account] = (), freed: Collection[str] = ()
) -> Iterator[Alert]:
    """Missing tables and columns, columns too narrow, keys and indexes without which it is wrong or slow; extensions
    whose holder could not be shut out, and what is told of messages for those that are `freed`."""
    inspector = sa.inspect(engine)
    names = database.used_tables(options)
    there = database.read_columns(inspector, names.values())
    if names["endpoints"] not in there and (freepbx := find_freepbx(engine)) is not None:
        yield freepbx
        return
    complete = True
    for key, name in names.items():
        if name not in there:
            complete = False
            if key != "numbers" or options.dialplan is not None:  # else made on first use
                yield Alert(f"table {name}", f"there is no table {name}", f"Check `tables.{key}`. {_ALEMBIC}")
            continue
        found = {column["name"]: column for column in there[name]}
        missing = [column for column in _needed_columns(key, options) if column not in found]
        complete = complete and not missing
        for column in missing:
            yield Alert(f"table {name}", f"the table {name} has no column {column}", _column_remedy(key, column))
        yield from _find_narrow_columns(key, name, found)
        yield from _find_missing_indexes(inspector, key, name, found, options)
    if complete:
        with engine.connect().execution_options(write=False) as connection:
            yield from find_bound_extensions(connection, options, there, elsewhere, freed)
        if names["numbers"] in there:
            yield from _find_other_spellings(engine, options)


def _needed_columns(key: str, options: AsteriskOptions) -> Iterator[str]:
    yield from NEEDED[key]
    columns, template = options.columns, options.template
    more: dict[str, list[str | None]] = {
        "endpoints": [columns.owner, *template.endpoint],
        "auths": [*template.auth, *(("md5_cred", "realm") if options.as_md5 else ())],
        "aors": [*template.aor, *(("mailboxes",) if options.tables.voicemail else ())],
        "voicemail": [columns.email, columns.fullname, *template.voicemail],
        "numbers": [*_number_columns(options), *(("context", "priority", "app") if options.dialplan else ())],
    }
    yield from (column for column in more.get(key, []) if column is not None and column not in NEEDED[key])


def _column_remedy(key: str, column: str) -> str:
    if key == "contacts":
        return f"Bring the schema up to date, for a leaver's phone is found by it. {_ALEMBIC}"
    if key == "numbers":
        return f"Check `columns`: {column} is expected there."
    return f"Add it, or take it out of `template` or `columns`. {_ALEMBIC}"


def _find_narrow_columns(key: str, name: str, found: dict[str, Any]) -> Iterator[Alert]:
    for (table, column), least in WIDE.items():
        length = getattr(found[column]["type"], "length", None) if table == key and column in found else None
        if length is not None and length < least:
            yield Alert(f"table {name}", f"{name}.{column} holds only {length} characters", f"Make it {least} or more.")


def _find_missing_indexes(
    inspector: sa.Inspector, key: str, name: str, found: dict[str, Any], options: AsteriskOptions
) -> Iterator[Alert]:
    """Keys and indexes by which a few rows of many are found."""
    wanted: dict[str, tuple[str, ...]] = {
        "endpoints": ("id",),
        "auths": ("id",),
        "aors": ("id",),
        "contacts": ("endpoint",),
    }
    number, target = _number_columns(options)
    key_of_numbers = [number] if options.dialplan is None else ["context", number, "priority"]
    wanted["numbers"] = (key_of_numbers[0], target)
    first = _first_columns(inspector, name)
    for column in wanted.get(key, ()):
        if column in found and column not in first:
            yield Alert(
                f"table {name}",
                f"{name}.{column} has no index: each change reads the whole table",
                f"CREATE INDEX ON {name} ({column});",
            )
    if key == "numbers" and number in found and not _is_unique(inspector, name, key_of_numbers):
        key_of_numbers_said = ", ".join(key_of_numbers)
        yield Alert(
            f"table {name}",
            f"{name}.{number} may hold a number twice",
            f"ALTER TABLE {name} ADD UNIQUE ({key_of_numbers_said});",
        )


def _number_columns(options: AsteriskOptions) -> tuple[str, str]:
    """The columns of a number and of where it leads."""
    columns = options.columns
    return (columns.number, columns.extension) if options.dialplan is None else ("exten", "appdata")


def _first_columns(inspector: sa.Inspector, name: str) -> set[str | None]:
    return {columns[0] for columns, _ in _read_keys(inspector, name) if columns}


def _is_unique(inspector: sa.Inspector, name: str, wanted: list[str]) -> bool:
    return any(unique and set(columns) == set(wanted) for columns, unique in _read_keys(inspector, name))


def _read_keys(inspector: sa.Inspector, name: str) -> Iterator[tuple[list[str | None], bool]]:
    """The columns of each key and index, and whether they are unique."""
    schema, bare = database.split_name(name)
    yield [*inspector.get_pk_constraint(bare, schema)["constrained_columns"]], True
    for unique in inspector.get_unique_constraints(bare, schema):
        yield [*unique["column_names"]], True
    for index in inspector.get_indexes(bare, schema):
        yield index["column_names"], bool(index["unique"])


def _find_other_spellings(engine: sa.Engine, options: AsteriskOptions) -> Iterator[Alert]:
    """Numbers that are written in another way than linecard would write them: the dialplan finds one of both."""
    schema, bare = database.split_name(options.tables.numbers)
    columns = (sa.Column(name, sa.Text) for name in _needed_columns("numbers", options))
    dids = Numbers(sa.Table(bare, sa.MetaData(), *columns, schema=schema), options)
    plus = dids.number.startswith("+")
    other = sa.not_(plus) if options.plus else plus
    pattern = dids.number.startswith("_", autoescape=True)
    query = sa.select(sa.func.count()).select_from(dids.table).where(other, sa.not_(pattern), *dids.leads)
    with engine.connect().execution_options(write=False) as connection:
        count = connection.scalar(query)
    if count:
        has, writes = ("without a +", "with it") if options.plus else ("with a +", "without it")
        yield Alert(
            f"table {options.tables.numbers}",
            f"{options.tables.numbers} has numbers {has} in front ({count}); linecard writes them {writes}",
            f"Set `plus: {'false' if options.plus else 'true'}` if the dialplan wants them so; otherwise rewrite them.",
        )
