"""The archive of reports as the memory knows it: which runs have one, and in which month it lies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from linecard.store.outbox import ARCHIVE
from linecard.store.store import Store
from linecard.store.tables import UTCDateTime, drop, outbox, run


class ArchiveMonth(NamedTuple):
    """The reports of one month: how many, and when the last of them was filed."""

    month: str
    reports: int
    last: datetime


class FiledRun(NamedTuple):
    """A run whose report was filed."""

    id: int
    created: datetime
    inbox: str
    file: str
    description: str
    state: str
    counts: dict[str, int]


_FILED = sa.and_(
    outbox.c.run_id == run.c.id,
    outbox.c.delivered.is_not(None),
    outbox.c.kind.startswith(f"{ARCHIVE}:"),
    outbox.c.where != "",
)
_YEAR, _MONTH = sa.extract("year", run.c.created), sa.extract("month", run.c.created)


def list_months(store: Store) -> list[ArchiveMonth]:
    """Each month (UTC) in which a run began whose report is filed, the newest first."""
    query = (
        sa.select(
            _YEAR,
            _MONTH,
            sa.func.count(run.c.id.distinct()),
            sa.func.max(outbox.c.delivered, type_=UTCDateTime()),
        )
        .select_from(run)
        .join(outbox, _FILED)
        .group_by(_YEAR, _MONTH)
        .order_by(_YEAR.desc(), _MONTH.desc())
    )
    with store.snapshot() as connection:
        return [
            ArchiveMonth(f"{year:04d}/{month:02d}", count, last)
            for year, month, count, last in connection.execute(query)
        ]


def list_filed(store: Store, month: str) -> Iterator[FiledRun]:
    """Runs whose report is filed, the newest first: those that began in a month (UTC) such as 2026/12."""
    year, _, number = month.partition("/")
    begins = datetime.fromisoformat(f"{year}-{number}-01T00:00:00+00:00")
    ends = begins.replace(year=begins.year + begins.month // 12, month=begins.month % 12 + 1)
    query = (
        sa.select(run.c.id, run.c.created, run.c.inbox, drop.c.name, run.c.description, run.c.state, run.c.counts)
        .join(drop, drop.c.id == run.c.drop_id)
        .where(run.c.created >= begins, run.c.created < ends, sa.exists().where(_FILED))
        .order_by(run.c.id.desc())
    )
    with store.snapshot() as connection:
        found: list[Any] = list(connection.execute(query))
    return map(FiledRun._make, found)
