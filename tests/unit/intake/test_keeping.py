"""What becomes of a file that was claimed: its bytes are kept, its run begins, and it goes when the run has ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from linecard.model.run import State
from linecard.model.sheet import FaultCode
from linecard.pipeline.intake import BATCH, IntakeOptions
from linecard.ports.inbox import InboxError, Unfinished
from unit.intake.world import SETTLE, remade


def test_the_file_stays_aside_until_its_run_has_ended(world):
    """The source is touched last."""
    world.put()
    (run,) = world.settled()
    assert world.intake.settle_files() == []
    assert len(world.aside) == 1
    world.end(run)
    assert world.intake.settle_files(run.id) == []
    assert world.aside == []
    assert world.kept(run) == b"one"
    assert run.drop.delivered_by == world.inbox.owner()


def test_the_next_file_of_the_same_name_is_a_file_of_its_own(world):
    """T8: it comes while the first one is worked on."""
    world.put(content="one")
    (first,) = world.settled()
    world.put(content="two")
    (second,) = world.settled()
    assert (world.kept(first), world.kept(second)) == (b"one", b"two")
    for run in (first, second):
        world.end(run)
    assert world.intake.settle_files() == []
    assert world.aside == world.names == []


class TestProducerWritesOn:
    """T7: it keeps the file open across the claim, and appends."""

    def test_before_the_take_the_file_settles_where_it_lies(self, world):
        path = world.put(content="one")
        world.look()
        world.now += SETTLE
        with path.open("a") as producer:
            assert world.look().runs == [], "it is open, so it is left where it is"
            assert world.names == ["a.csv"]
            producer.write(" two")
        (run,) = world.settled()
        assert world.kept(run) == b"one two"

    def test_a_claimed_file_that_changed_settles_in_the_work_folder(self, world):
        world.put(content="one")
        taking = world.port.copy
        handed = []

        def appended(claim, seen, into, *, most):
            if not handed:
                handed.append(claim)
                with (world.work / claim).open("a") as late:
                    late.write(" two")
            return taking(claim, seen, into, most=most)

        world.port.copy = appended
        world.look()
        look = world.look(SETTLE)
        assert look.runs == []
        assert look.due == world.now + SETTLE
        assert look.waiting == 1
        assert world.look(SETTLE - 1).runs == []
        (run,) = world.runs(world.look(1))
        assert world.kept(run) == b"one two"

    def test_after_the_take_it_goes_back_and_is_a_new_file(self, world):
        world.put(content="one")
        (first,) = world.settled()
        (aside,) = world.aside
        aside.write_text("one two")
        world.end(first)
        assert world.intake.settle_files() == []
        assert world.names == ["a.csv"]
        (second,) = world.settled()
        assert (world.kept(first), world.kept(second)) == (b"one", b"one two")

    def test_while_it_is_being_written_it_stays_and_that_is_told(self, world):
        world.put(content="one")
        (run,) = world.settled()
        world.end(run)
        with world.aside[0].open("a"):
            (problem,) = world.intake.settle_files()
        assert problem == "a.csv was imported and is still being written."
        assert world.intake.settle_files() == []
        assert world.aside == []


class TestDuplicates:
    """T8: what was sent before is recognised by its bytes, whatever its name."""

    def test_the_same_content_again_is_refused_and_says_so(self, world):
        world.put("a.csv", "one")
        (first,) = world.settled()
        world.end(first)
        world.put("b.csv", "one")
        (second,) = world.settled()
        assert second.state is State.REJECTED
        assert world.refusal(second) is FaultCode.DUPLICATE

    def test_it_is_imported_where_the_inbox_wants_that(self, world):
        world.begin(IntakeOptions(settle=SETTLE, reserve=0, refuse_duplicates=False))
        world.put("a.csv", "one")
        (first,) = world.settled()
        world.end(first)
        world.put("b.csv", "one")
        assert [run.state for run in world.settled()] == [State.RECEIVED]

    def test_it_is_imported_again_when_something_else_came_between(self, world):
        """One, two, one: the third file puts things back."""
        for content in ("one", "two"):
            world.put(content=content)
            (run,) = world.settled()
            world.end(run)
        world.put(content="one")
        assert [run.state for run in world.settled()] == [State.RECEIVED]

    def test_it_is_imported_again_when_it_was_not_carried_out_whole(self, world):
        world.put(content="one")
        (run,) = world.settled()
        world.end(run, State.PARTIAL)
        world.put(content="one")
        assert [run.state for run in world.settled()] == [State.RECEIVED]

    def test_one_that_still_waits_gives_way_to_the_same_file_sent_again(self, world):
        world.put(content="one")
        (first,) = world.settled()
        world.put(content="one")
        (second,) = world.settled()
        assert world.store.get_run(first.id).state is State.SUPERSEDED
        assert second.state is State.RECEIVED
        world.end(second)
        assert world.intake.settle_files() == []
        assert world.aside == [], "the file of the first goes too"


class TestTooLarge:
    """A file beyond the limit is never read whole, and never thrown away."""

    def test_what_is_kept_of_it_says_so_and_the_file_itself_goes_into_quarantine(self, world):
        world.begin(IntakeOptions(settle=SETTLE, reserve=0, most=10))
        world.put(content="x" * 1000)
        (run,) = world.settled()
        assert run.drop.size == 11
        world.end(run, State.UNCHANGED)
        assert world.intake.settle_files() == []
        kept = [path for path in (world.site / "quarantine").iterdir() if path.suffix == ".csv"]
        assert [path.read_text() for path in kept] == ["x" * 1000]
        assert world.aside == []


class TestDiskFull:
    """T14: nothing new is taken below the reserve; what was begun waits, and all goes on by itself."""

    def test_no_file_is_claimed_while_there_is_no_room(self, world):
        world.begin(IntakeOptions(settle=SETTLE, reserve=100_000_000))
        world.put()
        world.free = 99_999_999
        world.look()
        look = world.look(SETTLE)
        assert look.runs == []
        assert look.problems == {"room": "Less than 100 MB is free, so no new files are taken."}
        assert world.names == ["a.csv"]
        world.free = 100_000_000
        look = world.look(1)
        assert len(look.runs) == 1
        assert look.problems == {}

    @pytest.mark.parametrize("size", [20_000, 2_000_000], ids=["at the end", "on the way"])
    def test_a_drop_that_cannot_be_written_is_told_of_the_archive_and_not_of_the_inbox(self, world, tiny_disk, size):
        """The fault lies with our own disk, whatever call it came up in; nothing half is kept."""
        world.archive.symlink_to(tiny_disk)
        world.put(content="x" * size)
        (tiny_disk / "full").write_text("x" * 50_000)
        world.look()
        look = world.look(SETTLE)
        assert look.runs == []
        (problem,) = look.problems.values()
        assert str(world.archive) in problem
        assert "No space left on device" in problem
        assert [path for path in tiny_disk.rglob("*.csv*") if path.is_file()] == []
        if size < 50_000:
            (tiny_disk / "full").unlink()
            (run,) = world.runs(world.look(1))
            assert run.drop.size == size


class TestFailures:
    def test_one_claimed_file_that_is_gone_is_told_and_stops_no_other(self, world):
        for name in ("a.csv", "b.csv", "c.csv"):
            world.put(name, content=name)
        taking = world.port.copy

        def lost(claim, seen, into, *, most):
            if seen.name == b"b.csv":
                raise InboxError("it is gone.", remedy="Send it again.")
            return taking(claim, seen, into, most=most)

        world.port.copy = lost
        world.look()
        look = world.look(SETTLE)
        assert [run.drop.name for run in world.runs(look)] == ["a.csv", "c.csv"]
        assert look.problems == {"file b.csv": "it is gone. Send it again."}
        world.port.copy = taking
        assert len(world.look(1).runs) == 1

    def test_runs_that_were_received_before_the_memory_failed_are_told(self, world):
        """Else nobody would work on them until the next start."""
        for name in ("a.csv", "b.csv"):
            world.put(name, content=name)
        taking = world.port.copy

        def filling(claim, seen, into, *, most):
            world.store.full = seen.name == b"b.csv"
            return taking(claim, seen, into, most=most)

        world.port.copy = filling
        world.look()
        look = world.look(SETTLE)
        assert [run.drop.name for run in world.runs(look)] == ["a.csv"]
        assert look.problems == {"memory": "the disk is full"}
        world.port.copy, world.store.full = taking, False
        assert [run.drop.name for run in world.runs(world.look(1))] == ["b.csv"]

    def test_a_folder_that_vanishes_and_comes_back_is_picked_up_again(self, world):
        """T5"""
        world.put()
        world.look()
        world.inbox.rename(world.site / "old")
        with pytest.raises(InboxError):
            world.look(1)
        world.inbox.mkdir()
        assert world.look(1).runs == []
        world.put(content="new")
        (run,) = world.settled()
        assert world.kept(run) == b"new"
        assert (world.site / "old" / "a.csv").exists()

    def test_a_crash_after_the_intent_leaves_the_file_to_be_found(self, world):
        """The claim was committed, nothing was moved."""
        world.put()
        world.look()
        world.port.claim = _killed
        with pytest.raises(KeyboardInterrupt):
            world.look(SETTLE)
        assert world.names == ["a.csv"]
        world.begin()
        (run,) = world.runs(world.look())
        assert world.kept(run) == b"one"

    def test_a_crash_after_the_move_loses_nothing(self, world):
        world.put()
        world.look()
        world.port.copy = _killed
        with pytest.raises(KeyboardInterrupt):
            world.look(SETTLE)
        assert world.names == []
        world.begin()
        (run,) = world.runs(world.look())
        assert world.kept(run) == b"one"
        assert len(world.store.list_runs()) == 1

    def test_a_crash_before_the_claim_knows_its_run_leaves_no_run(self, world):
        """Else the file comes in again, as a second run of the same rows."""
        world.put()
        world.look()
        with _killed_at("UPDATE claim"), pytest.raises(KeyboardInterrupt):
            world.look(SETTLE)
        assert world.store.list_runs() == []
        world.begin()
        (run,) = world.runs(world.look())
        assert world.kept(run) == b"one"

    def test_a_crash_after_the_parting_parts_once(self, world):
        world.put()
        (run,) = world.settled()
        world.end(run)
        parting = world.port.settle
        world.port.settle = lambda *given: (parting(*given), _killed())
        with pytest.raises(KeyboardInterrupt):
            world.intake.settle_files()
        world.begin()
        assert world.intake.settle_files() == []
        assert world.aside == world.names == []
        assert world.settled() == []

    def test_a_claim_whose_file_its_owner_took_away_meanwhile_is_given_up(self, world):
        world.put()
        world.look()
        world.port.claim = _killed
        with pytest.raises(KeyboardInterrupt):
            world.look(SETTLE)
        remade(world.inbox)
        world.begin()
        assert world.look().waiting == 0
        world.put(content="new")
        (run,) = world.settled()
        assert world.kept(run) == b"new"


@contextmanager
def _killed_at(statement: str) -> Iterator[None]:
    """The first such statement ends the program before the database has seen it."""

    def kill(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql.startswith(statement):
            raise KeyboardInterrupt

    sa.event.listen(sa.Engine, "before_cursor_execute", kill)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", kill)


def _killed(*_given, **_words):
    raise KeyboardInterrupt


def test_thousands_of_files_come_in_portions_so_that_work_on_the_first_can_begin(world):
    """T3: each look says that there is more."""
    for number in range(BATCH + 20):
        world.put(f"{number:04}.csv", content=str(number))
    world.look()
    look = world.look(SETTLE)
    assert (len(look.runs), look.due) == (BATCH, world.now)
    look = world.look()
    assert (len(look.runs), look.due) == (20, None)
    assert world.names == []
    assert len({run.drop.sha256 for run in world.store.list_runs()}) == BATCH + 20


def test_what_is_unfinished_says_what_it_is_now(world):
    """The port's own word for it."""
    world.put()
    listing = next(iter(world.port.list_files()))
    assert Unfinished(listing).now == listing
