"""What HR systems' feeds do with names: dates, counts, and several files of which the last counts."""

from __future__ import annotations

import pytest

from linecard.model.run import State
from linecard.pipeline.intake import Habits
from unit.intake.world import SETTLE


def habits(**more) -> Habits:
    return Habits(settle=SETTLE, reserve=0, **more)


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
    runs = sorted(world.store.runs(), key=lambda run: run.id)
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
    assert world.store.run(first.id).state is State.PARTIAL
