"""The keys of a site: made, exchanged, extended, and told of before they expire."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from integration.packing.people import Person, agents, gone_afterwards, must_have_gpg
from integration.packing.reading import SHEET, Desk, context_of
from linecard.api import Secret
from linecard.api.keyring import KeyringError
from linecard.api.opener import OpenerError
from linecard.runtime.engine import Engine
from linecard.runtime.health import Health
from linecard.runtime.service import Service
from linecard_packing.options import PgpOptions, SshOptions
from linecard_packing.pgp_keys import PgpKeyring
from linecard_packing.ssh_keys import SshKeyring

DAY = timedelta(days=1)
TODAY = datetime.now(UTC)


@pytest.fixture
def place() -> Iterator[Path]:
    must_have_gpg()
    folder = Path(tempfile.mkdtemp(prefix="lc-"))
    with gone_afterwards(folder / "state" / "gnupg", folder / "hr"):
        yield folder
    shutil.rmtree(folder)


@pytest.fixture
def keyring(place) -> Iterator[PgpKeyring]:
    made = PgpKeyring(PgpOptions(), context_of(place, place / "state"))
    yield made
    made.close()
    until = time.monotonic() + 30
    while agents(place / "state" / "gnupg"):  # it says yes, and then takes its sockets away
        assert time.monotonic() < until, "its agent outlived it"
        time.sleep(0.01)


def alerts(place: Path, now: datetime, **options: object) -> list[str]:
    desk = Desk(place / "state", place)
    found = [f"{alert.what}: {alert.message}" for alert in desk.opener("pgp", **options).alerts(now)]
    desk.close()
    return found


def test_a_key_is_made_exchanged_and_used(place, keyring):
    """Its public half goes to the sender, the sender's comes here; then a file can be read."""
    until = date(TODAY.year + 2, 6, 30)
    key = keyring.create_key("Example Ltd <hr@example.com>", until)
    assert (key.secret, key.owner, key.expires.date()) == (True, "Example Ltd <hr@example.com>", until)
    assert stat.S_IMODE((place / "state" / "gnupg").stat().st_mode) == 0o700
    public = keyring.export_key(key.id, "pgp")
    assert public.startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")
    hr = Person(place / "hr")
    hr.make_key("hr")
    hr.knows(public)
    (theirs,) = keyring.import_keys(hr.gpg("--armor", "--export", hr.key))
    assert (theirs.id, theirs.secret) == (hr.key, False)
    assert [found.id for found in keyring.list_keys()] == [key.id, hr.key]
    desk = Desk(place / "state", place)
    assert desk.pgp(hr.writes(SHEET, key.id, sign=True), signers=[hr.key]).taken
    desk.close()


def test_a_extended_key_stays_the_same_and_all_of_it_is_extended(place, keyring):
    key = keyring.create_key("Example <hr@example.com>", (TODAY + 5 * DAY).date())
    later = (TODAY + 900 * DAY).date()
    keyring.extend_key(key.id, later)
    (found,) = keyring.list_keys()
    assert (found.id, found.expires.date()) == (key.id, later)
    hr = Person(place / "hr")
    hr.knows(keyring.export_key(key.id, "pgp"))
    assert hr.gpg("--encrypt", "--recipient", key.id, data=SHEET)  # the part that encrypts is good as well


def test_old_secret_keys_are_kept_and_still_open_what_was_encrypted_for_them(place, keyring):
    old = keyring.create_key("Old <hr@example.com>", None)
    hr = Person(place / "hr")
    hr.knows(keyring.export_key(old.id, "pgp"))
    data = hr.gpg("--encrypt", "--recipient", old.id, data=SHEET)
    keyring.create_key("New <hr@example.com>", None)
    desk = Desk(place / "state", place)
    assert desk.pgp(data).taken
    desk.close()


