"""Connections to SQLite outlive nobody."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from linecard.infrastructure.sqlite import create_sqlite_engine


def test_a_connection_that_comes_back_after_the_end_is_closed(tmp_path):
    """A thread that still reads when the site is left, or rows that nobody read to their end."""
    url = sa.URL.create("sqlite", database=str(tmp_path / "late.sqlite3"))
    engine = create_sqlite_engine(url, busy_timeout=1, pragmas={})
    late, early = engine.connect(), engine.connect()
    handles = [connection.connection.dbapi_connection for connection in (late, early)]
    assert late.scalar(sa.text("SELECT 1")) == 1
    early.close()
    engine.dispose()
    assert late.scalar(sa.text("SELECT 2")) == 2
    late.close()
    for handle in handles:
        with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
            handle.execute("SELECT 3")
