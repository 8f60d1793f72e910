"""The plans that a run has had, held beside each other."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from linecard.model.outcome import ChangeStatus, Outcome
from linecard.store.journal import PAGE, STORED
from linecard.store.row_codec import Packed
from linecard.store.store import Store
from linecard.store.tables import change, row


class Attempts:
    """The attempts of one run: each is a plan of its own."""

    def __init__(self, store: Store, run_id: int) -> None:
        self._store, self._run = store, run_id

    def first(self) -> int | None:
        """The first attempt of which rows are kept."""
        query = sa.select(sa.func.min(row.c.attempt)).where(row.c.run_id == self._run)
        with self._store.snapshot() as connection:
            return connection.execute(query).scalar()

    def differences(self, old: int, new: int, *, made_by_others: bool) -> Iterator[tuple[Packed, Packed]]:
        """Rows that come to something else in one attempt than in another, as both have them, in file order.

        `made_by_others`: also those that were to be done, and that are so already.
        """
        was, now = row.alias(), row.alias()
        columns = [c.name for c in STORED]
        effects = [name for name in columns if name.startswith(("before_", "after_"))]
        more = was.c.more.is_distinct_from(now.c.more)
        differs = sa.or_(
            was.c.outcome != now.c.outcome,
            was.c.code != now.c.code,
            sa.and_(now.c.outcome == Outcome.REFUSED.value, more),
            sa.and_(
                now.c.outcome == Outcome.DONE.value,
                sa.or_(more, *(was.c[name].is_distinct_from(now.c[name]) for name in effects)),
            ),
        )
        if not made_by_others:
            so_by_now = sa.and_(was.c.outcome == Outcome.DONE.value, now.c.outcome == Outcome.UNCHANGED.value)
            differs = sa.and_(differs, sa.not_(so_by_now))
        query = (
            sa.select(*(c[name] for c in (was.c, now.c) for name in columns))
            .join(now, sa.and_(now.c.run_id == was.c.run_id, now.c.line == was.c.line))
            .where(was.c.run_id == self._run, was.c.attempt == old, now.c.attempt == new, differs)
            .order_by(was.c.line)
        )
        with self._store.snapshot() as connection:
            for found in connection.execution_options(yield_per=PAGE).execute(query):
                yield found[: len(columns)], found[len(columns) :]

    def count_sent(self) -> int:
        """How many of the plans that the run has had were sent, in whole or in part."""
        query = sa.select(sa.func.count(sa.distinct(change.c.attempt))).where(
            change.c.run_id == self._run, change.c.fate != ChangeStatus.PLANNED
        )
        with self._store.snapshot() as connection:
            return int(connection.execute(query).scalar_one())
