"""Who is let in, and which server is believed, against OpenSSH."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from integration.daemon.site import rows
from integration.sftp.hostile import Hostile
from integration.sftp.office import Office
from integration.sftp.sshd import USER, fingerprint, made_key
from linecard.runtime.alerts import find_inbox_alerts
from linecard.runtime.service import Service

ADA = rows("ada 1000")
END = datetime(2027, 6, 30, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_keys_of_each_kind_with_a_passphrase(server, open_office, folder, monkeypatch, kind):
    key = made_key(folder / f"id_{kind}", kind, "open sesame")
    server.lets_in(key)
    monkeypatch.setenv("PASSPHRASE", "open sesame")
    office = open_office(server, inboxes={"hr": {"key": str(key), "passphrase": "env:PASSPHRASE"}})
    server.put("a.csv", ADA)
    assert office.once() == []
    assert office.files == ["a.csv"]


def refused(office) -> str:
    """What a look says that cannot be made."""
    (alert,) = office.once()
    assert office.files == []
    return alert


def test_a_wrong_passphrase_is_told(server, open_office, folder, monkeypatch):
    key = made_key(folder / "locked", "ed25519", "open sesame")
    monkeypatch.setenv("PASSPHRASE", "open barley")
    office = open_office(server, inboxes={"hr": {"key": str(key), "passphrase": "env:PASSPHRASE"}})
    assert "cannot be opened with its passphrase" in refused(office)
    assert server.logins == 0


def test_a_key_that_is_not_let_in_is_told_with_the_account(server, open_office, folder):
    office = open_office(server, inboxes={"hr": {"key": str(made_key(folder / "stranger"))}})
    assert f"does not let {USER} in" in refused(office)


def test_a_key_that_others_can_read_is_not_used(server, office, key):
    key.chmod(0o644)
    assert f"chmod 600 {key}" in refused(office)
    assert server.logins == 0


def test_a_certificate_is_shown_with_its_key(server, open_office, folder):
    """The server knows the authority alone, not the key."""
    authority, key = made_key(folder / "authority"), made_key(folder / "signed")
    (server.folder / "authorities").write_text((folder / "authority.pub").read_text())
    words = ["ssh-keygen", "-q", "-s", str(authority), "-I", "linecard", "-n", USER, f"{key}.pub"]
    subprocess.run(words, check=True, capture_output=True)
    server.put("a.csv", ADA)
    office = open_office(server, inboxes={"hr": {"key": str(key)}})
    assert office.once() == []
    assert office.files == ["a.csv"]


def test_a_certificate_that_expires_is_told_of_ahead(server, open_office, folder):
    """At 60, 30 and 7 days and when it has expired, as keys are; by the doctor, too. The server is not asked."""
    authority, key = made_key(folder / "authority"), made_key(folder / "signed")
    (server.folder / "authorities").write_text((folder / "authority.pub").read_text())
    office = open_office(server, inboxes={"hr": {"key": str(key)}, "it": {"key": str(key)}})

    def told(ahead: int, *until: str) -> list[str]:
        words = ["ssh-keygen", "-q", "-s", str(authority), "-I", "linecard", "-n", USER, *until, f"{key}.pub"]
        subprocess.run(words, check=True, capture_output=True)
        with Service.load(office.folder / "linecard.yaml", now=lambda: END - timedelta(days=ahead)) as service:
            return [f"{alert.what}: {alert.message}" for alert in find_inbox_alerts(service)]

    until = ("-V", f"-1d:{END:%Y%m%d%H%M%SZ}")
    what = f"certificate for [{server.address}]:{server.port}: the SSH certificate for {USER} at "
    assert [len(told(ahead, *until)) for ahead in (61, 59, 29, 6, -1)] == [0, 1, 1, 1, 1]
    assert told(6, *until)[0].startswith(what)
    assert "expires on 2027-06-30, in less than 7 days" in told(6, *until)[0]
    assert "expired on 2027-06-30" in told(-1, *until)[0]
    assert told(-1) == []  # one that never expires
    told(0, "-V", f"-2d:+{20}d")
    (said,) = [found for found in json.loads(office.run("doctor", "--json").stdout) if "certificate" in found["check"]]
    assert (said["ok"], "in less than 30 days" in said["message"]) == (False, True)
    assert server.logins == 2  # the doctor's own, for each inbox


class TestHostKeys:
    """A server that is not the one we know gets neither a login nor a file."""

    def test_an_unknown_one_is_refused_with_its_fingerprint(self, server, office):
        (office.folder / "known_hosts").write_text("")
        said = refused(office)
        assert fingerprint(server.host_keys[0]) in said
        assert f"ssh-keyscan -p {server.port} 127.0.0.1 | ssh-keygen -lf -" in said
        assert "linecard inbox trust hr" in said
        assert server.logins == 0

    def test_a_changed_one_is_refused_with_both_fingerprints(self, server, office):
        was = fingerprint(server.host_keys[0])
        server.rekeyed()
        said = refused(office)
        assert was in said
        assert fingerprint(server.host_keys[0]) in said
        assert server.logins == 0

    def test_a_wrong_fingerprint_is_refused_with_both(self, server, open_office):
        wrong = "SHA256:" + 43 * "A"
        said = refused(open_office(server, inboxes={"hr": {"known_hosts": None, "fingerprint": wrong}}))
        assert wrong in said
        assert fingerprint(server.host_keys[0]) in said
        assert server.logins == 0

    def test_the_right_fingerprint_is_enough(self, server, open_office):
        right = fingerprint(server.host_keys[0])
        server.put("a.csv", ADA)
        office = open_office(server, inboxes={"hr": {"known_hosts": None, "fingerprint": right}})
        assert office.once() == []
        assert office.files == ["a.csv"]

    @pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
    def test_a_key_of_another_type_than_the_server_prefers_is_asked_for(self, server, open_office, kind):
        """Other programs refuse a server whose second key they know, for they are shown the first."""
        server.stop()
        second = made_key(server.folder / f"host_{kind}", kind)
        server.host_keys.append(second)
        server.start()
        office = open_office(server)
        (office.folder / "known_hosts").write_text(server.known.splitlines()[1] + "\n")
        assert office.once() == []
        office.sets_up({"hr": {"known_hosts": None, "fingerprint": fingerprint(second)}})
        assert office.once() == []

    def test_a_hashed_file_of_known_hosts_is_understood(self, server, office):
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(office.folder / "known_hosts")], check=True)
        assert "127.0.0.1" not in (office.folder / "known_hosts").read_text()
        assert office.once() == []

    def test_a_revoked_key_is_refused(self, server, office):
        known = office.folder / "known_hosts"
        known.write_text(f"{server.known}@revoked {server.known}")
        assert fingerprint(server.host_keys[0]) in refused(office)


def test_a_server_is_reached_through_another(serve, open_office):
    gate, server = serve("gate", forwarding="yes"), serve("server")
    known = {"known_hosts": "known_hosts"}
    office = open_office(server)
    (office.folder / "known_hosts").write_text(gate.known + server.known)
    jump = {"host": "127.0.0.1", "port": gate.port, "user": USER, "key": office._way["key"]} | known
    office.sets_up({"hr": {"jump": jump}})
    server.put("a.csv", ADA)
    assert office.once() == []
    assert office.files == ["a.csv"]
    assert gate.logins == 1


def test_a_gate_that_is_not_the_one_we_know_is_refused(serve, open_office):
    gate, server = serve("gate", forwarding="yes"), serve("server")
    office = open_office(server)
    jump = {"host": "127.0.0.1", "port": gate.port, "user": USER, "key": office._way["key"]}
    office.sets_up({"hr": {"jump": jump | {"known_hosts": "known_hosts"}}})
    assert fingerprint(gate.host_keys[0]) in refused(office)
    assert (gate.logins, server.logins) == (0, 0)


def test_an_address_of_ipv6(serve, open_office):
    server = serve(address="::1")
    server.put("a.csv", ADA)
    office = open_office(server)
    assert office.once() == []
    assert office.files == ["a.csv"]


class TestPassword:
    """For servers that take no key; it stands in the environment or a file, never in the configuration."""

    @pytest.fixture
    def office(self, folder, key):
        hostile = Hostile(folder, password="right horse")
        hostile.put(b"a.csv", rows("ada 1000").encode())
        yield Office(folder / "site", hostile, key, inboxes={"hr": {"key": None, "password": "env:SFTP_PASSWORD"}})
        hostile.close()

    def test_it_lets_in(self, office, monkeypatch):
        monkeypatch.setenv("SFTP_PASSWORD", "right horse")
        assert office.once() == []
        assert office.held == {"1000": "ada@example.org"}

    def test_a_wrong_one_is_told_and_not_shown(self, office, monkeypatch):
        monkeypatch.setenv("SFTP_PASSWORD", "wrong horse")
        (said,) = office.once()
        assert "does not let" in said
        assert "horse" not in said

    def test_a_missing_one_is_told_by_its_reference(self, office, monkeypatch):
        monkeypatch.delenv("SFTP_PASSWORD", raising=False)
        (said,) = office.once()
        assert "SFTP_PASSWORD" in said


def test_a_server_that_names_no_way_in_is_told_of_in_a_whole_sentence(folder, key, hostile):
    hostile.password, hostile.names_no_way = "right horse", True
    (said,) = Office(folder / "site", hostile, key).once()
    assert "names no other way to log in" in said
