"""The database connection: on SQLite WAL, synchronous=FULL, and every writer says so at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": "5000",
    # In pages of 4 KiB, eight times the usual. A page of changes is written when they are planned, sent and done, and
    # copied from the log into the database anew whenever the log was full in between.
    "wal_autocheckpoint": "8192",
}


def sqlite(path: Path, *, foreign_keys: bool = True) -> sa.Engine:
    """An engine for a state database in a file.

    The transaction control of Python's sqlite3 is switched off: a writer begins with BEGIN IMMEDIATE, so that it
    waits for another one instead of failing half-way; a connection with the execution option `write=False` reads.
    """
    engine = sa.create_engine(f"sqlite:///{path}")

    @sa.event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value if name != 'foreign_keys' or foreign_keys else 'OFF'}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get("write", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
