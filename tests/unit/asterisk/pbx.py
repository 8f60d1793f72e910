"""An administrator's tables in an SQLite file, and linecard at work on them."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from integration.asterisk import places, schema
from linecard.api.backend import VACANT, Change, ChangeStatus, Entry, Holding, Result, Scope
from linecard_asterisk.backend import AsteriskBackend
from linecard_asterisk.options import AsteriskOptions

opened: list[AsteriskBackend] = []
"""What a test has opened; conftest closes it."""

ADA, BOB = "ada@example.org", "bob@example.org"


class Pbx:
    """`more` is given to each backend; `options` to all of them. No phone registers here, so nobody waits for one."""

    def __init__(self, folder: Path, made=schema.small, **options) -> None:
        self.folder, self.url = folder, f"sqlite:///{folder / 'realtime.sqlite'}"
        self.engine = places.engine_of(self.url)
        self.metadata = places.prepare(self.engine, made)
        self.options = options
        self._seq = 0

    def backend(self, **more) -> AsteriskBackend:
        given = {"pause": lambda _seconds: None} | more
        opened.append(AsteriskBackend(AsteriskOptions(url=self.url, **self.options), self.folder, **given))
        return opened[-1]

    def endpoints(self, *names: str, **columns: str) -> None:
        with self.engine.begin() as connection:
            places.endpoints(connection, self.metadata, *names, **columns)

    def change(self, extension: str, before=VACANT, after=VACANT) -> Change:
        self._seq += 1
        return Change(self._seq, "hq", extension, held(before), held(after))

    def make(self, *changes: Change, **more) -> list[Result]:
        backend = self.backend(**more)
        try:
            return list(backend.apply(changes))
        finally:
            backend.close()

    def becomes(self, extension: str, before, after, **more) -> None:
        """One change, which is done."""
        (result,) = self.make(self.change(extension, before, after), **more)
        assert result.status is ChangeStatus.DONE, result

    def entries(self) -> dict[str, Holding]:
        backend = self.backend()
        found = {entry.extension: entry.holding for entry in backend.fetch(Scope.everything())}
        backend.close()
        return found

    def rows(self, table: str, **where: str) -> list[dict]:
        found = self.metadata.tables.get(table)
        if found is None:
            found = sa.Table(table, sa.MetaData(), autoload_with=self.engine)
        query = sa.select(found).where(*(found.c[name] == value for name, value in where.items()))
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def row(self, table: str, **where: str) -> dict:
        (row,) = self.rows(table, **where)
        return row

    def put(self, table: str, **row) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.insert(self.metadata.tables[table]), [row])


def held(what: str | Holding | None) -> Holding:
    """A member alone, for short."""
    return what if isinstance(what, Holding) else Holding(what, ())


__all__ = ["ADA", "BOB", "VACANT", "Entry", "Pbx", "held"]
