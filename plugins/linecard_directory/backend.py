"""The backend: a directory file as a PBX."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from linecard.api import Context
from linecard.api.backend import Can, Change, Entry, Result, Scope
from linecard_directory.file import connect, translate_errors
from linecard_directory.options import DirectoryOptions
from linecard_directory.reader import read_entries, read_logins
from linecard_directory.writer import Clock, DirectoryWriter

GROUP = 10000
"""Changes made in one transaction: as many are taken before the first result is given.

People and numbers come in no order, so each change touches pages of its own; the more changes share a commit, the
fewer of these pages are written twice.
"""

_ROOM = {"cache_size": -131072, "wal_autocheckpoint": 32768}
"""For the same reason the writer has 128 MiB for each (in KiB, and in pages of 4 KiB) instead of the usual 2 and 4."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def build(options: DirectoryOptions, context: Context) -> DirectoryBackend:
    return DirectoryBackend(
        context.site.folder / options.path,
        create_members=options.create_members,
        create_extensions=options.create_extensions,
        busy_timeout=options.busy_timeout,
        clock=context.now,
    )


class DirectoryBackend:
    """A PBX kept in an SQLite file.

    The file is opened when first needed. One connection writes; each read has its own, in a transaction, so that
    it sees the directory as it was at one moment, whatever is written while it streams. The backend may be used
    from any thread, but two calls of `apply` must not overlap. `busy_timeout` is in seconds; `clock` gives the
    aware time that operations bear.
    """

    def __init__(
        self,
        path: Path,
        *,
        create_members: bool = True,
        create_extensions: bool = True,
        busy_timeout: float = 5.0,
        clock: Clock = utc_now,
    ) -> None:
        self.path = path
        wishes = {
            Can.SEVERAL: True,
            Can.SEVERAL_NUMBERS: True,
            Can.CREATE_MEMBERS: create_members,
            Can.CREATE_EXTENSIONS: create_extensions,
        }
        self.can: frozenset[Can] = frozenset(word for word, wished in wishes.items() if wished)
        self._busy_timeout, self._clock = busy_timeout, clock
        self._writing: sqlite3.Connection | None = None
        self._reading: set[sqlite3.Connection] = set()

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope, as all of them were when the first was taken."""
        with self._open_snapshot() as connection:
            yield from read_entries(connection, scope)

    def members(self, scope: Scope) -> Iterator[str]:
        """Logins that exist: all, or those named."""
        with self._open_snapshot() as connection:
            yield from read_logins(connection, scope)

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Make the changes in groups of up to `GROUP`, each group committed before its first result is given."""
        source = iter(changes)
        while group := list(islice(source, GROUP)):  # outside the transaction: whoever hands them out may take long
            with translate_errors(self.path):
                # Order (commit): committed before the first result is given. Given first, a kill leaves changes that
                # the journal calls done and the file does not have. Shown by
                # tests/unit/directory/test_backend.py::test_a_group_is_committed_before_its_first_result.
                results = self._open_writer().make_changes(group)
            yield from results

    def close(self) -> None:
        """Close what is open; a read that has not come to its end is cut off."""
        while self._reading:
            self._reading.pop().close()
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def _open_writer(self) -> DirectoryWriter:
        if self._writing is None:
            self._writing = connect(self.path, self._busy_timeout)
            for name, value in _ROOM.items():
                self._writing.execute(f"PRAGMA {name}={value}")
        return DirectoryWriter(
            self._writing,
            create_members=Can.CREATE_MEMBERS in self.can,
            create_extensions=Can.CREATE_EXTENSIONS in self.can,
            clock=self._clock,
        )

    @contextmanager
    def _open_snapshot(self) -> Iterator[sqlite3.Connection]:
        with translate_errors(self.path):
            connection = connect(self.path, self._busy_timeout)
            self._reading.add(connection)
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._reading.discard(connection)
                connection.close()
