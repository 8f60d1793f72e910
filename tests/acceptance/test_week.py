"""A week in a minute: ten inboxes, three PBXs, and nothing that grows from day to day."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from acceptance.crashes import TORTURE
from acceptance.killing import forked
from acceptance.week import KEPT, Week

DROPS = 10_000 if TORTURE else 500


@pytest.fixture(scope="module")
def week(crash_room):
    """The week, lived in a process of its own, so that nothing but linecard is measured."""
    folder = crash_room / "week"
    folder.mkdir()

    def live() -> tuple:
        week = Week(folder, DROPS)
        week.live()
        return week.days, week.states

    code, given = forked(live, log := crash_room / "week.log")
    assert code == 0, log.read_text()
    return given


def test_every_drop_of_the_week_has_one_run_and_one_report(week):
    """Counted before retention forgets them; the duplicates among them are refused, the faulty ones done in part."""
    _, states = week
    assert sum(states.values()) == DROPS
    assert set(states) <= {"applied", "partial", "unchanged", "rejected", "superseded"}
    assert states["applied"] > DROPS / 2
    assert states["partial"] > 0
    assert states["rejected"] > 0


def test_memory_open_files_and_threads_stay_flat(week):
    """Nothing is held at the end that was not held after a day; the databases' caches are full after three."""
    days, _ = week
    print(*days, sep="\n")
    first, full, last = days[0], days[KEPT], days[-1]
    assert last.descriptors <= first.descriptors + 2
    assert last.threads == first.threads
    assert last.blocks < 1.02 * first.blocks
    assert last.memory < full.memory + 8_000_000


def test_retention_keeps_database_and_folders_in_bounds(week):
    """Once as many days went by as things are kept, the database and the folders grow no more."""
    days, _ = week
    full, last = days[KEPT], days[-1]
    assert last.database < 1.1 * full.database + 100_000
    most = DROPS / 7 * (KEPT + 0.5)
    assert 0 < last.archived <= most
    assert 0 < last.reports <= most


class Listening(Week):
    """Remembers the queries that the work of an hour asks of the memory, without those of start and housekeeping."""

    asked: dict[str, tuple]

    def _hour(self, engine):
        self.asked = getattr(self, "asked", {})

        def asks(_connection, _cursor, query, given, _context, _many):
            if query.startswith(("SELECT", "UPDATE", "DELETE")):
                self.asked[query] = given

        sa.event.listen(sa.Engine, "before_cursor_execute", asks)
        try:
            super()._hour(engine)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", asks)


def test_no_query_about_a_drop_reads_a_whole_table(tmp_path):
    """A drop costs no more when a year of runs is remembered."""
    week = Listening(tmp_path, 130, hours=12)
    week.live()
    assert len(week.asked) > 30
    with closing(sqlite3.connect(tmp_path / "state" / "linecard.db")) as db:
        for query, given in week.asked.items():
            steps = [step for *_, step in db.execute(f"EXPLAIN QUERY PLAN {query}", given)]
            assert not [step for step in steps if step.startswith("SCAN") and "INDEX ix_outbox_waits" not in step], (
                query
            )
