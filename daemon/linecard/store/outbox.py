"""The outbox: reports on their way, written with the end of their run, and kept until they have arrived."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from linecard.store.store import Store
from linecard.store.tables import UTCDateTime, notice, outbox, run

ARCHIVE = "archive"
"""The sink that files every report below the folder `reports`; every site has it."""


class Item(NamedTuple):
    """One letter: to which sink and address, and what became of it so far.

    It tells of a run or of a notice, whose other number is None: `tells` is the state that the run came to, or the
    kind of the notice. `since` is when that was.
    """

    id: int
    run_id: int | None
    notice_id: int | None
    sink: str
    tells: str
    address: str
    since: datetime
    attempts: int
    due: datetime | None
    problem: str
    delivered: datetime | None
    dropped: datetime | None
    where: str


class Outbox:
    """The letters of a site."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list_due(self, sink: str | None = None, within: timedelta | None = None) -> list[Item]:
        """Letters to be delivered now, the oldest first: to one sink, or to any.

        No letter waits longer than `within`: one that would was put off while the clock was ahead, and is due.
        """
        now = self._store.now()
        is_due = [
            outbox.c.due.is_(None),
            outbox.c.due <= now,
            *([] if within is None else [outbox.c.due > now + within]),
        ]
        return self._select(*self._is_pending(sink), sa.or_(*is_due))

    def list_pending(self, sink: str | None = None) -> list[Item]:
        """Letters that have not arrived and were not given up."""
        return self._select(*self._is_pending(sink))

    def list_given_up(self) -> list[Item]:
        """Letters that were refused for good, or for too long."""
        return self._select(outbox.c.dropped.is_not(None), outbox.c.problem != "")

    def list_all(self) -> list[Item]:
        """Every letter that is remembered, arrived or not."""
        return self._select()

    def _is_pending(self, sink: str | None) -> list[sa.ColumnElement[bool]]:
        waits: list[sa.ColumnElement[bool]] = [outbox.c.delivered.is_(None), outbox.c.dropped.is_(None)]
        return waits if sink is None else [*waits, outbox.c.kind.startswith(f"{sink}:", autoescape=True)]

    def item(self, item_id: int) -> Item | None:
        found = self._select(outbox.c.id == item_id)
        return found[0] if found else None

    def _select(self, *where: sa.ColumnElement[bool]) -> list[Item]:
        query = _LETTER.where(*where).order_by(outbox.c.id)
        with self._store.snapshot() as connection:
            return [_item(found) for found in connection.execute(query)]

    def count_attempt(self, connection: sa.Connection, item_id: int) -> None:
        """A try begins; counted before it, so that one that ends the program counts, too."""
        self._set(connection, item_id, attempts=outbox.c.attempts + 1)

    def mark_delivered(self, connection: sa.Connection, item_id: int, where: str) -> None:
        self._set(connection, item_id, delivered=self._store.now(), where=where, problem="", due=None)

    def mark_failed(self, connection: sa.Connection, item_id: int, problem: str, due: datetime | None) -> None:
        """It did not arrive: tried again when it is `list_due`, or given up where that is None."""
        gone = None if due is not None else self._store.now()
        self._set(connection, item_id, problem=problem, due=due, dropped=gone)

    def discard(self, connection: sa.Connection, item_id: int, why: str) -> None:
        """A person gives it up: it is no trouble any more. Why stands where an address would, had it arrived."""
        self._set(connection, item_id, dropped=self._store.now(), problem="", due=None, where=why)

    def retry(self, connection: sa.Connection, item_id: int) -> None:
        """A person wants it tried now, as if for the first time."""
        self._set(connection, item_id, attempts=0, due=None, dropped=None, problem="", where="")

    def _set(self, connection: sa.Connection, item_id: int, **values: Any) -> None:
        connection.execute(sa.update(outbox).where(outbox.c.id == item_id).values(**values))


_LETTER = (
    sa.select(outbox, sa.func.coalesce(run.c.changed, notice.c.at, type_=UTCDateTime()).label("since"))
    .outerjoin(run, run.c.id == outbox.c.run_id)
    .outerjoin(notice, notice.c.id == outbox.c.notice_id)
)


def _item(found: Any) -> Item:
    sink, tells, *address = found.kind.split(":", 2)
    return Item(
        found.id,
        found.run_id,
        found.notice_id,
        sink,
        tells,
        address[0] if address else "",
        found.since,
        found.attempts,
        found.due,
        found.problem,
        found.delivered,
        found.dropped,
        found.where,
    )
