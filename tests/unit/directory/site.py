"""A directory file, and what tests do with it from both sides: through the backend, and past it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone

from linecard.model.directory import VACANT, Change, Holding, Scope
from linecard_directory.backend import DirectoryBackend

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=1)))
ALL = Scope.everything()


def link(seq, extension, member, numbers=(), *, before=VACANT):
    """The change that gives an extension to a member."""
    return Change(seq, "hq", extension, before, Holding(member, numbers))


def release(seq, extension, before):
    """The change that takes its holder from an extension, which keeps its number."""
    return Change(seq, "hq", extension, before, Holding(None, before.numbers))


class Site:
    """A directory file at `path`; closes its backends in the end."""

    def __init__(self, path):
        self.path = path
        self._backends = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for backend in self._backends:
            backend.close()

    def backend(self, **settings):
        """Another backend on the file."""
        self._backends.append(DirectoryBackend(self.path, **{"clock": lambda: NOON, "busy_timeout": 0, **settings}))
        return self._backends[-1]

    def apply(self, *changes, **settings):
        return list(self.backend(**settings).apply(iter(changes)))

    def held(self):
        """What the file holds, by extension."""
        return {entry.extension: entry[1:] for entry in self.backend().fetch(ALL)}

    def ask(self, sql, *values):
        """Rows of the file, past the backend."""
        with closing(self.connect()) as connection:
            return connection.execute(sql, values).fetchall()

    def connect(self):
        """Somebody else's connection to the file."""
        return sqlite3.connect(self.path, isolation_level=None, timeout=0)