@pytest.mark.parametrize("what", ["hr@example.com", "1234ABCD", "A" * 40])
def test_keys_are_named_by_their_full_fingerprint(keyring, what):
    """An address would match another key that has it too."""
    keyring.create_key("Example <hr@example.com>", None)
    with pytest.raises(KeyringError):
        keyring.export_key(what, "pgp")


def test_nonsense_is_no_key(keyring):
    with pytest.raises(KeyringError, match="no PGP key in the file"):
        keyring.import_keys(b"Action,LoginEmail\n")
    with pytest.raises(KeyringError, match="cannot be the owner"):
        keyring.create_key("x\n%commit", None)


class TestThePassphrase:
    @pytest.fixture
    def secret(self, place) -> Secret:
        file = place / "passphrase"
        file.write_text("korrekt Pferd\n")
        file.chmod(0o600)
        return Secret("file:passphrase")

    def test_unlocks_the_key_and_never_stands_on_a_command_line(self, place, secret, monkeypatch):
        programs = place / "bin"
        programs.mkdir()
        (programs / "gpg").write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$*" >> {place}/calls\nexec {shutil.which("gpg")} "$@"\n'
        )
        (programs / "gpg").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        keyring = PgpKeyring(PgpOptions(passphrase=secret), context_of(place, place / "state"))
        key = keyring.create_key("Example <hr@example.com>", None)
        hr = Person(place / "hr")
        hr.knows(keyring.export_key(key.id, "pgp"))
        data = hr.gpg("--encrypt", "--recipient", key.id, data=SHEET)
        desk = Desk(place / "state", place)
        assert desk.pgp(data, passphrase=secret).taken
        with pytest.raises(OpenerError, match="passphrase is missing or wrong"):
            desk.pgp(data)
        (place / "passphrase").write_text("falsch\n")
        with pytest.raises(OpenerError, match="passphrase is missing or wrong"):
            desk.pgp(data, passphrase=secret)
        desk.close()
        keyring.close()
        calls = (place / "calls").read_text()
        assert "--decrypt" in calls
        assert "Pferd" not in calls


class TestWhatExpires:
    def test_the_sites_key_is_told_of_60_30_and_7_days_ahead_and_when_it_has(self, place, keyring):
        keyring.create_key("Example <hr@example.com>", (TODAY + 100 * DAY).date())
        ends = keyring.list_keys()[0].expires
        said = [alerts(place, ends - ahead * DAY) for ahead in (61, 60, 30, 7, 0)]
        assert said[0] == []
        for days, found in zip((60, 30, 7), said[1:], strict=False):
            assert f"in less than {days} days" in found[0]
        assert [len(found) for found in said] == [0, 1, 1, 1, 1]
        assert len({found[0] for found in said[1:]}) == 4
        assert "expired on" in said[4][0]

    def test_an_old_key_raises_no_alert_once_there_is_a_newer_one(self, place, keyring):
        keyring.create_key("Old <hr@example.com>", (TODAY + 5 * DAY).date())
        assert len(alerts(place, TODAY)) == 1
        keyring.create_key("New <hr@example.com>", None)
        assert alerts(place, TODAY) == []

    def test_a_signers_key_that_expires_or_is_not_there_is_told_of(self, town):
        found = alerts(town.folder, TODAY, signers=[town.expired.key, town.hr.key, town.stranger.key])
        assert [town.expired.key in found[0], "expired on" in found[0]] == [True, True]
        assert [town.stranger.key in found[1], "is not among the keys" in found[1], len(found)] == [True, True, 2]

    def test_the_board_tells_once_an_hour_until_it_is_mended(self, place, keyring):
        """One alert, told again when its words change, and gone when the key was extended."""
        key = keyring.create_key("Example <hr@example.com>", (TODAY + 100 * DAY).date())
        config = place / "linecard.yaml"
        config.write_text(
            "region: FR\npbxs:\n  hq: {backend: directory, options: {path: hq.sqlite3}}\n"
            "inboxes:\n  hr: {path: in, open: {pgp: }}\n  it: {path: it, open: {pgp: }}\n"
        )
        (place / "in").mkdir()
        (place / "it").mkdir()
        now, told = [TODAY], []
        with Service.load(config, now=lambda: now[0]) as service:
            health = Health(service.now, lambda alert, there: told.append(there))
            engine = Engine(service, health, monotonic=lambda: 0.0)
            for ahead in (100, 59, 58, 20):
                now[0] = key.expires - ahead * DAY
                engine.clean_up()
            assert [alert.what for alert in health.alerts] == [f"opening: pgp key {key.id}"]
            assert told == [True, True]
            keyring.extend_key(key.id, (TODAY + 900 * DAY).date())
            engine.clean_up()
            assert (health.alerts, told) == ([], [True, True, False])
            engine.close()

    def test_a_site_without_a_key_is_told_so(self, place):
        assert alerts(place, TODAY) == ["pgp key: this site has no PGP key, so nobody can encrypt files for it"]


