"""`linecard inbox trust` and `linecard doctor`, on real servers."""

from __future__ import annotations

import json
import subprocess

import pytest

from house import forked
from integration.daemon.site import rows
from integration.sftp.sshd import USER, fingerprint, made_key

ADA = rows("ada 1000")


@pytest.fixture
def new(open_office, server):
    """A site that was just set up: it trusts nobody yet."""
    return open_office(server, inboxes={"hr": {"known_hosts": None}})


def trust(office, answer: str) -> subprocess.CompletedProcess[str]:
    words = [forked.command(), "inbox", "trust", "hr"]
    return subprocess.run(words, env=office.environment, input=answer, capture_output=True, text=True, check=False)


def steps(office) -> dict[str, bool]:
    """What the doctor says of the way to the inbox."""
    found = json.loads(office.run("doctor", "--json").stdout)
    findings = found["findings"] if isinstance(found, dict) else found
    return {f["check"]: f["ok"] for f in findings if f["check"].startswith("inbox hr")}


class TestTrust:
    def test_on_yes_the_key_is_trusted_from_now_on(self, server, new):
        done = trust(new, "y\n")
        assert done.returncode == 0, done.stderr
        assert fingerprint(server.host_keys[0]) in done.stdout
        server.put("a.csv", ADA)
        assert new.once() == []
        assert new.files == ["a.csv"]

    def test_on_no_nothing_is_changed(self, new):
        assert trust(new, "n\n").returncode == 1
        assert not (new.folder / "state" / "known_hosts").exists()
        assert new.once() != []

    def test_a_changed_key_is_shown_beside_the_one_that_was_trusted(self, server, new):
        trust(new, "y\n")
        was = fingerprint(server.host_keys[0])
        server.rekeyed()
        done = trust(new, "y\n")
        assert f"In its place {was} was trusted until now" in done.stdout
        assert fingerprint(server.host_keys[0]) in done.stdout
        assert new.once() == []

    def test_it_writes_where_the_inbox_says(self, server, office):
        known = office.folder / "known_hosts"
        known.write_text("")
        assert trust(office, "y\n").returncode == 0
        assert known.read_text() == "".join(f"{' '.join(line.split()[:3])}\n" for line in server.known.splitlines())

    def test_no_login_is_tried(self, server, new):
        trust(new, "y\n")
        assert server.logins == 0


class TestDoctor:
    """Each step of the way by itself; what comes after the first that fails is not tried."""

    def test_all_is_well(self, server, office):
        server.put("a.csv", ADA)
        assert list(steps(office).items()) == [
            (f"inbox hr {step}", True) for step in ("reach", "host key", "login", "list", "claim", "read")
        ]
        assert server.names == ["a.csv"], "what was tried was put back"

    def test_the_server_is_off(self, server, office):
        server.stop()
        assert steps(office) == {"inbox hr reach": False}

    def test_its_key_is_not_trusted(self, new):
        assert steps(new) == {"inbox hr reach": True, "inbox hr host key": False}

    def test_it_does_not_let_us_in(self, server, open_office, folder):
        office = open_office(server, inboxes={"hr": {"key": str(made_key(folder / "stranger"))}})
        assert list(steps(office).values()) == [True, True, False]
        assert USER in office.run("doctor").stdout

    def test_there_is_no_such_folder(self, server, office):
        server.inbox.rmdir()
        assert list(steps(office).values()) == [True, True, True, False]

    def test_nothing_can_be_archived(self, server, open_office):
        """What would else be found out when the first run has ended."""
        office = open_office(server, inboxes={"hr": {"after": "archive done/2026"}})
        server.put("done", "a file, and no folder")
        assert list(steps(office).values()) == [True, True, True, True, False]
        assert "hr/done/2026" in office.run("doctor").stdout

    def test_nothing_may_be_renamed(self, serve, open_office):
        office = open_office(serve(flags="-R"))
        assert list(steps(office).values()) == [True, True, True, True, False]
        assert "claim: null" in office.run("doctor").stdout


def test_a_key_that_was_made_for_the_inbox_is_used_by_itself(server, open_office):
    """As docs/sftp.md has it: trust the server, make the key, have it let in."""
    office = open_office(server, inboxes={"hr": {"known_hosts": None, "key": None}})
    trust(office, "y\n")
    assert "neither key nor password" in str(office.once())
    assert office.run("keys", "make", "--ssh", "hr").returncode == 0
    with (server.folder / "authorized_keys").open("a") as file:
        file.write(office.run("keys", "export", "hr").stdout)
    server.put("a.csv", ADA)
    assert office.once() == []
    assert office.files == ["a.csv"]
