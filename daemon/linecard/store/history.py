"""History: what came of the files of some inboxes, as a digest looks back on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from linecard.model.outcome import FINE
from linecard.model.run import State
from linecard.rules import states
from linecard.store.outbox import ARCHIVE
from linecard.store.store import Store
from linecard.store.tables import drop, outbox, row, run


class Past(NamedTuple):
    """A run that has ended, and the attempt that its rows are of."""

    id: int
    inbox: str
    file: str
    at: datetime
    state: State
    counts: Mapping[str, int]
    attempt: int
    filed: str


_FILED = (
    sa.select(outbox.c.where)
    .where(outbox.c.run_id == run.c.id, outbox.c.kind.startswith(f"{ARCHIVE}:"), outbox.c.delivered.is_not(None))
    .order_by(outbox.c.id.desc())
    .limit(1)
    .scalar_subquery()
)


def list_ended(store: Store, inboxes: Collection[str], begins: datetime, ends: datetime) -> list[Past]:
    """Runs of these inboxes that came to their end from `begins` until before `ends`, the oldest first."""
    filed = _FILED.label("filed")
    query = (
        sa.select(run.c.id, run.c.inbox, drop.c.name, run.c.changed, run.c.state, run.c.counts, run.c.attempt, filed)
        .join(drop, drop.c.id == run.c.drop_id)
        .where(run.c.inbox.in_(sorted(inboxes)), run.c.state.in_(sorted(states.FINAL)))
        .where(run.c.changed >= begins, run.c.changed < ends)
        .order_by(run.c.changed, run.c.id)
    )
    with store.snapshot() as connection:
        return [
            Past(r.id, r.inbox, r.name, r.changed, State(r.state), r.counts, r.attempt, r.filed or "")
            for r in connection.execute(query)
        ]


def resolved_rows(
    store: Store, past: Past, members: Collection[str], extensions: Collection[str]
) -> list[tuple[str, str, str]]:
    """Member, PBX and extension of the rows of a run that are as they should be and name one of these."""
    query = sa.select(row.c.member, row.c.pbx, row.c.extension).where(
        row.c.run_id == past.id,
        row.c.attempt == past.attempt,
        row.c.outcome.in_(sorted(FINE)),
        sa.or_(row.c.member.in_(sorted(members)), row.c.extension.in_(sorted(extensions))),
    )
    with store.snapshot() as connection:
        return [(r.member, r.pbx, r.extension) for r in connection.execute(query)]
