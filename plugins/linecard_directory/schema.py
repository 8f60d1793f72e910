"""The tables of a directory file, and whether a file is one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from linecard.api.backend import BackendError

APPLICATION_ID = 0x4C6E6364  # "Lncd": keeps us from writing into another program's database
VERSION = 2
"""`PRAGMA user_version` of the tables below."""

FURTHER = (
    """
    CREATE TABLE further_numbers (
      number TEXT NOT NULL PRIMARY KEY
        CONSTRAINT e164 CHECK (
          number GLOB '+[1-9][0-9]*' AND substr(number, 2) NOT GLOB '*[^0-9]*' AND length(number) <= 16
        ),
      extension TEXT NOT NULL REFERENCES extensions (extension)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX further_numbers_by_extension ON further_numbers (extension)",
    """
    CREATE TRIGGER further_number_in_use BEFORE INSERT ON further_numbers
    WHEN EXISTS (SELECT 1 FROM extensions WHERE number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'the number is on an extension'); END
    """,
    """
    CREATE TRIGGER number_in_use BEFORE INSERT ON extensions
    WHEN EXISTS (SELECT 1 FROM further_numbers WHERE number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'the number is on an extension'); END
    """,
    """
    CREATE TRIGGER other_number_in_use BEFORE UPDATE OF number ON extensions
    WHEN NEW.number IS NOT OLD.number AND EXISTS (SELECT 1 FROM further_numbers WHERE number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'the number is on an extension'); END
    """,
)
"""The second number of an extension and all others, besides the first, which stands with the extension itself. Since
version 2. No number stands twice, in one table or in both."""

TABLES = (
    """
    CREATE TABLE members (
      login TEXT NOT NULL PRIMARY KEY CONSTRAINT lower_case CHECK (login <> '' AND login = lower(login))
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE extensions (
      extension TEXT NOT NULL PRIMARY KEY
        CONSTRAINT short_number CHECK (length(extension) BETWEEN 1 AND 32 AND extension NOT GLOB '*[^0-9*#]*'),
      member TEXT REFERENCES members (login),
      number TEXT UNIQUE
        CONSTRAINT e164 CHECK (
          number GLOB '+[1-9][0-9]*' AND substr(number, 2) NOT GLOB '*[^0-9]*' AND length(number) <= 16
        )
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX extensions_by_member ON extensions (member)",
    """
    CREATE TABLE operations (
      id INTEGER PRIMARY KEY,
      at TEXT NOT NULL,
      extension TEXT NOT NULL,
      before_member TEXT,
      before_number TEXT,
      after_member TEXT,
      after_number TEXT
    ) STRICT
    """,
    """
    CREATE TRIGGER operations_are_not_altered BEFORE UPDATE ON operations
    BEGIN SELECT RAISE(ABORT, 'operations are only ever added'); END
    """,
    """
    CREATE TRIGGER operations_are_not_deleted BEFORE DELETE ON operations
    BEGIN SELECT RAISE(ABORT, 'operations are only ever added'); END
    """,
    *FURTHER,
)


def prepare_tables(connection: sqlite3.Connection, path: object) -> None:
    """Make the tables if the file is empty, and those that an earlier version did not have.

    Raises `BackendError` if it is not ours or of a later version.
    """
    if _read_version(connection, path) == VERSION:
        return
    with transaction(connection):
        found = _read_version(connection, path)
        if found == VERSION:  # another process was quicker
            return
        for statement in FURTHER if found else TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={VERSION}")


def _read_version(connection: sqlite3.Connection, path: object) -> int:
    """The version of the tables; 0 for a file that has none."""
    # One statement, for another process may be making the tables between two.
    owner, version, tables = connection.execute(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) "
        "FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if owner != APPLICATION_ID and (owner or version or tables):
        raise BackendError(f"{path} belongs to another program.", remedy="Give this PBX a `path` of its own.")
    if version > VERSION:
        raise BackendError(
            f"{path} was written by a later linecard (tables of version {version}, known is {VERSION}).",
            remedy="Install that version of linecard, or a later one.",
        )
    return int(version)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write whole or not at all. Waits for another writer at the beginning, never half-way."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        raise
