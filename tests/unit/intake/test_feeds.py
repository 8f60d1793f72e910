"""What HR systems' feeds do with names: dates, counts, and several files of which the last counts."""

from __future__ import annotations

import pytest

from linecard.model.run import State
from linecard.model.sheet import FaultCode, Severity
from linecard.pipeline.intake import IntakeOptions
from linecard.store.journal import Journal
from unit.intake.world import SETTLE


def habits(**more) -> IntakeOptions:
    return IntakeOptions(settle=SETTLE, reserve=0, **more)


def test_the_number_of_rows_in_the_name_goes_with_the_run(world):
    """Planning compares it with what the file has."""
    world.begin(habits(pattern="people_{date}_{rows}.csv"))
    world.put("people_2026-12-01_41.csv")
    world.put("else.csv", "two")
    assert {run.drop.name: run.expected for run in world.settled()} == {
        "people_2026-12-01_41.csv": 41,
        "else.csv": None,
    }


@pytest.mark.parametrize(
    ("replaces", "waiting"),
    [
        ("same", ["p_1201_a.csv", "p_1201_b.csv", "p_1202_a.csv", "p_1201_a.csv"]),
        ("name", ["p_1201_b.csv", "p_1202_a.csv", "p_1201_a.csv"]),
        ("date", ["p_1202_a.csv", "p_1201_a.csv"]),
        ("all", ["p_1201_a.csv"]),
    ],
)
def test_a_newer_file_takes_the_place_of_those_that_wait(world, replaces, waiting):
    """Of those with the same content always; by policy also of the same name, of the same date, or of any."""
    world.begin(habits(pattern="p_{date}_*.csv", replaces=replaces))
    for number, name in enumerate(("p_1201_a.csv", "p_1201_b.csv", "p_1202_a.csv", "p_1201_a.csv")):
        world.put(name, f"content {number}")
        world.settled()
    runs = sorted(world.store.list_runs(), key=lambda run: run.id)
    assert [run.drop.name for run in runs if run.state is State.RECEIVED] == waiting
    assert all(run.state in (State.RECEIVED, State.SUPERSEDED) for run in runs)


def test_a_run_that_has_begun_is_never_replaced(world):
    """What was sent to a PBX cannot be taken back by a newer file."""
    world.begin(habits(replaces="all"))
    world.put("a.csv", "one")
    (first,) = world.settled()
    world.end(first, State.PARTIAL)
    world.put("b.csv", "two")
    world.settled()
    assert world.store.get_run(first.id).state is State.PARTIAL


ROSTERS = {"pattern": "people_{date}.csv", "replaces": "all"}


class TestTheDateDecidesWhichFileIsNewer:
    """A day that HR sends once more comes after the next one, and is older all the same."""

    def test_files_that_arrive_together_are_taken_by_their_dates(self, world):
        """Also where each is imported: the facts of the newest day must be what is there in the end."""
        world.begin(habits(pattern="people_{date}.csv"))
        for day in ("2026-12-02", "2026-11-30", "2026-12-01"):
            world.put(f"people_{day}.csv", day)
            world.old(world.inbox / f"people_{day}.csv", days=0)
        assert [run.drop.name[7:17] for run in world.settled()] == ["2026-11-30", "2026-12-01", "2026-12-02"]

    def test_of_rosters_that_arrive_together_the_newest_counts(self, world):
        world.begin(habits(**ROSTERS))
        world.put("people_2026-12-02.csv", "new")
        world.put("people_2026-12-01.csv", "old")
        world.settled()
        states = {run.drop.name: run.state for run in world.store.list_runs()}
        assert states == {"people_2026-12-02.csv": State.RECEIVED, "people_2026-12-01.csv": State.SUPERSEDED}

    @pytest.mark.parametrize("ended", [None, State.APPLIED, State.PARTIAL, State.UNCHANGED])
    @pytest.mark.parametrize("restarted", [False, True])
    def test_one_that_comes_late_is_refused_and_names_the_newer_one(self, world, ended, restarted):
        """Whether the newer one waits or was carried out, and whether linecard ran all the time."""
        world.begin(habits(**ROSTERS))
        world.put("people_2026-12-02.csv", "new")
        (newer,) = world.settled()
        if ended:
            world.end(newer, ended)
        if restarted:
            world.begin()
        world.put("people_2026-12-01.csv", "old")
        (late,) = world.settled()
        (fault,) = Journal(world.store, late.id).faults(0, whole_file=True)
        assert (late.state, fault.code) == (State.REJECTED, FaultCode.OLDER_FILE)
        assert f"older than people_2026-12-02.csv (run {newer.id})" in fault.message
        assert world.store.get_run(newer.id).state is (ended or State.RECEIVED)

    @pytest.mark.parametrize("replaces", ["same", "name", "date"])
    def test_where_files_do_not_replace_each_other_it_is_warned_of(self, world, replaces):
        """It is carried out, for it may well belong to another;"""
        world.begin(habits(pattern="people_{date}.csv", replaces=replaces))
        world.put("people_2026-12-02.csv", "new")
        (newer,) = world.settled()
        world.end(newer)
        world.put("people_2026-12-01.csv", "old")
        (late,) = world.settled()
        (fault,) = Journal(world.store, late.id).faults(0, whole_file=True)
        assert (late.state, fault.code, fault.severity) == (State.RECEIVED, FaultCode.LATE_FILE, Severity.WARNING)
        assert f"older than people_2026-12-02.csv (run {newer.id})" in fault.message
        world.put("people_2026-12-03.csv", "next")
        (following,) = world.settled()
        assert list(Journal(world.store, following.id).faults(0)) == []

    def test_a_newer_one_that_was_given_up_is_in_nobodys_way(self, world):
        world.begin(habits(**ROSTERS))
        world.put("people_2026-12-02.csv", "new")
        (newer,) = world.settled()
        with world.store.transaction() as connection:
            world.store.transition(connection, newer.id, State.REJECTED, who="test", why="")
        world.put("people_2026-12-01.csv", "old")
        assert [run.state for run in world.settled()] == [State.RECEIVED]

    @pytest.mark.parametrize("again", ["people_2026-12-02.csv", "people_2026-12-03.csv", "people_latest.csv"])
    def test_the_same_day_once_more_the_next_day_or_no_day_is_taken(self, world, again):
        world.begin(habits(**ROSTERS))
        world.put("people_2026-12-02.csv", "new")
        world.end(*world.settled())
        world.put(again, "more")
        assert [run.state for run in world.settled()] == [State.RECEIVED]
