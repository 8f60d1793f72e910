"""Directory files with something in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from linecard.model.directory import Scope
from linecard_directory.backend import DirectoryBackend


def filled(path, entries=(), members=()):
    """Make the file and put this into its tables, as somebody who has nothing to do with linecard would."""
    backend = DirectoryBackend(path)
    list(backend.fetch(Scope.everything()))
    backend.close()
    entries = list(entries)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        logins = {*members, *(entry.member for entry in entries)} - {None}
        connection.executemany("INSERT INTO members VALUES (?)", [(login,) for login in logins])
        rows = [(e.extension, e.member, e.numbers[0] if e.numbers else None) for e in entries]
        connection.executemany("INSERT INTO extensions VALUES (?, ?, ?)", rows)
        further = [(number, entry.extension) for entry in entries for number in entry.numbers[1:]]
        connection.executemany("INSERT INTO further_numbers VALUES (?, ?)", further)
        connection.execute("COMMIT")
