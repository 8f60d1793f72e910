"""Numbers for which a directory has no place, kept in linecard's own state.

A directory has people. What an extension is that nobody holds has no entry in it; and where no attribute is configured
for numbers, it has none of them.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from linecard.api import create_private
from linecard_ldap.errors import DirectoryError

TOGETHER = 500
"""Names in one query."""
_TABLE = """
CREATE TABLE IF NOT EXISTS kept (
  extension TEXT NOT NULL, member TEXT NOT NULL, number TEXT NOT NULL, PRIMARY KEY (extension, member, number)
) WITHOUT ROWID"""


class Kept(NamedTuple):
    """The numbers of an extension, as long as it is this member's, or nobody's. Who holds it, the directory says: what
    is kept for others does not count."""

    extension: str
    member: str | None
    numbers: tuple[str, ...]


class KeptNumbers:
    """A file in the folder of the PBX, made when there is something to keep. May be used from any thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "numbers.sqlite3"

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept."""
        return self._path.exists()

    @contextmanager
    def lock(self, *, alone: bool) -> Iterator[None]:
        """Who takes extensions from people, in several writes, is `alone`; those who read wait until that is done.

        Freed by the kernel however its holder ends. Who may not write to the folder reads without it.
        """
        file = self._path.with_name("changing.lock")
        with ExitStack() as stack:
            try:
                create_private(file)
                handle = stack.enter_context(file.open("r+b"))
            except PermissionError:
                handle = None
            except OSError as error:
                raise DirectoryError(f"{file}: {error.strerror}.", remedy="Check the state folder.") from error
            if handle is not None:
                fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield

    def read_some(self, extensions: Collection[str] = (), numbers: Collection[str] = ()) -> list[Kept]:
        """What is kept for these extensions, and for those that have one of these numbers."""
        if not self._path.exists():
            return []
        with self._open() as connection:
            wanted = set(extensions)
            for some in _portions(numbers):
                found = connection.execute(f"SELECT extension FROM kept WHERE number IN ({_marks(some)})", some)
                wanted.update(extension for (extension,) in found)
            rows = [
                row
                for some in _portions(wanted)
                for row in connection.execute(f"SELECT * FROM kept WHERE extension IN ({_marks(some)})", some)
            ]
        return _group(rows)

    def read_all(self) -> list[Kept]:
        if not self._path.exists():
            return []
        with self._open() as connection:
            return _group(connection.execute("SELECT * FROM kept").fetchall())

    def write(self, kept: Iterable[Kept]) -> None:
        """Keep these numbers for these holders, in place of what was kept for them; all or nothing, and durable."""
        rows = list(kept)
        if not rows or not (self._path.exists() or any(one.numbers for one in rows)):
            return
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            ends = [(one.extension, one.member or "") for one in rows]
            connection.executemany("DELETE FROM kept WHERE extension = ? AND member = ?", ends)
            numbers = [(one.extension, one.member or "", number) for one in rows for number in one.numbers]
            connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", numbers)
            connection.execute("COMMIT")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            if not self._path.exists():
                create_private(self._path)
            with closing(sqlite3.connect(self._path, timeout=10.0, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute(_TABLE)
                yield connection
        except (OSError, sqlite3.Error) as error:
            remedy = "Check the state folder; put back a damaged file from the last backup."
            raise DirectoryError(f"{self._path}: {error}.", remedy=remedy) from error


def _portions(names: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(names)
    yield from (ordered[at : at + TOGETHER] for at in range(0, len(ordered), TOGETHER))


def _marks(names: Collection[str]) -> str:
    return ",".join("?" * len(names))


def _group(rows: Iterable[tuple[str, str, str]]) -> list[Kept]:
    found: dict[tuple[str, str], list[str]] = {}
    for extension, member, number in rows:
        found.setdefault((extension, member), []).append(number)
    return [Kept(extension, member or None, tuple(sorted(numbers))) for (extension, member), numbers in found.items()]
