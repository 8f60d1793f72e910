"""Files taken from inboxes: intended before they are touched, and remembered until they were parted with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from linecard.ports.inbox import Listing
from linecard.rules import states
from linecard.store.store import Store
from linecard.store.tables import claim, run


class Claim(NamedTuple):
    """One file that linecard took or was about to take.

    `path` is where its drop is kept, below the archive. `run_id` is there once it is kept; `taken` is the version
    that was kept, and `whole` whether all of it was.
    """

    id: str
    seen: Listing
    path: str
    run_id: int | None = None
    taken: str = ""
    whole: bool = True


class KnownFiles(NamedTuple):
    """Files that stay where they are, by name.

    Those in `taking` are claimed and not kept yet; of `taken` ones the version tells whether it is the same still.
    `ended` are the names by claim of files whose runs are forgotten: they matter only while they are listed.
    """

    taking: frozenset[bytes]
    taken: frozenset[tuple[bytes, str]]
    ended: dict[str, bytes]

    def includes(self, seen: Listing) -> bool:
        return seen.name in self.taking or (seen.name, seen.version) in self.taken


_OPEN = sa.and_(claim.c.run_id.is_(None), claim.c.settled.is_(None))


class Claims:
    """The claims of one inbox."""

    def __init__(self, store: Store, inbox: str) -> None:
        self._store, self._inbox = store, inbox

    def record_intent(self, connection: sa.Connection, claims: Iterable[Claim], *, stays: bool = False) -> None:
        """Write down that these files are about to be claimed, and whether they stay where they are."""
        values = [
            {
                "id": c.id,
                "inbox": self._inbox,
                "name": c.seen.name,
                "marker": c.seen.marker,
                "checksum": c.seen.checksum,
                "size": c.seen.size,
                "version": c.seen.version,
                "modified": c.seen.modified,
                "path": c.path,
                "stays": stays,
                "owner": c.seen.owner,
            }
            for c in claims
        ]
        if values:
            connection.execute(sa.insert(claim), values)

    def list_untaken(self) -> list[Claim]:
        """Claims whose file is not kept yet, in the order in which the files were modified."""
        return self._select(_OPEN)

    def known_files(self) -> KnownFiles:
        """What need not be claimed of files that stay: what is being taken, and what was, even if long ago."""
        query = sa.select(claim.c.id, claim.c.name, claim.c.version, claim.c.run_id, claim.c.settled)
        taking, taken, ended = set(), set(), {}
        with self._store.snapshot() as connection:
            for c in connection.execute(query.where(claim.c.inbox == self._inbox, claim.c.stays)):
                if c.run_id is None and c.settled is None:
                    taking.add(c.name)
                    continue
                taken.add((c.name, c.version))
                if c.run_id is None:
                    ended[c.id] = c.name
        return KnownFiles(frozenset(taking), frozenset(taken), ended)

    def list_unsettled(self, run_id: int | None = None) -> list[Claim]:
        """Claims whose run (this one, or any) has ended and whose file was not parted with yet."""
        # Asked for each claim, of which few are open: a list of all runs that ever ended would grow from year to year.
        ended = sa.exists().where(run.c.id == claim.c.run_id, run.c.state.in_(sorted(states.FINAL)))
        query = [claim.c.settled.is_(None), ended]
        return self._select(*query, *([] if run_id is None else [claim.c.run_id == run_id]))

    def _select(self, *where: sa.ColumnElement[bool]) -> list[Claim]:
        query = sa.select(claim).where(claim.c.inbox == self._inbox, *where)
        with self._store.snapshot() as connection:
            found = connection.execute(query.order_by(claim.c.modified, claim.c.name)).all()
        return [_claim(c) for c in found]

    def drop_claims(self, connection: sa.Connection, ids: Iterable[str]) -> None:
        """Of these files nothing was taken: they were gone, or others by then."""
        connection.execute(sa.delete(claim).where(claim.c.id.in_(list(ids)), _OPEN))

    def forget_unlisted(self, connection: sa.Connection, ids: Iterable[str]) -> None:
        """These files stayed for longer than their runs were remembered, and are there no more."""
        gone = claim.c.run_id.is_(None), claim.c.settled.is_not(None)
        connection.execute(sa.delete(claim).where(claim.c.id.in_(list(ids)), *gone))

    def update_listing(self, connection: sa.Connection, claim_id: str, seen: Listing) -> None:
        """The claimed file was still being written: what it looks like now."""
        connection.execute(sa.update(claim).where(claim.c.id == claim_id).values(size=seen.size, version=seen.version))

    def mark_taken(self, connection: sa.Connection, claim_id: str, run_id: int, taken: str, *, whole: bool) -> None:
        """The file is kept, and this run began with it."""
        connection.execute(
            sa.update(claim).where(claim.c.id == claim_id).values(run_id=run_id, taken=taken, whole=whole)
        )

    def mark_settled(self, connection: sa.Connection, claim_id: str) -> None:
        """The file was parted with."""
        connection.execute(sa.update(claim).where(claim.c.id == claim_id).values(settled=self._store.now()))


def _claim(found: Any) -> Claim:
    seen = Listing(found.name, found.size, found.version, found.modified, "", found.marker, found.checksum, found.owner)
    return Claim(found.id, seen, found.path, found.run_id, found.taken, found.whole)
