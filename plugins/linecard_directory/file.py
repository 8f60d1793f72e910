"""The file on disk: made on first use, opened, and its troubles put into words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linecard.api import create_private
from linecard.api.backend import BackendError
from linecard_directory.schema import prepare_tables

_ANOTHER_WRITER = "Another program is writing to the file: let it end, or raise `busy_timeout`."
_DAMAGED = "Check `path`; if the file is damaged, put back its last backup."
_RIGHTS = "Give the user linecard runs as the right to write to the file and to its folder."
_REMEDIES = {
    sqlite3.SQLITE_BUSY: _ANOTHER_WRITER,
    sqlite3.SQLITE_LOCKED: _ANOTHER_WRITER,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: "Make room on the disk, then run it again.",
    sqlite3.SQLITE_IOERR: "Check the disk and the room left on it.",
    sqlite3.SQLITE_CANTOPEN: "Check that `path` names a file in a folder that linecard may use.",
    sqlite3.SQLITE_READONLY: _RIGHTS,
    sqlite3.SQLITE_PERM: _RIGHTS,
}


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turn whatever is wrong with the file as a whole into a `BackendError` with its path and a remedy."""
    try:
        yield
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the upper bytes say which kind of it
        remedy = _REMEDIES.get(primary, "Check the file with `sqlite3 FILE 'PRAGMA integrity_check'`.")
        raise BackendError(f"{path}: {error}", remedy=remedy) from error
    except OSError as error:
        raise BackendError(f"{path}: {error.strerror}: {error.filename}", remedy=_RIGHTS) from error


def connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """A connection to the directory file, which is made (mode 0600, its folder 0700) if it is not there.

    Transactions are begun by hand. May be handed from thread to thread, never used by two at once. Raises
    `sqlite3.Error`, `OSError` or `BackendError`.
    """
    create_private(path)  # its -wal and -shm files take the mode of the file
    connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        prepare_tables(connection, path)
        connection.execute("PRAGMA journal_mode=WAL")
    except BaseException:
        connection.close()
        raise
    return connection
