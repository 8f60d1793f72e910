"""What belongs to a file with a checksum: it comes, waits and goes with it, whatever happens in between."""

from __future__ import annotations

import hashlib

import pytest

from linecard.model.run import State
from linecard.model.sheet import FaultCode
from linecard.pipeline.intake import IntakeOptions
from unit.intake.world import SETTLE

ONE, OTHER = (hashlib.sha256(text.encode()).hexdigest() for text in ("one", "other"))
HABITS = IntakeOptions(settle=SETTLE, reserve=0, checksum=".sha256")


@pytest.fixture
def waiting(world):
    world.begin(HABITS)
    return world


def test_a_damaged_file_takes_the_place_of_no_other(world):
    """What waits was whole; it does not give way to what is not."""
    world.begin(IntakeOptions(settle=SETTLE, reserve=0, checksum=".sha256", replaces="all"))
    world.put("a.csv")
    world.put("a.csv.sha256", ONE)
    (good,) = world.settled()
    world.put("b.csv", "two")
    world.put("b.csv.sha256", ONE)
    (bad,) = world.settled()
    assert (world.store.get_run(good.id).state, bad.state) == (State.RECEIVED, State.REJECTED)


def test_a_checksum_file_that_is_still_written_is_waited_for(waiting):
    waiting.put("a.csv")
    side = waiting.put("a.csv.sha256", "")
    assert waiting.runs(waiting.look()) == []
    side.write_text(ONE)
    assert waiting.runs(waiting.look(SETTLE)) == []
    (run,) = waiting.runs(waiting.look(SETTLE))
    assert run.state is State.RECEIVED


def test_it_is_found_again_after_a_crash(waiting):
    """Killed between the rename and the copy: the checksum file lies aside with its file."""
    waiting.put("a.csv")
    waiting.put("a.csv.sha256", OTHER)
    waiting.look()

    def dies(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    waiting.port.copy = dies
    with pytest.raises(KeyboardInterrupt):
        waiting.look(SETTLE)
    waiting.begin()
    (run,) = waiting.runs(waiting.look())
    assert waiting.refusal(run) is FaultCode.CHECKSUM


def test_one_that_went_away_is_told(waiting):
    waiting.put("a.csv")
    waiting.put("a.csv.sha256", ONE)
    waiting.look()
    real = waiting.port.claim

    def claimed(wanted):
        found = real(wanted)
        next(path for path in waiting.aside if path.name.endswith(".checksum")).unlink()
        return found

    waiting.port.claim = claimed
    look = waiting.look(SETTLE)
    assert look.runs == []
    assert "went away" in look.problems["file a.csv"]


def test_with_a_marker_both_are_needed(world):
    world.begin(IntakeOptions(settle=SETTLE, reserve=0, checksum=".sha256", marker=".done"))
    world.put("a.csv")
    world.put("a.csv.sha256", ONE)
    assert world.settled() == []
    world.put("a.done", "")
    (run,) = world.settled()
    world.end(run)
    assert world.intake.settle_files() == []
    assert (world.names, world.aside) == ([], [])
