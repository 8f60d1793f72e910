"""When a file is believed finished: it looked the same for long enough, by a clock that nobody sets."""

from __future__ import annotations

import os

import pytest

from linecard.pipeline.intake import MIN_RESCAN, IntakeOptions
from unit.intake.world import SETTLE


def test_a_file_is_taken_when_it_was_the_same_in_two_looks_a_settling_time_apart(world):
    world.put()
    first = world.look()
    assert first.runs == []
    assert first.due == world.now + SETTLE
    assert first.waiting == 1
    assert world.look(SETTLE - 0.01).runs == []
    (run,) = world.runs(world.look(0.01))
    assert world.kept(run) == b"one"
    assert world.names == []


def test_one_look_is_never_enough(world):
    """However old a file is: it may be old because its time was set. Also for files found at the start."""
    world.put()
    os.utime(world.inbox / "a.csv", (0, 0))
    assert world.look(10 * SETTLE).runs == []


def test_two_looks_are_enough_without_a_settling_time(world):
    world.begin(IntakeOptions(settle=0, reserve=0))
    world.put()
    first = world.look()
    assert first.runs == []
    assert first.due == world.now + MIN_RESCAN, "else the daemon would look all the time"
    assert len(world.look(MIN_RESCAN).runs) == 1


def test_a_slow_file_is_never_given_up_and_never_taken_half(world):
    """T6: four seconds between any two pieces, for longer than anybody waits."""
    path = world.put(content="0")
    for piece in range(200):
        assert world.look(4.0).runs == []
        with path.open("a") as file:
            file.write(str(piece % 10))
    world.look()
    (run,) = world.runs(world.look(SETTLE))
    assert run.drop.size == 201


def test_a_file_that_is_closed_and_opened_again_is_taken_once(world):
    """T6: five times; each closing looks like the end to whoever trusts events."""
    path = world.put(content="")
    for _ in range(5):
        with path.open("a") as file:
            file.write("x")
        assert world.look(1.0).runs == []
    (run,) = world.runs(world.look(SETTLE))
    assert world.kept(run) == b"xxxxx"
    assert world.look(SETTLE).runs == []


@pytest.mark.parametrize("restored", [False, True], ids=["plainly", "with its old time restored"])
def test_a_file_that_is_touched_settles_once_more(world, restored):
    path = world.put(content="one")
    world.look()
    stat = path.stat()
    path.write_text("two")
    if restored:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert world.look(SETTLE).runs == []
    (run,) = world.runs(world.look(SETTLE))
    assert world.kept(run) == b"two"


@pytest.mark.parametrize("hours", [-1, 1])
def test_nobody_who_sets_the_clock_makes_a_file_finished(world, hours):
    """T9: the file's own time and the wall clock jump; what counts is how long we have seen it so."""
    path = world.put()
    world.look()
    os.utime(path, (path.stat().st_mtime + 3600 * hours,) * 2)
    assert world.look(SETTLE).runs == [], "its time changed, so it settles once more"
    assert world.look(SETTLE - 1).runs == []
    assert len(world.look(1).runs) == 1


def test_a_half_copied_file_that_was_there_at_the_start_is_not_taken_until_it_is_whole(world):
    """T17: linecard was restarted while the file was being copied."""
    path = world.put(content="half")
    world.look()
    world.begin()
    assert world.look().runs == []
    path.write_text("the whole")
    assert world.look(SETTLE).runs == []
    (run,) = world.runs(world.look(SETTLE))
    assert world.kept(run) == b"the whole"


def deliveries(world):
    """T6: each way of delivery, as a step that makes `a.csv` appear whole."""
    outside = world.site / "outside"
    outside.mkdir()

    def made():
        (outside / "x").write_text("whole")
        return outside / "x"

    def linked():
        os.link(made(), world.inbox / "a.csv")
        (outside / "x").unlink()

    def given_its_name():
        (world.inbox / "a.csv.part").write_text("whole")
        world.look(SETTLE)
        world.look(SETTLE)
        (world.inbox / "a.csv.part").rename(world.inbox / "a.csv")

    return {
        "renamed in": lambda: made().rename(world.inbox / "a.csv"),
        "linked in": linked,
        "renamed over another": lambda: (world.put(), world.look(), made().rename(world.inbox / "a.csv")),
        "given its name": given_its_name,
        "written": lambda: world.put(content="whole"),
    }


