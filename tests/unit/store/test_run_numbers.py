"""A run's number names that run for ever: after runs were forgotten, and after an older database was put back."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linecard.model.run import Drop
from linecard.pipeline.unknown_runs import find_unknown_runs, skip_used_numbers
from linecard.store.store import Store
from linecard.store.tables import drop, run

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)


def begin(store: Store) -> int:
    with store.transaction() as connection:
        found = Drop("a.csv", "0" * 64, 1, "2026/12/x__a.csv")
        return store.receive(connection, "hr", found, description="", who="ada")


def write_report(reports: Path, number: int) -> Path:
    file = reports / "2026" / "12" / f"{number:06}-hr-a.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a report")
    return file


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("archive", "reports", "work")}
    for folder in found.values():
        folder.mkdir()
    return found


def test_numbers_go_on_when_all_runs_were_forgotten(store: Store) -> None:
    numbers = [begin(store) for _ in range(3)]
    with store.transaction() as connection:
        for table in (run, drop):
            connection.execute(table.delete())
    assert [*numbers, begin(store)] == [1, 2, 3, 4]


def test_an_older_database_gives_no_number_that_a_report_has(tmp_path: Path, folders: dict[str, Path]) -> None:
    """And it stays true, and said, while the reports are there that no run stands behind."""
    state, backup = tmp_path / "state", tmp_path / "backup.db"
    first = Store.open(state, lambda: NOW)
    begin(first)
    first.close()
    shutil.copyfile(state / "linecard.db", backup)
    later = Store.open(state, lambda: NOW)
    for number in (begin(later), begin(later)):
        write_report(folders["reports"], number)
    later.close()
    for left in state.glob("linecard.db*"):
        left.unlink()
    shutil.copyfile(backup, state / "linecard.db")

    old = Store.open(state, lambda: NOW)
    (alert,) = find_unknown_runs(old, **folders)
    assert alert.message == f"{folders['reports']} has runs 2 to 3, which the database does not know."
    assert skip_used_numbers(old, folders["reports"])
    assert not skip_used_numbers(old, folders["reports"])
    assert begin(old) == 4
    write_report(folders["reports"], 4)
    assert [alert.what for alert in find_unknown_runs(old, **folders)] == ["reports"]
    for number in (2, 3):
        write_report(folders["reports"], number).unlink()
    assert list(find_unknown_runs(old, **folders)) == []
    old.close()


def test_files_of_the_archive_that_came_after_the_last_event_are_told(tmp_path: Path, folders: dict[str, Path]) -> None:
    store = Store.open(tmp_path / "state", lambda: NOW)
    begin(store)
    month = folders["archive"] / "2026" / "12"
    month.mkdir(parents=True)
    for name, after in (("x__a.csv", 600), ("y__b.csv", 600), ("z__c.csv", -600)):
        (month / name).write_text("")
        os.utime(month / name, (NOW.timestamp() + after, NOW.timestamp() + after))
    (alert,) = find_unknown_runs(store, **folders)
    assert (alert.what, "such as 2026/12/y__b.csv" in alert.message) == ("archive", True)
    store.close()


def test_taken_files_that_no_claim_knows_are_told_with_the_inbox(store: Store, folders: dict[str, Path]) -> None:
    taken = folders["work"] / "hr" / ("a" * 32)
    taken.parent.mkdir()
    taken.write_text("Action,LoginEmail")
    (alert,) = find_unknown_runs(store, **folders)
    assert alert.what == "inbox hr"
    assert "Move them back into the inbox" in alert.remedy
