"""Opening the memory, and its runs with their events."""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from linecard.errors import StateError, UnknownRun
from linecard.infrastructure.files import create_private
from linecard.model.forecast import PbxForecast
from linecard.model.outcome import ChangeStatus
from linecard.model.run import Affected, Drop, Event, Hold, Run, State
from linecard.rules import states
from linecard.store import engine as engines
from linecard.store import migrate, run_numbers
from linecard.store.tables import HAS_CHANGED, change, claim, drop, event, fault, follower_change, outbox, row, run
from linecard.store.unfinished_restore import refuse_unfinished

Clock = Callable[[], datetime]
Recipients = Callable[[str, State, Mapping[str, int]], Iterable[tuple[str, str]]]
"""To whom a run's end is told, by its inbox, its state and its rows by outcome: sinks by name, each with an address or
an empty one."""

FILE = "linecard.db"
FORGOTTEN = 50
"""Runs that are forgotten in one transaction."""
FOLLOWER_OPEN = (ChangeStatus.PLANNED, ChangeStatus.SENT, ChangeStatus.FAILED)
"""What is said of changes that a follower does not have yet."""
COMPARED = 500
"""Runs of an inbox whose files' names a new one is compared with."""

_BROKEN = (sa.exc.OperationalError, sa.exc.DatabaseError)
"""What says that the world is broken; the other errors of a database say that linecard is."""


def _may_pass(reason: object) -> bool:
    """Whether the state database may be usable later, as when the disk has room again."""
    if isinstance(reason, OSError):
        return reason.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
    primary = getattr(reason, "sqlite_errorcode", 0) & 0xFF  # the upper bytes say which kind of it
    return primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


class Waiting(NamedTuple):
    """A run that waits with nothing done, by the name and the sum of its file."""

    id: int
    name: str
    sha256: str


def _archive_alone(_inbox: str, _state: State, _counts: Mapping[str, int]) -> Iterable[tuple[str, str]]:
    return (("archive", ""),)


