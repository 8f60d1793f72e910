"""From a file on a server to its report, against OpenSSH."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from datetime import UTC, datetime

import pytest

from integration.daemon.site import LINECARD, eventually, rows
from linecard.store.restore_marker import RestoreMarker, write_restore_marker

ADA, BOB = rows("ada 1000"), rows("bob 1001")


def aside(server):
    """What lies claimed on the server."""
    folder = server.inbox / ".linecard"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_on_a_server_is_carried_out_reported_and_gone(server, office):
    server.put("joiners.csv", ADA)
    done = office.run("once", "--json")
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["state"] == "applied"
    assert office.held == {"1000": "ada@example.org"}
    assert len(office.reports) == 1
    assert (server.names, aside(server)) == ([], [])


def test_what_is_kept_is_what_was_sent_byte_for_byte(server, office):
    content = (ADA + "% a comment of caf\u00e9\n" * 40_000).encode()
    server.put("large.csv", content)
    assert office.once() == []
    (kept,) = (path for path in (office.folder / "archive").rglob("*large.csv"))
    assert kept.read_bytes() == content


def test_the_daemon_finds_what_comes(server, office):
    with office.served():
        server.put("a.csv", ADA)
        eventually(lambda: office.came_to(a="applied"), "a file is carried out")
        server.put("b.csv", BOB)
        eventually(lambda: office.came_to(b="applied"), "the next one too")
        eventually(lambda: not server.names and not aside(server), "both are gone from the server")
    assert server.logins == 1, "one connection serves all looks"


def test_inboxes_on_one_server_share_one_connection(server, open_office):
    names = [f"inbox{number}" for number in range(20)]
    office = open_office(server, inboxes={name: {} for name in names})
    for name in names[1:]:
        (server.home / name).mkdir()
    text = (office.folder / "linecard.yaml").read_text()
    for name in names[1:]:
        before, _, after = text.partition(f"  {name}: ")
        text = f"{before}  {name}: {after.replace(json.dumps('hr'), json.dumps(name), 1)}"
    office.configure(text)
    assert office.once() == []
    assert server.logins == 1


@pytest.mark.parametrize("after", ["archive done", "archive {home}/elsewhere"])
def test_a_file_is_archived_on_the_server_where_that_is_wanted(server, open_office, after):
    office = open_office(server, inboxes={"hr": {"after": after.format(home=server.home)}})
    server.put("a.csv", ADA)
    assert office.once() == []
    folder = server.inbox / "done" if after == "archive done" else server.home / "elsewhere"
    assert [path.name for path in folder.iterdir()] == ["a.csv"]
    assert (folder / "a.csv").read_text() == ADA
    assert server.names == []


def test_an_archive_never_loses_an_older_file_of_the_same_name(server, open_office):
    office = open_office(server, inboxes={"hr": {"after": "archive done"}})
    for content in (ADA, BOB):
        server.put("a.csv", content)
        assert office.once() == []
    found = sorted(path.read_text() for path in (server.inbox / "done").iterdir())
    assert found == sorted([ADA, BOB])


def test_odd_names_stop_no_other_file(server, office):
    """One name that is no UTF-8 made a whole listing fail in other programs; one with a newline is left alone."""
    server.put(b"caf\xe9.csv", ADA)
    server.put("two\nlines.csv", BOB)
    server.put("-n; rm.csv", rows("cleo 1002"))
    troubles = office.once()
    assert office.held == {"1000": "ada@example.org", "1002": "cleo@example.org"}
    assert [trouble for trouble in troubles if "two" in trouble] != []
    assert server.names == ["two\nlines.csv"]


def test_claimed_files_on_the_server_that_the_database_does_not_know_are_told(server, office):
    """As after a restore: they were claimed after the backup was made, and nothing else knows of them."""
    server.put("joiners.csv", ADA)
    assert office.once() == []
    lost = server.inbox / ".linecard" / f"{'a' * 32}__leavers.csv"
    lost.write_text(BOB)
    findings = json.loads(office.run("doctor", "--json").stdout)
    (found,) = [each for each in findings if each["check"] == "inbox hr claims"]
    assert f"has 1 taken files that the database does not know, such as {lost.name}." in found["message"]
    assert str(server.port) in found["message"], "which server"
    assert office.once() == [], "the server is asked at each look only while a restore is in doubt"
    now = datetime.now(UTC)
    write_restore_marker(office.folder / "state", RestoreMarker(now, now, 1))
    (alert,) = [alert for alert in office.once() if alert.startswith("claims of hr")]
    assert lost.name in alert
    assert "Move them back into the inbox under their own names" in alert
    assert lost.read_text() == BOB
    lost.unlink()
    assert [alert for alert in office.once() if alert.startswith("claims of")] == []


def test_links_and_folders_are_not_taken(server, office):
    (server.inbox / "link.csv").symlink_to("/etc/hostname")
    (server.inbox / "folder.csv").mkdir()
    troubles = office.once()
    assert office.files == []
    assert any("link" in trouble for trouble in troubles)


class TestReadOnly:
    """An account that may change nothing: files are known by name, size and time."""

    @pytest.fixture
    def shelf(self, serve, open_office):
        server = serve(flags="-R")
        return server, open_office(server, inboxes={"hr": {"claim": None}})

    def test_each_file_is_taken_once(self, shelf):
        server, office = shelf
        server.put("a.csv", ADA)
        assert office.once() == []
        server.put("b.csv", BOB)
        assert office.once() == []
        assert office.once() == []
        assert office.files == ["a.csv", "b.csv"]
        assert server.names == ["a.csv", "b.csv"]

    def test_a_new_version_is_taken_as_a_new_file(self, shelf):
        server, office = shelf
        server.put("a.csv", ADA)
        assert office.once() == []
        server.put("a.csv", ADA + "attach,bob@example.org,,1001,\n")
        assert office.once() == []
        assert office.files == ["a.csv", "a.csv"]
        assert office.held == {"1000": "ada@example.org", "1001": "bob@example.org"}

    def test_the_daemon_takes_it_once_over_many_looks(self, shelf):
        server, office = shelf
        server.put("a.csv", ADA)
        with office.served():
            eventually(lambda: office.came_to(a="applied"), "it is carried out")
            server.put("b.csv", BOB)
            eventually(lambda: office.came_to(b="applied"), "the next one too")
        assert office.files == ["a.csv", "b.csv"]

    def test_an_account_that_may_not_rename_is_told_what_to_set(self, serve, open_office):
        server = serve(flags="-R")
        server.put("a.csv", ADA)
        assert "claim: null" in " ".join(open_office(server).once())


@pytest.mark.parametrize("claim", [".linecard", None], ids=["moved", "remembered"])
class TestSideFiles:
    """A file that says that another is finished, or what its bytes add up to, goes where that one goes."""

    @pytest.fixture
    def office(self, server, open_office, claim):
        after = {"after": "delete"} if claim is None else {}
        return open_office(server, inboxes={"hr": {"claim": claim} | after}, marker=".done", checksum=".sha256")

    def test_a_file_is_taken_when_both_are_there(self, server, office):
        server.put("a.csv", ADA)
        server.put("a.csv.sha256", f"{hashlib.sha256(ADA.encode()).hexdigest()}  a.csv\n")
        assert office.once() == []
        assert office.runs == {}, "its marker is missing"
        server.put("a.done", "")
        assert office.once() == []
        assert office.held == {"1000": "ada@example.org"}
        assert (server.names, aside(server)) == ([], [])

    def test_one_whose_bytes_add_up_to_something_else_is_refused_with_a_report(self, server, office):
        server.put("a.csv", ADA)
        server.put("a.sha256", hashlib.sha256(BOB.encode()).hexdigest())
        server.put("a.csv.done", "")
        office.once()
        assert office.runs == {"a.csv": "rejected"}
        assert len(office.reports) == 1
        assert (server.names, aside(server)) == ([], [])


def test_two_sites_on_one_account_take_each_file_once(server, open_office):
    """The rename on the server decides; of two that want a file, one gets it."""
    offices = [open_office(server, name) for name in ("one", "two")]
    wanted = [f"{number}.csv" for number in range(40)]
    for number, name in enumerate(wanted):
        server.put(name, rows(f"member{number} {1000 + number}"))
    both = [
        subprocess.Popen([*LINECARD, "once"], env=office.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for office in offices
    ]
    said = [process.communicate(timeout=60)[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted(offices[0].files + offices[1].files) == sorted(wanted)
    assert (server.names, aside(server)) == ([], [])


def test_a_file_that_grows_is_taken_when_it_is_whole(server, office):
    path = server.put("a.csv", ADA[:20])
    with office.looking() as hr:
        assert hr.look().runs == []
        path.write_text(ADA[:40])
        assert hr.look(0.2).runs == []
        path.write_text(ADA)
        assert hr.look(0.2).runs == []
        assert len(hr.look(0.2).runs) == 1
    (kept,) = (office.folder / "archive").rglob("*a.csv")
    assert kept.read_text() == ADA


def test_one_that_is_written_on_after_it_was_claimed_is_taken_whole(server, office):
    """A rename takes no producer's open file away: what it writes then arrives all the same."""
    with server.put("a.csv", ADA[:-5]).open("a") as writer, office.looking() as hr:
        real = hr.intake._inbox.claim

        def claimed(wanted):
            found = real(wanted)
            writer.write(ADA[-5:])
            writer.flush()
            return found

        hr.look()
        hr.intake._inbox.claim = claimed
        assert hr.look(0.2).runs == []
        assert len(hr.look(0.2).runs) == 1
    (kept,) = (office.folder / "archive").rglob("*a.csv")
    assert kept.read_text() == ADA


