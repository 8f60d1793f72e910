"""Opening SQLite through SQLAlchemy, so that every writer says so at once and what was committed stays."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

    import sqlalchemy as sa


def create_sqlite_engine(url: sa.URL, *, busy_timeout: float, pragmas: Mapping[str, str]) -> sa.Engine:
    """An engine for a database in a file. `busy_timeout` is how many seconds a connection waits for another one.

    The transaction control of Python's sqlite3 is switched off: a writer begins with BEGIN IMMEDIATE, so that it
    waits for another one instead of failing half-way; a connection with the execution option `write=False` reads.
    """
    import sqlalchemy as sa

    engine = sa.create_engine(url, connect_args={"timeout": busy_timeout}, hide_parameters=True)
    statements = [f"PRAGMA {name}={value}" for name, value in {**pragmas, "synchronous": "FULL"}.items()]

    @sa.event.listens_for(engine, "connect")
    def set_up_connection(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for statement in statements:
            connection.execute(statement)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get("write", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    _close_late_returns(engine)
    return engine


def _close_late_returns(engine: sa.Engine) -> None:
    """Close what comes back to an engine that was disposed of: a thread or a generator may outlive it.

    SQLAlchemy leaves such a connection to the garbage collector, and the file stays locked until then.
    """
    import sqlalchemy as sa

    disposed = threading.Event()
    sa.event.listen(engine, "engine_disposed", lambda _engine: disposed.set())

    @sa.event.listens_for(engine, "checkin")
    def close_if_late(_connection: sqlite3.Connection | None, record: sa.pool.ConnectionPoolEntry) -> None:
        if disposed.is_set():
            record.close()
