"""The database: opened, its tables looked at, and its troubles put into words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from linecard.api import create_sqlite_engine
from linecard.api.backend import BackendError
from linecard_asterisk.freepbx import find_freepbx
from linecard_asterisk.options import AsteriskOptions

DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
EXTRAS = {"psycopg": "postgresql", "pymysql": "mariadb"}

_EXISTING = "Check `tables`; `linecard doctor` compares the database with what linecard needs."


class Pending(IntFlag):
    """What is still to be done for an extension when the tables have it all."""

    PHONE = 1
    """Its contacts in Asterisk's own database are to go, its secret is to be handed over or withdrawn."""
    MESSAGES = 2
    """The leaver's messages."""
    FILES = 4
    """The files that Asterisk includes."""
    STATE = 16
    """Asterisk does not know the state of its phone yet: the endpoint is new to it."""
    MOMENT = 8
    """A phone may be registering with the old secret at this very moment: its contact goes when that has ended."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The administrator's tables as they are in the database, and linecard's own."""

    endpoints: sa.Table
    auths: sa.Table
    aors: sa.Table
    contacts: sa.Table | None
    voicemail: sa.Table | None
    numbers: sa.Table
    links: sa.Table
    queue_members: sa.Table | None = None


def define_links(name: str, metadata: sa.MetaData) -> sa.Table:
    """linecard's own table: one row for each extension that it has made or taken.

    `made` says that the endpoint came from the template. `secret` waits to be handed over. `unsettled`
    is what is `Pending` to be done that a table cannot do.
    """
    schema, bare = split_name(name)
    return sa.Table(
        bare,
        metadata,
        sa.Column("extension", sa.String(32), primary_key=True),
        sa.Column("member", sa.String(320), index=True),
        sa.Column("number", sa.String(20)),
        sa.Column("made", sa.SmallInteger, nullable=False),
        sa.Column("secret", sa.String(80)),
        sa.Column("unsettled", sa.SmallInteger, nullable=False, index=True),
        schema=schema,
    )


def define_numbers(options: AsteriskOptions, metadata: sa.MetaData) -> sa.Table:
    """The table of numbers, where the administrator has none: Asterisk's own schema has no such table."""
    schema, bare = split_name(options.tables.numbers)
    number = sa.Column(options.columns.number, sa.String(20), primary_key=True)
    extension = sa.Column(options.columns.extension, sa.String(32), nullable=False, index=True)
    return sa.Table(bare, metadata, number, extension, schema=schema)


def create_engine(options: AsteriskOptions, folder: Path, environ: Mapping[str, str]) -> sa.Engine:
    """An engine for the database that the options name. Nothing is opened yet.

    On SQLite a connection waits its turn before it writes; see `write=False`. Raises `ConfigError` when the
    password is not where it is said to be, `BackendError` when the driver is not installed.
    """
    url = sa.engine.make_url(options.url)
    name = url.get_backend_name()
    if name == "sqlite":
        url = url.set(database=str(folder / (url.database or "asterisk.sqlite3")))
        return create_sqlite_engine(url, busy_timeout=options.busy_timeout, pragmas={})
    if url.drivername in DRIVERS:
        url = url.set(drivername=DRIVERS[url.drivername])
    if options.password is not None:
        url = url.set(password=options.password.reveal(folder, environ))
    waiting = {"connect_timeout": max(2, int(options.busy_timeout))}
    try:
        return sa.create_engine(url, connect_args=waiting, pool_pre_ping=True, hide_parameters=True)
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(error.name or "", "")
        remedy = f"pip install 'linecard[{extra}]'" if extra else f"pip install {error.name}"
        raise BackendError(f"The driver {error.name} is not installed.", remedy=remedy) from error


def reflect_tables(engine: sa.Engine, options: AsteriskOptions) -> Tables:
    """The tables as they are; linecard's own, and that of numbers, are made if they are missing.

    Raises `sqlalchemy.exc.SQLAlchemyError`."""
    metadata = sa.MetaData()
    names = used_tables(options)
    with engine.connect().execution_options(write=False) as connection:
        there = read_columns(sa.inspect(connection), {*names.values(), options.tables.links})
    found: dict[str, sa.Table] = {}
    for key, name in names.items():
        schema, bare = split_name(name)
        if name in there:
            found[key] = sa.Table(bare, metadata, *_typed_columns(there[name]), schema=schema)
        elif key == "numbers" and options.dialplan is None:
            found[key] = define_numbers(options, metadata)
        else:
            raise sa.exc.NoSuchTableError(name)
    links = define_links(options.tables.links, metadata)
    missing = [table for table in (links, found["numbers"]) if table.fullname not in there]
    if missing:
        metadata.create_all(engine, tables=missing, checkfirst=True)
    return Tables(contacts=found.pop("contacts", None), voicemail=found.pop("voicemail", None), links=links, **found)


