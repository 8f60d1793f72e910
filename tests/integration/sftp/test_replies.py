"""Results go back where the file came from, against OpenSSH."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from contextlib import closing

import pytest

from integration.daemon.site import HEADER, rows

ADA = rows("ada 1000")
BOTH = rows("ada 1000") + "attach,bob@example.org,,1000,\n"
"""The second one is refused: 1000 is held by then."""


@pytest.fixture
def office(server, open_office):
    return open_office(server, reply="../results")


@pytest.fixture
def results(server):
    return server.home / "results"


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def retried(office) -> list[str]:
    """A person has the letters of the queue tried now; the troubles then."""
    for (letter,) in office.ask("SELECT id FROM outbox WHERE kind LIKE 'reply/%' AND delivered IS NULL"):
        assert office.run("outbox", "retry", str(letter)).returncode == 0
    return office.once()


def test_the_report_and_the_retry_sheet_lie_in_the_folder(server, office, results):
    """As they lie in the archive, under the same names; nothing else is there."""
    server.put("joiners.csv", BOTH)
    assert office.once() == []
    assert names(results) == ["000001-hr-joiners.csv", "000001-hr-joiners.retry.csv"]
    for path in results.iterdir():
        (kept,) = (office.folder / "reports").rglob(path.name)
        assert path.read_bytes() == kept.read_bytes()
    with (results / "000001-hr-joiners.csv").open(encoding="utf-8-sig", newline="") as file:
        said = [row["Outcome"] for row in csv.DictReader(file)]
    assert said == ["done", "refused"]


def test_a_run_without_anything_to_send_again_has_a_report_alone(server, office, results):
    server.put("joiners.csv", ADA)
    assert office.once() == []
    assert names(results) == ["000001-hr-joiners.csv"]


def test_a_file_that_is_refused_whole_has_a_reply_that_says_why(server, office, results):
    server.put("joiners.csv", "no,such\ncolumns,here\n")
    office.once()
    (name,) = [name for name in names(results) if "retry" not in name]
    assert "Action" in (results / name).read_text(encoding="utf-8-sig")


def test_a_run_that_waits_for_a_person_has_its_reply_when_that_was_decided(server, open_office, results):
    office = open_office(server, reply="../results", limits={"detach": {"count": 1}})
    server.put("joiners.csv", rows("ada 1000", "bob 1001"))
    assert office.once() == []
    server.put("leavers.csv", HEADER + "detach,ada@example.org,,,\ndetach,bob@example.org,,,\n")
    office.once()
    assert names(results) == ["000001-hr-joiners.csv"]
    said = office.run("approve", "2", json.loads(office.run("show", "2", "--json").stdout)["checksum"])
    assert said.returncode == 0, said.stderr
    office.once()
    assert names(results) == ["000001-hr-joiners.csv", "000002-hr-leavers.csv"]


def test_a_reply_that_was_put_before_a_crash_is_put_once(server, office, results):
    """Killed between putting it and writing that down, linecard puts it again: it finds it and lets it lie."""
    server.put("joiners.csv", ADA)
    office.once()
    (path,) = results.iterdir()
    before = path.stat()
    with closing(sqlite3.connect(office.folder / "state" / "linecard.db")) as db, db:
        db.execute("UPDATE outbox SET delivered = NULL WHERE kind LIKE 'reply/%'")
    assert office.once() == []
    assert names(results) == [path.name]
    assert path.stat().st_ino == before.st_ino
    assert office.ask("SELECT count(*) FROM outbox WHERE delivered IS NULL") == [(0,)]


def test_a_file_of_somebody_else_is_in_the_way_and_stays(server, office, results):
    results.mkdir()
    (results / "000001-hr-joiners.csv").write_text("mine")
    server.put("joiners.csv", ADA)
    (said,) = office.once()
    assert "sink reply/hr" in said
    assert "another file than the one to be put there" in said
    assert (results / "000001-hr-joiners.csv").read_text() == "mine"
    (results / "000001-hr-joiners.csv").unlink()
    assert retried(office) == []
    assert names(results) == ["000001-hr-joiners.csv"]


def test_a_connection_that_breaks_in_the_middle_leaves_no_result_in_part(server, office, results):
    """The server dies at each write beyond its limit, as with a full disk; later it is put whole."""
    server.limit = 65_536
    server.stop()
    server.start()
    server.put("joiners.csv", HEADER + "".join(f"attach,p{n}@example.org,,{1000 + n},\n" for n in range(2000)))
    (said,) = office.once()
    assert "reports wait" in said
    assert [name for name in names(results) if not name.startswith(".")] == []
    assert "reply/hr" in office.run("outbox", "list").stdout
    server.limit = None
    server.stop()
    server.start()
    assert retried(office) == []
    (path,) = results.iterdir()
    (kept,) = (office.folder / "reports").rglob(path.name)
    assert path.read_bytes() == kept.read_bytes()


@pytest.mark.parametrize(
    ("flags", "told"),
    [("", r"inbox hr reply.*into hr/../results"), ("-P rename", r"inbox hr reply[\s\S]*Nothing can be put into")],
)
def test_the_doctor_tells_whether_results_can_be_put(serve, open_office, flags, told):
    """And what it put to find out it takes away."""
    server = serve(flags=flags)
    office = open_office(server, inboxes={"hr": {"claim": None, "after": "leave"}}, reply="../results")
    assert re.search(told, office.run("doctor").stdout)
    assert names(server.home / "results") == []
