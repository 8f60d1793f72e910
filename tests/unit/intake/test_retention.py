"""What has become old goes; what is unfinished stays, however old it is."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from linecard.pipeline.retention import RetentionBounds, prune
from linecard.store.tables import outbox

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def put(tmp_path):
    """Makes a file of so many bytes, so many days old."""

    def put(name: str, days: float = 0, size: int = 10):
        path = tmp_path / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        then = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (then, then))
        return path

    return put


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "archive").rglob("*") if path.is_file() or path.is_symlink())


def test_files_that_are_too_old_go_with_the_folders_that_become_empty(tmp_path, put):
    put("2025/05/old.csv", days=10.1)
    put("2026/05/new.csv", days=9.9)
    assert prune(tmp_path / "archive", RetentionBounds(10, None), NOW) == 1
    assert left(tmp_path) == ["new.csv"]
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["2026"]


def test_of_too_many_the_oldest_go_until_the_rest_is_small_enough(tmp_path, put):
    for days in range(5):
        put(f"{days}.csv", days=days, size=100)
    assert prune(tmp_path / "archive", RetentionBounds(None, 250), NOW) == 3
    assert left(tmp_path) == ["0.csv", "1.csv"]


def test_what_is_to_be_kept_stays_however_old_and_large(tmp_path, put):
    kept = put("kept.csv", days=1000, size=1000)
    put("old.csv", days=900)
    put("new.csv", days=1)
    assert prune(tmp_path / "archive", RetentionBounds(10, 1), NOW, keep=[kept]) == 2
    assert left(tmp_path) == ["kept.csv"]


def test_without_bounds_nothing_goes(tmp_path, put):
    put("old.csv", days=10_000)
    assert prune(tmp_path / "archive", RetentionBounds(None, None), NOW) == 0
    assert left(tmp_path) == ["old.csv"]


def test_links_are_neither_followed_nor_removed(tmp_path, put):
    outside = tmp_path / "outside.csv"
    outside.write_text("mine")
    os.utime(outside, (0, 0))
    put("old.csv", days=20)
    (tmp_path / "archive" / "link").symlink_to(outside)
    (tmp_path / "archive" / "folder").symlink_to(tmp_path)
    assert prune(tmp_path / "archive", RetentionBounds(10, 1), NOW) == 1
    assert outside.read_text() == "mine"
    assert left(tmp_path) == ["folder", "link"]


def test_a_folder_that_is_not_there_is_no_matter(tmp_path):
    assert prune(tmp_path / "none", RetentionBounds(1, 1), NOW) == 0


class TestUnfinished:
    """The archive of a site: a drop goes when its run has ended and its file was parted with, not before."""

    def test_the_drop_of_a_run_that_has_not_ended_is_to_be_kept(self, world):
        world.put()
        (run,) = world.settled()
        assert world.store.list_unfinished_drops() != []
        world.end(run)
        assert world.store.list_unfinished_drops() == [run.drop.path], "its file was not parted with yet"
        world.intake.settle_files()
        assert world.store.list_unfinished_drops() == []

    def test_a_run_whose_file_was_not_parted_with_or_whose_report_waits_is_not_forgotten(self, world):
        world.put()
        (run,) = world.settled()
        world.end(run)
        later = datetime.now(UTC) + timedelta(days=400)
        assert world.store.prune(later) == 0
        world.intake.settle_files()
        assert world.store.prune(later) == 0, "its report waits"
        with world.store.transaction() as connection:
            connection.execute(sa.update(outbox).values(delivered=world.store.now()))
        assert world.store.prune(later) == 1
        assert world.store.list_runs() == []

    def test_a_run_that_has_not_ended_is_never_forgotten(self, world):
        world.put()
        world.settled()
        assert world.store.prune(datetime.now(UTC) + timedelta(days=4000)) == 0
