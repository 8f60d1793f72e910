"""Notices: what is told that is no run's end, kept as it was written, and told once under its name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

import sqlalchemy as sa
from pydantic import TypeAdapter

from linecard.model.alert import Alert
from linecard.model.notice import Notice
from linecard.model.summary import Summary
from linecard.store.store import Store
from linecard.store.tables import notice, outbox

ALERT, DIGEST = "alert", "digest"
"""What letters about an alert and about a summary tell."""


def _digest(sink: str) -> str:
    """What the names of a sink's digests begin with; no sink's name has a colon."""
    return f"digest by {sink}: "


@cache
def _summaries() -> TypeAdapter[Summary]:
    return TypeAdapter(Summary)


class Notices:
    """The notices of a site. What writes needs the connection of a transaction of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def queue_alert(
        self, connection: sa.Connection, name: str, alert: Alert, readers: Iterable[tuple[str, str]]
    ) -> bool:
        """Write letters about an alert to sinks, each with an address or an empty one; False if it was told before."""
        return self._write(connection, name, ALERT, alert._asdict(), readers)

    def last_digest_end(self, sink: str, until: datetime) -> datetime | None:
        """Until when the digests of a sink have told; None where there was none yet.

        One that was written while the clock was ahead of `until` does not count, or the next would be years away.
        """
        query = (
            sa.select(notice.c.facts)
            .where(notice.c.name.startswith(_digest(sink), autoescape=True))
            .order_by(notice.c.id.desc())
        )
        with self._store.snapshot() as connection:
            ends = (datetime.fromisoformat(facts["ends"]) for facts in connection.execute(query).scalars())
            return next((end for end in ends if end <= until), None)

    def start_digests(self, connection: sa.Connection, sink: str, ends: datetime) -> None:
        """The first digest of a sink will tell what happens from then on; nobody is told now."""
        name = f"{_digest(sink)}begin {ends.astimezone(UTC).isoformat()}"
        self._write(connection, name, DIGEST, {"ends": ends.isoformat()}, ())

    def queue_digest(
        self,
        connection: sa.Connection,
        sink: str,
        number: int,
        summary: Summary,
        readers: Iterable[tuple[str, str]],
    ) -> bool:
        """Write letters about a summary, the `number`th of its time; False if that was told before."""
        name = f"{_digest(sink)}{summary.ends.astimezone(UTC).isoformat()} {number}"
        return self._write(connection, name, DIGEST, _summaries().dump_python(summary, mode="json"), readers)

    def _write(
        self, connection: sa.Connection, name: str, tells: str, facts: object, readers: Iterable[tuple[str, str]]
    ) -> bool:
        if connection.execute(sa.select(notice.c.id).where(notice.c.name == name)).first() is not None:
            return False
        notice_id = connection.execute(
            sa.insert(notice).values(name=name, at=self._store.now(), tells=tells, facts=facts).returning(notice.c.id)
        ).scalar_one()
        for sink, address in dict.fromkeys(readers):
            kind = f"{sink}:{tells}:{address}" if address else f"{sink}:{tells}"
            connection.execute(sa.insert(outbox).values(notice_id=notice_id, kind=kind))
        return True

    def notice(self, notice_id: int, site: str, timezone: str) -> Notice:
        """What a notice tells, of a site in its time zone."""
        with self._store.snapshot() as connection:
            found = connection.execute(sa.select(notice).where(notice.c.id == notice_id)).one()
        digest = found.tells == DIGEST
        about = _summaries().validate_python(found.facts) if digest else Alert(**found.facts)
        return Notice(about, site, timezone, found.at)

    def prune(self, before: datetime) -> int:
        """Forget notices written before then, unless a letter about one waits; how many."""
        waits = sa.select(outbox.c.notice_id).where(
            outbox.c.notice_id.is_not(None), outbox.c.delivered.is_(None), outbox.c.dropped.is_(None)
        )
        old = sa.select(notice.c.id).where(notice.c.at < before, notice.c.id.not_in(waits))
        with self._store.transaction() as connection:
            found = connection.execute(old).scalars().all()
            connection.execute(sa.delete(outbox).where(outbox.c.notice_id.in_(found)))
            connection.execute(sa.delete(notice).where(notice.c.id.in_(found)))
        return len(found)