def used_tables(options: AsteriskOptions) -> dict[str, str]:
    """The administrator's tables that are used, by what they are for."""
    keys = ("endpoints", "auths", "aors", "contacts", "voicemail", "numbers", "queue_members")
    return {key: name for key in keys if (name := getattr(options.tables, key)) is not None}


def read_columns(inspector: sa.Inspector, names: Collection[str]) -> dict[str, list[Any]]:
    """The columns of those of these tables that exist. In one question for each schema: a table at a time is slow."""
    found: dict[str, list[Any]] = {}
    for schema in {split_name(name)[0] for name in names}:
        bare = {split_name(name)[1]: name for name in names if split_name(name)[0] == schema}
        kinds = sa.engine.reflection.ObjectKind.ANY
        there = inspector.get_multi_columns(schema=schema, filter_names=list(bare), kind=kinds)
        found |= {bare[name]: listed for (_, name), listed in there.items() if listed}
    return found


def split_name(name: str) -> tuple[str | None, str]:
    """Schema and table."""
    schema, _, bare = name.rpartition(".")
    return schema or None, bare


def define_table(name: str, listed: list[Any]) -> sa.Table:
    """A table of these columns, as `read_columns` found them."""
    schema, bare = split_name(name)
    return sa.Table(bare, sa.MetaData(), *_typed_columns(listed), schema=schema)


def _typed_columns(listed: list[Any]) -> Iterator[sa.Column[Any]]:
    """Names and types: nothing else of them matters to whoever writes rows."""
    return (sa.Column(column["name"], column["type"]) for column in listed)


def create_own_tables(engine: sa.Engine) -> None:
    """Make the tables of which files are made, where they are missing."""
    metadata = sa.MetaData()
    text = sa.Text
    columns = {
        "ps_endpoints": ("id", "context", "aors", "auth", "callerid"),
        "ps_auths": ("id", "auth_type", "username", "password", "md5_cred", "realm"),
        "ps_aors": ("id",),
        "dids": ("e164", "extension"),
    }
    for name, (key, *others) in columns.items():
        sa.Table(name, metadata, sa.Column(key, text, primary_key=True), *(sa.Column(other, text) for other in others))
    metadata.create_all(engine)


@contextmanager
def translate_errors(engine: sa.Engine) -> Iterator[None]:
    """Turn whatever is wrong with the database as a whole into a `BackendError` with a remedy."""
    where = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except sa.exc.NoSuchTableError as error:
        found = find_freepbx(engine)
        if found is not None:
            raise BackendError(f"{where}: {found.message}.", remedy=found.remedy) from error
        raise BackendError(f"{where}: there is no table {error}.", remedy=_EXISTING) from error
    except sa.exc.DBAPIError as error:
        raise BackendError(f"{where}: {describe_error(error)}", remedy=_remedy(error)) from error
    except sa.exc.SQLAlchemyError as error:
        raise BackendError(f"{where}: {error}", remedy=_EXISTING) from error


def describe_error(error: sa.exc.DBAPIError) -> str:
    """What the database itself says, in one line, without the statement and its values."""
    return " ".join(str(error.orig).split("\n")[0].split())


def _remedy(error: sa.exc.DBAPIError) -> str:
    said = str(error.orig).lower()
    if "locked" in said or "busy" in said or "lock timeout" in said:
        return "Another program is writing: let it end, or raise `busy_timeout`."
    if "authentication" in said or "access denied for user" in said:
        return "Check the user in `url`, and `password`."
    if "permission" in said or "denied" in said or "readonly" in said:
        return "Give linecard's database user the right to read and change these tables."
    if "no such" in said or "does not exist" in said or "unknown column" in said:
        return _EXISTING
    return "Check that the database is up and that `url` names it."
