"""Files with a marker: met in any case, gone and given back together, and seen while they wait."""

from __future__ import annotations

import pytest

from linecard.pipeline.intake import OVERDUE, IntakeOptions
from unit.intake.world import SETTLE


@pytest.fixture
def marked(world):
    world.begin(IntakeOptions(settle=SETTLE, reserve=0, marker=".done"))
    return world


@pytest.mark.parametrize("marker", ["JOINERS.DONE", "JOINERS.CSV.DONE", "joiners.csv.done", "Joiners.Done"])
def test_a_marker_in_any_case(marked, marker):
    """As Windows and mainframes write names; the marker goes with its file."""
    marked.put("JOINERS.CSV")
    marked.put(marker, "")
    (run,) = marked.settled()
    assert run.drop.name == "JOINERS.CSV"
    marked.end(run)
    assert marked.intake.settle_files() == []
    assert marked.names == marked.aside == []


def test_a_file_that_was_written_on_goes_back_with_its_marker(marked):
    """Under their own names: the next look finds both again."""
    marked.put("JOINERS.CSV")
    marked.put("joiners.DONE", "")
    (run,) = marked.settled()
    (taken,) = [path for path in marked.aside if not path.name.endswith(".marker")]
    with taken.open("a") as file:
        file.write("more")
    marked.end(run)
    marked.intake.settle_files()
    assert marked.names == ["JOINERS.CSV", "joiners.DONE"]
    (again,) = marked.settled()
    assert marked.kept(again) == b"onemore"


def test_and_beside_a_newer_file_of_its_name(marked):
    """Then under one beside it, and the marker with it."""
    marked.put("JOINERS.CSV")
    marked.put("joiners.DONE", "")
    (run,) = marked.settled()
    (taken,) = [path for path in marked.aside if not path.name.endswith(".marker")]
    with taken.open("a") as file:
        file.write("more")
    marked.put("JOINERS.CSV", "new")
    marked.put("joiners.DONE", "")
    marked.end(run)
    marked.intake.settle_files()
    names = marked.names
    assert sorted(name.rpartition(".")[2] for name in names) == ["CSV", "CSV", "DONE", "DONE"]
    assert sorted(marked.kept(found) for found in marked.settled()) == [b"new", b"onemore"]


def test_what_waits_for_its_marker_is_counted_and_after_hours_overdue(marked):
    """From the look that saw it first, by a clock that nobody sets; the marker ends it."""
    marked.put("a.csv")
    marked.put("b.csv")
    marked.put("b.done", "")
    marked.put("c.txt.tmp")
    look = marked.look()
    assert (look.awaiting, look.overdue, look.waiting) == ({"a.csv": "marker"}, [], 2)
    assert marked.look(OVERDUE - 1).overdue == []
    assert marked.look(1).overdue == ["a.csv"]
    assert marked.intake.find_awaiting() == {"a.csv": "marker"}
    marked.put("A.DONE", "")
    look = marked.look()
    assert (look.awaiting, look.overdue) == ({}, [])


def test_both_a_marker_and_a_checksum_file(world):
    """The marker is asked for first."""
    world.begin(IntakeOptions(settle=SETTLE, reserve=0, marker=".done", checksum=".sha256"))
    world.put("a.csv")
    world.put("b.csv")
    world.put("B.DONE", "")
    assert world.look().awaiting == {"a.csv": "marker", "b.csv": "checksum"}