class TestSsh:
    @pytest.fixture
    def ssh(self, tmp_path) -> SshKeyring:
        return SshKeyring(SshOptions(), context_of(tmp_path, tmp_path / "state"))

    def test_a_key_is_for_linecard_alone(self, ssh, tmp_path):
        key = ssh.create_key("hr", None)
        assert (key.id[:7], key.secret, key.place) == ("SHA256:", True, str(tmp_path / "state" / "ssh" / "hr"))
        assert [stat.S_IMODE(p.stat().st_mode) for p in (Path(key.place), Path(key.place).parent)] == [0o600, 0o700]
        assert ssh.list_keys() == [key]

    def test_both_forms_of_its_public_half_are_the_same_key(self, ssh, tmp_path):
        key = ssh.create_key("hr", None)
        line, block = ssh.export_key("hr", "openssh"), ssh.export_key(key.id, "rfc4716")
        assert line.startswith(b"ssh-ed25519 ")
        (tmp_path / "block").write_bytes(block)
        read = subprocess.run(["ssh-keygen", "-i", "-f", tmp_path / "block"], capture_output=True, check=True).stdout
        assert read.split()[:2] == line.split()[:2]
        assert max(map(len, block.splitlines())) <= 72

    def test_a_key_is_never_overwritten(self, ssh):
        ssh.create_key("hr", None)
        with pytest.raises(KeyringError, match="already"):
            ssh.create_key("hr", None)

    @pytest.mark.parametrize("name", ["../hr", "-f", "a b", ""])
    def test_its_name_is_that_of_an_inbox(self, ssh, name):
        with pytest.raises(KeyringError):
            ssh.create_key(name, None)


def test_the_command(place, linecard):
    """make, list, export, import and extend, on a site as `init` makes it."""
    env = {**os.environ, "LINECARD_CONFIG": str(place / "s" / "linecard.yaml")}

    def typed(*words: str, code: int = 0) -> str:
        done = subprocess.run([linecard, *words], capture_output=True, text=True, check=False, env=env)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    typed("init", str(place / "s"))
    assert "no keys" in typed("keys", "list")
    soon = f"{TODAY + 20 * DAY:%Y-%m-%d}"
    made = typed("keys", "make", "Example <hr@example.com>", "--until", soon)
    key = next(word for word in made.split() if len(word) == 40)
    assert "in less than 30 days" in typed("keys", "list", code=1)
    assert "not in the future" in typed("keys", "extend", key, "--until", "2020-01-01", code=2)
    typed("keys", "extend", key, "--until", "2090-01-01")
    typed("keys", "export", key, "-o", str(place / "out.asc"))
    assert key in typed("keys", "import", str(place / "out.asc"))
    assert f'"fingerprint": "{key}"' in typed("keys", "list", "--json")
    with gone_afterwards(place / "s" / "state" / "gnupg"):
        assert agents(place / "s" / "state" / "gnupg") == []