def test_one_that_was_written_to_after_it_was_taken_comes_back_as_a_new_file(server, office):
    server.put("a.csv", ADA)
    with office.looking() as hr:
        hr.look()
        (_run_id,) = hr.look(0.2).runs
        (claimed,) = (server.inbox / ".linecard").iterdir()
        with claimed.open("a") as writer:
            writer.write("attach,bob@example.org,,1001,\n")
        os.utime(claimed, (1, 1))
    assert office.once() == []
    assert office.once() == []
    assert office.files == ["a.csv", "a.csv"]
    assert office.held == {"1000": "ada@example.org", "1001": "bob@example.org"}
    assert server.names == []


class TestAway:
    """A server that is away is told of, and files flow again by themselves."""

    def test_the_daemon_goes_on_when_it_is_back(self, server, office):
        with office.served() as serving:
            server.put("a.csv", ADA)
            eventually(lambda: office.came_to(a="applied"), "a file is carried out")
            server.stop()
            eventually(lambda: office.told("inbox hr"), "the trouble is told")
            server.put("b.csv", BOB)
            server.start()
            eventually(lambda: office.came_to(b="applied"), "what came meanwhile is carried out")
            eventually(lambda: not office.told("inbox hr"), "the trouble is over")
            serving.end()
            told = [line for line in serving.log.splitlines() if 'alert what="inbox hr"' in line]
            assert len(told) == len(set(told)), "each trouble is told once, not at each look"

    def test_it_is_named_with_what_to_look_at(self, server, office):
        server.stop()
        (trouble,) = office.once()
        assert f"[127.0.0.1]:{server.port} cannot be reached" in trouble
        assert f"nc -vz 127.0.0.1 {server.port}" in trouble