class Store:
    """The state database of a site. Every method that writes needs the connection of a `transaction`."""

    def __init__(
        self, engine: sa.Engine, now: Clock, recipients: Recipients = _archive_alone, folder: Path | None = None
    ) -> None:
        self._engine = engine
        self._writing = threading.Lock()
        self.now = now
        self._recipients = recipients
        self.folder = folder
        """The state folder, where it has one."""

    @classmethod
    def open(cls, folder: Path, now: Clock, recipients: Recipients = _archive_alone) -> Store:
        """Open the database below the state folder, made or upgraded where needed. Raises `StateError`."""
        refuse_unfinished(folder)
        path = folder / FILE
        try:
            create_private(path)
            has = migrate.version(path)
            if has is None:
                migrate.upgrade(path)
            elif has != migrate.NEWEST:
                if has > migrate.NEWEST:
                    raise StateError(
                        f"{path} has the schema {has}; this linecard knows {migrate.NEWEST} at the most.",
                        remedy="Run the newer linecard that wrote it.",
                    )
                migrate.upgrade(path)
        except (OSError, sa.exc.DBAPIError) as error:
            reason = getattr(error, "orig", error)
            unusable = StateError(
                f"The state database {path} cannot be opened: {reason}.",
                remedy="Check that the folder exists on a local disk with space left, and that this user may write it.",
            )
            unusable.is_lasting = not _may_pass(reason)
            raise unusable from error
        return cls(engines.create_engine(path), now, recipients, folder)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A transaction that writes: committed at the end, rolled back by an exception.

        The threads of this process queue up for it here, one behind the other; SQLite alone would let them try
        again and again, and now and then one would lose all its tries.
        """
        try:
            with self._writing, self._engine.begin() as connection:
                yield connection
        except sa.exc.DatabaseError as error:
            if type(error) not in _BROKEN:
                raise
            raise StateError(
                f"The state database cannot be written: {error.orig}.",
                remedy="Check the disk space and permissions of the state folder. What was committed before is safe.",
            ) from error

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent state and writes nothing."""
        try:
            with self._engine.connect().execution_options(write=False) as connection:
                yield connection
        except sa.exc.DatabaseError as error:
            if type(error) not in _BROKEN:
                raise
            raise StateError(
                f"The state database cannot be read: {error.orig}.",
                remedy="Check the disk and the permissions of the state folder; replace a damaged file by its backup.",
            ) from error

    # -- runs ------------------------------------------------------------------------------------------------------

    def receive(
        self,
        connection: sa.Connection,
        inbox: str,
        found: Drop,
        *,
        description: str,
        who: str,
        expected: int | None = None,
    ) -> int:
        """Begin a run for a drop, which was said to have `expected` rows; the number by which people will call it."""
        now = self.now()
        drop_id = connection.execute(
            sa.insert(drop).values(inbox=inbox, received=now, **asdict(found)).returning(drop.c.id)
        ).scalar_one()
        run_id = run_numbers.allocate(connection)
        connection.execute(
            sa.insert(run).values(
                id=run_id,
                drop_id=drop_id,
                inbox=inbox,
                description=description,
                state=State.RECEIVED,
                counts={},
                holds=[],
                expected=expected,
                created=now,
                changed=now,
            )
        )
        self._note(connection, run_id, None, State.RECEIVED, who, f"received {found.name}")
        return run_id

    def transition(
        self, connection: sa.Connection, run_id: int, to: State, *, who: str, why: str, **values: Any
    ) -> None:
        """Take a run to another state, with its event; `values` are columns of the run that change with it."""
        was = State(connection.execute(sa.select(run.c.state).where(run.c.id == run_id)).scalar_one())
        states.check_move(was, to)
        connection.execute(sa.update(run).where(run.c.id == run_id).values(state=to, changed=self.now(), **values))
        self._note(connection, run_id, was, to, who, why)
        # Order (end): the report is owed from the moment of the end on, in the same transaction. Queued after it, a
        # kill between the two leaves a run that ended and is never told of. Shown by
        # tests/acceptance/test_killed.py::test_killed_at_every_statement_and_file_operation.
        if to in states.FINAL | {State.HELD}:
            self._queue_report(connection, run_id, to)

    def approve(self, connection: sa.Connection, found: Run, *, who: str, why: str, seen: bool) -> None:
        """Let the plan that a run has be applied. What a person has `seen` is remembered: no other may be applied for
        it without asking again."""
        values: dict[str, Any] = {"approved_checksum": found.checksum} if seen else {}
        if seen:  # the plan that was approved before this one, if there was one, is no measure any more
            for table in (row, fault):
                connection.execute(sa.delete(table).where(table.c.run_id == found.id, table.c.attempt != found.attempt))
        self.transition(connection, found.id, State.APPROVED, who=who, why=why, **values)

    def set_plan(
        self,
        connection: sa.Connection,
        run_id: int,
        *,
        attempt: int,
        checksum: str,
        counts: Mapping[str, int],
        holds: Iterable[Hold],
        affected: Iterable[Affected] = (),
        forecasts: Iterable[PbxForecast] = (),
    ) -> None:
        """The run has this plan now, and its rows and changes are those of this attempt."""
        plan = {"attempt": attempt, "checksum": checksum, "counts": dict(counts), "tries": 0}
        waits = {"holds": [asdict(hold) for hold in holds], "affected": list(map(list, affected))}
        said = {"forecasts": list(map(list, forecasts))}
        values = {"changed": self.now(), **plan, **waits, **said}
        connection.execute(sa.update(run).where(run.c.id == run_id).values(values))

    def _note(self, connection: sa.Connection, run_id: int, was: State | None, to: State, who: str, why: str) -> None:
        connection.execute(sa.insert(event).values(run_id=run_id, at=self.now(), was=was, state=to, who=who, why=why))

    def supersede(self, connection: sa.Connection, run_id: int, inbox: str, sha256: str, *, who: str) -> None:
        """Older runs of the same file in the same inbox that wait with nothing done give way to this one."""
        for old in self.list_waiting(connection, inbox, run_id, sha256):
            self.transition(connection, old.id, State.SUPERSEDED, who=who, why=f"run {run_id} has the same file")

    def list_waiting(
        self, connection: sa.Connection, inbox: str, before: int, sha256: str | None = None
    ) -> list[Waiting]:
        """Runs of an inbox, older than run `before`, that wait with nothing done: all, or those of this file.

        Asked for each file that is taken, when thousands may be waiting or be remembered.
        """
        older = (
            sa.select(run.c.id, drop.c.name, drop.c.sha256)
            .join(drop)
            .where(run.c.id < before, run.c.attempt <= 1, run.c.state.in_(sorted(states.WAITING)))
            .where(drop.c.inbox == inbox, *([] if sha256 is None else [drop.c.sha256 == sha256]))
            .order_by(run.c.id)
        )
        return [Waiting(*found) for found in connection.execute(older).all()]

    def list_file_names(self, connection: sa.Connection, inbox: str, before: int) -> list[tuple[int, str]]:
        """Runs of an inbox before this one that wait, are at work or were carried out, even in part, by file name.

        The newest few hundred do, where each file that is older than one of them is refused.
        """
        gone = (State.REJECTED, State.DISCARDED, State.SUPERSEDED)
        query = (
            sa.select(run.c.id, drop.c.name)
            .join(drop)
            .where(run.c.inbox == inbox, run.c.id < before, run.c.state.not_in(gone) | HAS_CHANGED)
            .order_by(run.c.id.desc())
            .limit(COMPARED)
        )
        return [(found[0], found[1]) for found in connection.execute(query).all()]

    def last_arrival(self, inbox: str, until: datetime) -> datetime | None:
        """When the newest file of an inbox was received; one that came while the clock was ahead does not count."""
        query = sa.select(sa.func.max(run.c.created)).where(run.c.inbox == inbox, run.c.created <= until)
        with self.snapshot() as connection:
            return connection.execute(query).scalar()

    def count_try(self, connection: sa.Connection, run_id: int, by: int = 1) -> int:
        """Count one more try of a run, before a step that may end the program, or take it back; how many there are."""
        tries: int = connection.execute(
            sa.update(run).where(run.c.id == run_id).values(tries=run.c.tries + by).returning(run.c.tries)
        ).scalar_one()
        return tries

    def finish_try(self, connection: sa.Connection, run_id: int, pbxs: Iterable[str] | None = None) -> None:
        """The step came to an end; `pbxs`, if it found that out, are those that the run's rows name."""
        values: dict[str, Any] = {"tries": 0} if pbxs is None else {"tries": 0, "pbxs": list(pbxs)}
        connection.execute(sa.update(run).where(run.c.id == run_id).values(**values))

    def last_complete(self, connection: sa.Connection, inbox: str) -> tuple[int, str] | None:
        """The newest run of an inbox that has changed something or would have, and its file's SHA-256, if all its rows
        were done: after one that was carried out in part the PBX is not what any file says."""
        query = (
            sa.select(run.c.id, drop.c.sha256, run.c.state)
            .join(drop)
            .where(run.c.inbox == inbox, run.c.state.in_(sorted(states.SPOKEN)) | HAS_CHANGED)
            .order_by(run.c.id.desc())
            .limit(1)
        )
        found = connection.execute(query).first()
        return None if found is None or State(found[2]) not in states.WHOLE else (found[0], found[1])

    def list_unfinished_drops(self) -> list[str]:
        """Where the files of runs that have not ended are kept, below the archive."""
        query = sa.select(drop.c.path).join(run).where(run.c.state.not_in(sorted(states.FINAL)))
        claimed = sa.select(claim.c.path).where(claim.c.settled.is_(None))
        with self.snapshot() as connection:
            return [*connection.execute(query).scalars(), *connection.execute(claimed).scalars()]

    def prune(self, before: datetime, followers: Collection[str] = ()) -> int:
        """Forget runs that ended before then, with all that belongs to them, a few in each transaction; how many.

        A run whose report waits, whose file was not parted with or of which one of these followers lacks something
        stays. Of a file that was taken and stays where it is, its claim is kept without its run, so that it is not
        taken again.
        """
        old = self._old(before, followers).order_by(run.c.id).limit(FORGOTTEN)
        count = 0
        while True:
            with self.transaction() as connection:
                found = connection.execute(old).all()
                runs, drops = [r for r, _ in found], [d for _, d in found]
                connection.execute(
                    sa.update(claim).where(claim.c.run_id.in_(runs), claim.c.stays).values(run_id=None, taken="")
                )
                for table in (row, change, fault, outbox, claim, follower_change):
                    connection.execute(sa.delete(table).where(table.c.run_id.in_(runs)))
                connection.execute(sa.delete(run).where(run.c.id.in_(runs)))  # its events go with it
                connection.execute(sa.delete(drop).where(drop.c.id.in_(drops)))
            count += len(found)
            if len(found) < FORGOTTEN:
                return count

    def count_old(self, before: datetime, followers: Collection[str] = ()) -> int:
        """How many runs `prune` would forget."""
        old = self._old(before, followers).subquery()
        with self.snapshot() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(old)).scalar_one()

    def _old(self, before: datetime, followers: Collection[str]) -> sa.Select[Any]:
        waits = sa.union_all(
            sa.select(outbox.c.run_id).where(outbox.c.delivered.is_(None), outbox.c.dropped.is_(None)),
            sa.select(claim.c.run_id).where(claim.c.run_id.is_not(None), claim.c.settled.is_(None)),
            sa.select(follower_change.c.run_id).where(
                follower_change.c.status.in_(FOLLOWER_OPEN), follower_change.c.follower.in_(sorted(followers))
            ),
        )
        return sa.select(run.c.id, run.c.drop_id).where(
            run.c.state.in_(sorted(states.FINAL)), run.c.changed < before, run.c.id.not_in(waits)
        )

    def last_event(self) -> datetime | None:
        """When something last happened to a run."""
        with self.snapshot() as connection:
            last = sa.select(sa.func.max(event.c.id)).scalar_subquery()
            return connection.execute(sa.select(event.c.at).where(event.c.id == last)).scalar()

    def list_inbox_runs(self) -> set[int]:
        """Unfinished runs whose files were taken from an inbox, not given on a command line."""
        query = sa.select(claim.c.run_id).where(claim.c.run_id.is_not(None), claim.c.settled.is_(None))
        with self.snapshot() as connection:
            return set(connection.execute(query).scalars())

    def list_runs(self, *, of_states: Iterable[State] | None = None, limit: int | None = None) -> list[Run]:
        """Runs, the newest first."""
        query = _RUN.order_by(run.c.id.desc())
        if of_states is not None:
            query = query.where(run.c.state.in_(sorted(of_states)))
        with self.snapshot() as connection:
            return [_run(found) for found in connection.execute(query.limit(limit)).mappings()]

    def get_run(self, run_id: int) -> Run:
        with self.snapshot() as connection:
            found = connection.execute(_RUN.where(run.c.id == run_id)).mappings().one_or_none()
        if found is None:
            raise UnknownRun(f"There is no run {run_id}.")
        return _run(found)

    def events(self, run_id: int) -> list[Event]:
        query = sa.select(event).where(event.c.run_id == run_id).order_by(event.c.id)
        with self.snapshot() as connection:
            return [
                Event(e.at, State(e.state), State(e.was) if e.was else None, e.who, e.why)
                for e in connection.execute(query)
            ]

    # -- outbox ----------------------------------------------------------------------------------------------------

    def _queue_report(self, connection: sa.Connection, run_id: int, state: State) -> None:
        """Write the letters that tell of a run's state, each once; `recipients` says to whom."""
        found = connection.execute(sa.select(run.c.inbox, run.c.counts).where(run.c.id == run_id)).one()
        if state is State.HELD:  # held again, with another plan: what went out told of the one before
            gone = outbox.c.delivered.is_not(None) | outbox.c.dropped.is_not(None)
            told_of_it = outbox.c.kind.contains(f":{State.HELD}", autoescape=True)
            connection.execute(sa.delete(outbox).where(outbox.c.run_id == run_id, gone, told_of_it))
        known = set(connection.execute(sa.select(outbox.c.kind).where(outbox.c.run_id == run_id)).scalars())
        for sink, address in self._recipients(found.inbox, state, found.counts):
            kind = f"{sink}:{state}:{address}" if address else f"{sink}:{state}"
            if kind not in known:
                connection.execute(sa.insert(outbox).values(run_id=run_id, kind=kind))
                known.add(kind)

    def report_location(self, run_id: int) -> str:
        """Where the newest report of a run was filed; empty if it was not yet."""
        query = (
            sa.select(outbox.c.where)
            .where(outbox.c.run_id == run_id, outbox.c.delivered.is_not(None), outbox.c.kind.startswith("archive:"))
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
        with self.snapshot() as connection:
            return connection.execute(query).scalar() or ""


_RUN = sa.select(
    run,
    drop.c.name.label("drop_name"),
    drop.c.sha256.label("drop_sha256"),
    drop.c.size,
    drop.c.path,
    drop.c.delivered_by,
).join(drop, drop.c.id == run.c.drop_id)


def _run(found: Mapping[Any, Any]) -> Run:
    return Run(
        id=found["id"],
        inbox=found["inbox"],
        drop=Drop(found["drop_name"], found["drop_sha256"], found["size"], found["path"], found["delivered_by"]),
        state=State(found["state"]),
        created=found["created"],
        changed=found["changed"],
        description=found["description"],
        checksum=found["checksum"],
        approved_checksum=found["approved_checksum"],
        attempt=found["attempt"],
        counts=found["counts"],
        holds=tuple(Hold(**hold) for hold in found["holds"]),
        affected=tuple(Affected(*one) for one in found["affected"] or ()),
        forecasts=tuple(
            PbxForecast(pbx, count, seconds, tuple(notes)) for pbx, count, seconds, notes in found["forecasts"] or ()
        ),
        pbxs=None if found["pbxs"] is None else tuple(found["pbxs"]),
        tries=found["tries"],
        expected=found["expected"],
    )
