"""Runs, their moves and events, and the reports that wait."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from linecard.errors import StateError, UnknownRun
from linecard.model.run import Drop, Hold, State
from linecard.rules import states
from linecard.store import tables
from linecard.store.store import Store

WAYS = {
    State.RECEIVED: (),
    State.REJECTED: (State.REJECTED,),
    State.PLANNED: (State.PLANNED,),
    State.UNCHANGED: (State.PLANNED, State.UNCHANGED),
    State.HELD: (State.PLANNED, State.HELD),
    State.DISCARDED: (State.PLANNED, State.HELD, State.DISCARDED),
    State.SUPERSEDED: (State.SUPERSEDED,),
    State.APPROVED: (State.PLANNED, State.APPROVED),
    State.APPLYING: (State.PLANNED, State.APPROVED, State.APPLYING),
    State.INTERRUPTED: (State.PLANNED, State.APPROVED, State.APPLYING, State.INTERRUPTED),
    State.STALE: (State.PLANNED, State.APPROVED, State.APPLYING, State.STALE),
    State.APPLIED: (State.PLANNED, State.APPROVED, State.APPLYING, State.APPLIED),
    State.PARTIAL: (State.PLANNED, State.APPROVED, State.APPLYING, State.PARTIAL),
}


def go(store, run: int, *way: State, **values) -> None:
    for to in way:
        with store.transaction() as connection:
            store.transition(connection, run, to, who="ada", why=f"to {to}", **values)


@pytest.mark.parametrize("was", State)
def test_a_run_goes_only_where_the_rules_let_it(store, receive, was):
    """A move that the contract does not know is refused, and leaves run and events as they were."""
    stays = receive()
    go(store, stays, *WAYS[was])
    events = store.events(stays)
    for to in State:
        if to in states.MOVES[was]:
            moves = receive()
            go(store, moves, *WAYS[was], to)
            assert store.get_run(moves).state is to
            continue
        with pytest.raises(StateError, match=f"a run cannot go from {was} to {to}"):
            go(store, stays, to)
    assert store.get_run(stays).state is was
    assert store.events(stays) == events


def test_every_move_is_an_event(store, receive, clock):
    """When, from where to where, who and why; in order."""
    run = receive()
    go(store, run, State.PLANNED, State.APPROVED, State.APPLYING)
    events = store.events(run)
    assert [(e.was, e.state, e.who, e.why) for e in events] == [
        (None, "received", "ada", "received sheet.csv"),
        ("received", "planned", "ada", "to planned"),
        ("planned", "approved", "ada", "to approved"),
        ("approved", "applying", "ada", "to applying"),
    ]
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert store.get_run(run).changed < clock.time


@pytest.mark.parametrize(
    "statement",
    ["UPDATE run_event SET why = ''", "DELETE FROM run_event", "REPLACE INTO run_event SELECT * FROM run_event"],
)
def test_events_are_only_ever_added(store, receive, tmp_path, statement):
    """The database itself refuses to alter or remove one, whoever asks."""
    run = receive()
    with closing(sqlite3.connect(tmp_path / "linecard.db")) as db:
        db.execute("PRAGMA recursive_triggers=ON")
        with pytest.raises(sqlite3.IntegrityError, match=r"events (are|go) only"):
            db.execute(statement)
    assert len(store.events(run)) == 1


def test_a_run_comes_back_as_it_went_in(store, receive):
    """The drop, the counts, the holds, the checksum."""
    run = receive("größe.csv", "b" * 64)
    hold = Hold("hq", "detach", 30, 33.3, "more than 30 %", "30 members would lose their extension.")
    counts = {"done": 3, "invalid": 1}
    values = {"attempt": 1, "checksum": "d" * 64, "counts": counts, "holds": [asdict(hold)]}
    go(store, run, State.PLANNED, **values)
    found = store.get_run(run)
    assert found.drop == Drop("größe.csv", "b" * 64, 12, "x/größe.csv")
    assert (found.counts, found.holds, found.checksum, found.attempt) == (counts, (hold,), "d" * 64, 1)


def test_times_are_kept_in_utc(store, receive, tmp_path, clock):
    """Whatever zone the clock stands in: the same moment, aware, and UTC on disk."""
    began = clock.time
    run = store.get_run(receive())
    assert run.created.tzinfo is UTC
    assert 0 < (run.created - began).total_seconds() < 5
    with closing(sqlite3.connect(tmp_path / "linecard.db")) as db:
        (stored,) = db.execute("SELECT created FROM run").fetchone()
    assert datetime.fromisoformat(stored).replace(tzinfo=UTC) == run.created


def test_a_time_without_its_zone_is_refused(store):
    """It would be wrong by hours and nobody would see it."""
    insert = sa.insert(tables.event).values(
        run_id=1,
        at=datetime(2026, 1, 1),  # noqa: DTZ001
        state="x",
        who="x",
        why="x",
    )
    with pytest.raises(sa.exc.StatementError, match="a time without its zone"), store.transaction() as connection:
        connection.execute(insert)


def test_runs_are_numbered_and_listed(store, receive):
    """The newest first; by state, and cut."""
    first, second, third = receive("1"), receive("2"), receive("3")
    go(store, second, State.PLANNED)
    assert [run.id for run in store.list_runs()] == [third, second, first]
    assert [run.id for run in store.list_runs(limit=2)] == [third, second]
    assert [run.id for run in store.list_runs(of_states=[State.PLANNED])] == [second]
    with pytest.raises(UnknownRun, match="There is no run 99"):
        store.get_run(99)


class TestSupersede:
    @pytest.mark.parametrize("was", State)
    def test_only_what_waits_gives_way(self, store, receive, was):
        """Received, planned or held: nothing of it was sent. Anything else stays."""
        old = receive()
        go(store, old, *WAYS[was], attempt=1)
        new = receive()
        with store.transaction() as connection:
            store.supersede(connection, new, "hr", "a" * 64, who="ada")
        assert store.get_run(old).state is (State.SUPERSEDED if was in states.WAITING else was)
        assert store.get_run(new).state is State.RECEIVED

    def test_a_run_that_was_planned_again_stays(self, store, receive):
        """A part of it may be made already."""
        old = receive()
        go(store, old, State.PLANNED, attempt=2)
        new = receive()
        with store.transaction() as connection:
            store.supersede(connection, new, "hr", "a" * 64, who="ada")
        assert store.get_run(old).state is State.PLANNED

    def test_another_file_or_inbox_stays(self, store, receive):
        """Same bytes, same inbox, or it is another matter."""
        other_file, other_inbox = receive(sha256="b" * 64), receive(inbox="it")
        new = receive()
        with store.transaction() as connection:
            store.supersede(connection, new, "hr", "a" * 64, who="ada")
        assert {store.get_run(run).state for run in (other_file, other_inbox)} == {State.RECEIVED}


class TestABrokenDatabase:
    @pytest.fixture
    def broken(self, store, receive, tmp_path):
        """A database whose pages were overwritten while it was open."""
        receive()
        store.close()
        path = tmp_path / "linecard.db"
        for more in tmp_path.glob("linecard.db-*"):
            more.unlink()
        data = path.read_bytes()
        path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
        return store

    def test_reading_says_so(self, broken):
        """A sentence and a remedy, no traceback of the driver."""
        with pytest.raises(StateError, match="cannot be read") as caught:
            broken.list_runs()
        assert caught.value.remedy

    def test_writing_says_so(self, broken, receive):
        """The same."""
        with pytest.raises(StateError, match="cannot be written") as caught:
            receive()
        assert caught.value.remedy

    def test_a_bug_is_not_called_a_broken_database(self, store):
        """An insert that the tables refuse is linecard's own fault and keeps its traceback."""
        with pytest.raises(sa.exc.IntegrityError), store.transaction() as connection:
            connection.execute(sa.insert(tables.outbox).values(run_id=77, kind="archive"))


def test_nobody_else_may_read_the_state_database(tmp_path):
    """Whatever the umask: the file and what SQLite puts beside it are for their owner alone."""
    before = os.umask(0)
    try:
        store = Store.open(tmp_path / "state", lambda: datetime.now(UTC))
        with store.snapshot():
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}, modes
