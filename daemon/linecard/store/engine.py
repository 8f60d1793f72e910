"""The connection to the state database: SQLite in WAL mode."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from linecard.infrastructure.sqlite import create_sqlite_engine

BUSY_TIMEOUT = 5.0
PRAGMAS = {
    "journal_mode": "WAL",
    # In pages of 4 KiB, eight times the usual. A page of changes is written when they are planned, sent and done, and
    # copied from the log into the database anew whenever the log was full in between.
    "wal_autocheckpoint": "8192",
}


def create_engine(path: Path, *, foreign_keys: bool = True) -> sa.Engine:
    """An engine for a state database in a file."""
    return create_sqlite_engine(
        sa.URL.create("sqlite", database=str(path)),
        busy_timeout=BUSY_TIMEOUT,
        pragmas={**PRAGMAS, "foreign_keys": "ON" if foreign_keys else "OFF"},
    )