@pytest.mark.parametrize("way", ["renamed in", "linked in", "renamed over another", "given its name", "written"])
def test_each_way_of_delivery_is_taken_whole_and_once(world, way):
    """T6"""
    deliveries(world)[way]()
    (run,) = world.settled()
    assert world.kept(run) == b"whole"
    assert world.settled() == []
    assert world.names == []


def test_files_are_taken_in_the_order_in_which_they_came(world):
    """Found together, the one that was changed first is first."""
    for name, time in (("b.csv", 300), ("a.csv", 200), ("c.csv", 100)):
        os.utime(world.put(name), (time, time))
    world.look()
    world.now += 1
    os.utime(world.put("0.csv"), (1, 1))
    world.look()
    world.look(SETTLE - 1)
    taken = [run.drop.name for run in world.runs(world.look(1))]
    assert [run.drop.name for run in reversed(world.store.list_runs())] == ["c.csv", "a.csv", "b.csv", "0.csv"]
    assert taken == ["0.csv"]


class TestNames:
    def test_temporary_and_hidden_files_are_left_alone(self, world):
        for name in (".a.csv", "a.csv.part", "a.csv.filepart", "~$a.csv"):
            world.put(name)
        assert world.settled() == []
        assert len(world.names) == 4

    def test_other_names_than_those_asked_for_are_left_alone(self, world):
        world.begin(IntakeOptions(settle=SETTLE, reserve=0, names=("*.csv", "*.txt"), ignore=("old*",)))
        for name in ("a.csv", "B.TXT", "a.xlsx", "old.csv"):
            world.put(name, content=name)
        assert {run.drop.name for run in world.settled()} == {"a.csv", "B.TXT"}
        assert world.names == ["a.xlsx", "old.csv"]

    def test_a_file_that_is_refused_is_told_and_stays(self, world):
        (world.inbox / "a.csv").symlink_to("/etc/passwd")
        world.look()
        look = world.look(SETTLE)
        assert look.runs == []
        assert "symbolic link" in look.problems["file a.csv"]
        assert look.waiting == 1

    def test_what_is_not_yet_as_it_will_be_is_not_complained_of(self, world):
        """A file delivered by a hard link has two names for an instant."""
        os.link(world.put(), world.site / "x")
        assert world.look().problems == {}

    @pytest.mark.parametrize("name", [b"caf\xe9.csv", b"two\nlines.csv", b"x" * 251 + b".csv"])
    def test_an_odd_name_is_shown_as_it_can_be(self, world, name):
        """T10"""
        with open(os.path.join(os.fsencode(world.inbox), name), "w") as file:  # noqa: PTH118, PTH123 - bytes
            file.write("one")
        (run,) = world.settled()
        assert run.drop.name == name.decode(errors="backslashreplace")
        assert world.kept(run) == b"one"


class TestMarkers:
    @pytest.fixture(autouse=True)
    def _marked(self, world):
        world.begin(IntakeOptions(settle=SETTLE, reserve=0, marker=".done"))

    @pytest.mark.parametrize("marker", ["a.csv.done", "a.done"])
    def test_a_file_is_taken_once_its_marker_is_there_and_both_go(self, world, marker):
        world.put()
        assert world.settled() == []
        assert world.settled() == []
        world.put(marker, "")
        (run,) = world.settled()
        assert run.drop.name == "a.csv"
        assert world.names == []
        world.end(run)
        assert world.intake.settle_files() == []
        assert world.aside == []

    def test_a_marker_alone_is_no_file(self, world):
        world.put("a.csv.done", "")
        assert world.settled() == []
        assert world.names == ["a.csv.done"]
