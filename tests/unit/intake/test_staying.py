"""Files that stay where they are, as on a server where nothing may be moved: each version is taken once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
import sqlalchemy as sa

from linecard.model.run import State
from linecard.pipeline.intake import IntakeOptions
from linecard.ports.inbox import Disposition, InboxError, Listing, Unfinished, Watch
from linecard.store.tables import claim, outbox
from linecard_local.folder_watch import NoWatch
from unit.intake.world import SETTLE

LATER = datetime.now(UTC) + timedelta(days=400)


class Shelf:
    """A folder in which linecard may only read."""

    in_place = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list_files(self) -> Iterator[Listing]:
        for path in self._folder.iterdir():
            yield self._seen(path)

    def _seen(self, path: Path) -> Listing:
        found = path.stat()
        return Listing(os.fsencode(path.name), found.st_size, f"{found.st_size}:{found.st_mtime_ns}", found.st_mtime)

    def _as_seen(self, seen: Listing) -> bool:
        path = self._folder / os.fsdecode(seen.name)
        return path.exists() and self._seen(path).version == seen.version

    def claim(self, wanted: Mapping[str, Listing]) -> list[str]:
        return [claim for claim, seen in wanted.items() if self._as_seen(seen)]

    def copy(self, claim: str, seen: Listing, into: BinaryIO, *, most: int) -> str:
        path = self._folder / os.fsdecode(seen.name)
        if not path.exists():
            raise InboxError(f"{path.name} is not there any more.")
        now = self._seen(path)
        if now.version != seen.version:
            raise Unfinished(now)
        into.write(path.read_bytes()[: most + 1])
        return now.version

    def checksum(self, claim: str, seen: Listing) -> bytes:
        return (self._folder / os.fsdecode(seen.checksum)).read_bytes()

    def settle(self, claim: str, seen: Listing, taken: str, parting: Disposition) -> bool:
        return True

    def watch(self, wake) -> Watch:
        return NoWatch()

    def close(self) -> None:
        """Nothing is held open."""


@pytest.fixture
def shelf(world):
    world.begin(inbox=Shelf(world.inbox))
    return world


def restarted(world):
    world.begin(inbox=Shelf(world.inbox))


def claims(world) -> int:
    with world.store.snapshot() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(claim)).scalar_one()


def forgotten(world) -> int:
    """How many runs are forgotten once all was reported and much time has gone by."""
    with world.store.transaction() as connection:
        connection.execute(sa.update(outbox).values(delivered=world.store.now()))
    return world.store.prune(LATER)


def taken(world):
    """A file that was taken and whose run has ended."""
    world.put()
    (run,) = world.settled()
    world.end(run)
    assert world.intake.settle_files() == []
    return run


def test_a_file_is_taken_once_and_stays(shelf):
    taken(shelf)
    assert shelf.settled() == []
    assert shelf.names == ["a.csv"]


def test_a_file_whose_run_has_not_ended_is_not_taken_again_either(shelf):
    shelf.put()
    assert len(shelf.settled()) == 1
    assert shelf.settled() == []


def test_it_is_known_after_a_restart(shelf):
    taken(shelf)
    restarted(shelf)
    assert shelf.settled() == []


def test_a_new_version_under_the_same_name_is_taken_as_a_new_file(shelf):
    taken(shelf)
    shelf.put(content="another")
    (run,) = shelf.settled()
    assert shelf.kept(run) == b"another"


def test_nothing_waits_and_no_look_is_due_for_files_that_only_stay(shelf):
    taken(shelf)
    look = shelf.look()
    assert (look.waiting, look.due) == (0, None)


def test_a_file_that_its_owner_writes_on_is_taken_once_it_has_settled_again(shelf):
    shelf.put()
    shelf.look()
    real = shelf.port.copy

    def written_on(*words, **most):
        shelf.port.copy = real
        shelf.put(content="one and two")
        return real(*words, **most)

    shelf.port.copy = written_on
    assert shelf.look(SETTLE).runs == []
    assert shelf.look().runs == [], "it has not settled yet, and is not claimed a second time"
    (run,) = shelf.runs(shelf.look(SETTLE))
    assert shelf.kept(run) == b"one and two"
    assert shelf.settled() == []


def test_a_file_that_its_owner_took_away_before_it_was_read_is_told_of_once(shelf):
    path = shelf.put()
    shelf.look()
    real = shelf.port.copy

    def taken_away(*words, **most):
        path.unlink()
        return real(*words, **most)

    shelf.port.copy = taken_away
    assert "file a.csv" in shelf.look(SETTLE).problems
    assert shelf.look().problems == {}
    assert claims(shelf) == 0


def test_one_that_was_claimed_before_a_crash_is_taken_by_the_next_start(shelf):
    shelf.put()
    shelf.look()

    def killed(*words, **most):
        raise KeyboardInterrupt

    shelf.port.copy = killed
    with pytest.raises(KeyboardInterrupt):
        shelf.look(SETTLE)
    restarted(shelf)
    assert len(shelf.look().runs) == 1
    assert shelf.settled() == []


def test_its_marker_and_checksum_file_stay_with_it(shelf):
    """They are listed on, and still no file is taken twice."""
    habits = IntakeOptions(settle=SETTLE, reserve=0, marker=".done", checksum=".sha256")
    shelf.begin(habits, inbox=Shelf(shelf.inbox))
    shelf.put()
    shelf.put("a.done", "")
    shelf.put("a.csv.sha256", hashlib.sha256(b"one").hexdigest())
    (run,) = shelf.settled()
    assert run.state is State.RECEIVED
    assert shelf.settled() == []
    assert shelf.names == ["a.csv", "a.csv.sha256", "a.done"]


class TestLongMemory:
    """Runs are forgotten in time; the files are not taken again for that."""

    def test_a_file_that_outlives_its_run_is_not_taken_again(self, shelf):
        taken(shelf)
        assert forgotten(shelf) == 1
        assert shelf.settled() == []
        restarted(shelf)
        assert shelf.settled() == []
        assert claims(shelf) == 1

    def test_once_it_is_listed_no_more_nothing_of_it_is_remembered(self, shelf):
        taken(shelf)
        forgotten(shelf)
        (shelf.inbox / "a.csv").unlink()
        shelf.put("b.csv")
        shelf.look()
        assert claims(shelf) == 0

    def test_an_empty_folder_says_nothing_for_its_disk_may_be_out_of_sight(self, shelf):
        taken(shelf)
        forgotten(shelf)
        (shelf.inbox / "a.csv").rename(shelf.site / "a.csv")
        shelf.look()
        (shelf.site / "a.csv").rename(shelf.inbox / "a.csv")
        assert shelf.settled() == []

    def test_of_files_that_are_moved_nothing_is_remembered_longer_than_their_runs(self, world):
        taken(world)
        assert forgotten(world) == 1
        assert claims(world) == 0
