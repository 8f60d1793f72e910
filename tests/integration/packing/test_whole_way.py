"""From an encrypted file in an inbox to its report, by the program as people run it; and what is left on the disk."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.packing.people import agents, gone_afterwards
from integration.packing.reading import CONTAINERS, zipped
from integration.packing.sealing import MARKER, Envelope, literal, padding

MARK = b"zebra-7781"
SHEET = b"% " + MARK + b"\nAction,LoginEmail,Extension\nattach,ada@example.com,1234\n"
LINECARD = Path(sys.executable).with_name("linecard")


class Site:
    """A site made by `linecard init`, with the keys of the town's site."""

    def __init__(self, folder: Path, linecard: Path, template: Path, keys: Path, options: str) -> None:
        self.folder, self._linecard = folder, linecard
        shutil.copytree(template, folder)
        config = folder / "linecard.yaml"
        text = config.read_text().replace(
            "    path: inbox/hr\n", f"    path: inbox/hr\n    settle: 0 s\n    open: {options}\n"
        )
        config.write_text(text)
        shutil.copytree(keys, self.home, ignore=lambda _, names: [n for n in names if n.startswith("S.")])
        self.home.chmod(0o700)

    @property
    def home(self) -> Path:
        return self.folder / "state" / "gnupg"

    def start(self, *words: str, program: Path = LINECARD, **env: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [program, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LINECARD_CONFIG": str(self.folder / "linecard.yaml"), **env},
        )

    def run(self, *words: str, code: int = 0, **env: str) -> str:
        with self.start(*words, program=self._linecard, **env) as process:
            out, err = process.communicate()
        assert process.returncode == code, (out, err)
        return (out or err).decode()

    def once(self, code: int = 0) -> list[dict[str, Any]]:
        return json.loads(self.run("once", "--json", code=code))["runs"]

    def drop(self, name: str, data: bytes) -> None:
        (self.folder / "inbox" / "hr" / name).write_bytes(data)

    @property
    def archived(self) -> list[bytes]:
        return [file.read_bytes() for file in (self.folder / "archive").rglob("*") if file.is_file()]

    def files_with(self, mark: bytes) -> list[Path]:
        return [file for file in self.folder.rglob("*") if file.is_file() and mark in file.read_bytes()]


@pytest.fixture(scope="module")
def template(tmp_path_factory, linecard) -> Path:
    folder = tmp_path_factory.mktemp("site") / "s"
    subprocess.run([linecard, "init", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def site(town, linecard, template) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="lc-"))
    options = f"{{pgp: {{signers: [{town.hr.key}]}}, zip: , gzip: }}"
    made = Site(folder / "s", linecard, template, town.state / "gnupg", options)
    with gone_afterwards(made.home):
        yield made
    shutil.rmtree(folder)


def test_an_encrypted_file_in_the_inbox_comes_to_its_report(town, site):
    """The archive has it as it came; what was decrypted is nowhere; no agent is left."""
    data = town.hr.writes(SHEET, town.site.key, sign=True)
    site.drop("joiners.csv.pgp", data)
    (run,) = site.once()
    assert (run["state"], run["counts"]["done"], run["sha256"]) == ("applied", 1, hashlib.sha256(data).hexdigest())
    assert site.archived == [data]
    assert "ada@example.com" in site.run("report", str(run["id"]), "--format", "csv")
    assert site.files_with(MARK) == []
    assert list((site.folder / "state" / "plain").iterdir()) == []
    assert agents(site.home) == []


def test_a_file_that_cannot_be_believed_is_rejected_and_leaves_nothing(town, site):
    data = town.other.writes(SHEET, town.site.key, sign=True)
    site.drop("joiners.csv.pgp", data)
    (run,) = site.once(code=1)
    assert run["state"] == "rejected"
    assert "signature" in site.run("report", str(run["id"]), "--format", "json")
    assert site.archived == [data]
    assert site.files_with(MARK) == []


def test_no_archive_keeps_the_file_behind_it_waiting(site):
    """One that is taken, one that is refused, one that is nothing but names of its own."""
    config = site.folder / "linecard.yaml"
    config.write_text(re.sub(r"    open: .*\n", "    open: {zip: {member: '*.csv'}}\n", config.read_text()))
    site.drop("1.zip", (CONTAINERS / "nameless.zip").read_bytes())
    site.drop("2.zip", zipped(("", SHEET), ("out/", b""), ("people.csv", SHEET)))
    site.drop("3.zip", zipped((".DS_Store", b"x"), ("\\", b"")))
    site.drop("4.csv", SHEET.replace(b"1234", b"1235"))
    states = {run["file"]: run["state"] for run in site.once(code=1)}
    assert states == {"1.zip": "rejected", "2.zip": "applied", "3.zip": "rejected", "4.csv": "applied"}
    assert "bug" not in site.run("status", code=1)


def test_check_plan_and_import_open_it_as_well(town, site):
    file = site.folder / "joiners.asc"
    file.write_bytes(town.hr.writes(SHEET, town.site.key, sign=True, more=["--armor"]))
    assert "1 valid" in site.run("check", str(file))
    assert "1 change" in site.run("plan", str(file))
    assert "1 done" in site.run("import", str(file), "--yes")
    assert site.archived == [file.read_bytes()]
    assert site.files_with(MARK) == []


def test_a_killed_linecard_leaves_no_plaintext(town, site):
    """SIGKILL while half of it is decrypted; then, whatever lies in state/plain is swept by the next start."""
    stopped, go_on = site.folder / "stopped", site.folder / "go-on"
    os.mkfifo(stopped)
    os.mkfifo(go_on)
    programs = site.folder / "bin"
    programs.mkdir()
    slow = programs / "gpg"
    real = shutil.which("gpg")
    slow.write_text(
        f'#!/bin/sh\ncase "$*" in *--decrypt*) ;; *) exec {real} "$@" ;; esac\n'
        f"cat > /dev/null\nprintf '%0100000d' 0\nprintf '{MARK.decode()}'\necho now > {stopped}\nread x < {go_on}\n"
    )
    slow.chmod(0o755)
    file = site.folder / "joiners.pgp"
    file.write_bytes(town.hr.writes(SHEET, town.site.key, sign=True))
    process = site.start("check", str(file), PATH=f"{programs}:{os.environ['PATH']}")
    assert stopped.read_text() == "now\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    go_on.write_text("\n")
    slow.unlink()
    assert site.files_with(MARK) == []
    left = site.folder / "state" / "plain" / "tmp1234"
    left.write_bytes(SHEET)
    site.run("once")
    assert not left.exists()


def test_gpg_ended_from_outside_is_no_fault_of_the_file(town, site):
    """The run waits and is not rejected; when gpg works again, it goes on."""
    programs = site.folder / "bin"
    programs.mkdir()
    ended = programs / "gpg"
    ended.write_text(f'#!/bin/sh\ncase "$*" in *--decrypt*) kill -TERM $$ ;; esac\nexec {shutil.which("gpg")} "$@"\n')
    ended.chmod(0o755)
    site.drop("joiners.pgp", town.hr.writes(SHEET, town.site.key, sign=True))
    said = site.run("once", code=1, PATH=f"{programs}:{os.environ['PATH']}")
    assert "ended from outside" in said
    assert [run["state"] for run in site.once()] == ["applied"]


def test_a_file_over_which_gpg_breaks_down_keeps_none_waiting(town, site):
    """Ended by itself and not from outside: the file is refused, and the next one is decrypted."""
    programs = site.folder / "bin"
    programs.mkdir()
    broken, once = programs / "gpg", site.folder / "broken-down"
    crash = f"*--decrypt*) [ -e {once} ] || {{ : > {once}; kill -SEGV $$; }} ;;"
    broken.write_text(f'#!/bin/sh\ncase "$*" in {crash} esac\nexec {shutil.which("gpg")} "$@"\n')
    broken.chmod(0o755)
    long = b"".join(
        b"%% %s\n" % hashlib.sha256(b"%d" % n).hexdigest().encode() for n in range(20_000)
    )  # no pipe takes it
    site.drop("1.pgp", town.hr.writes(SHEET + long, town.site.key, sign=True))
    site.drop("2.pgp", town.hr.writes(SHEET.replace(b"1234", b"1235"), town.site.key, sign=True))
    runs = json.loads(site.run("once", "--json", code=1, PATH=f"{programs}:{os.environ['PATH']}"))["runs"]
    assert sorted(run["state"] for run in runs) == ["applied", "rejected"]
    (refused,) = [run["id"] for run in runs if run["state"] == "rejected"]
    assert "gpg crashed on the file (SIGSEGV)" in site.run("report", str(refused), "--format", "json")


def test_no_message_keeps_the_file_behind_it_waiting(town, site):
    """Whatever stands in the way of each, the last is carried out, in one go."""
    good = town.hr.writes(SHEET, town.site.key, sign=True)
    envelope = Envelope(good, town.site)
    v6 = town.site.gpg("--dearmor", data=(CONTAINERS.parent / "openpgp" / "signed-by-v6.asc").read_bytes())
    bad = [
        envelope.unprotected(literal(SHEET)),
        envelope.sealed(v6),
        envelope.sealed(literal((CONTAINERS / "people.7z").read_bytes())),
        town.hr.gpg("--symmetric", "--passphrase", "shared", data=SHEET),
        town.hr.public,
        padding(5000),
        good[:-7],
        (CONTAINERS / "people.csv.zst").read_bytes(),
    ]
    for n, data in enumerate(bad, 1):
        site.drop(f"{n}.pgp", data)
    site.drop("9.pgp", MARKER + good)
    states = {run["file"]: run["state"] for run in site.once(code=1)}
    assert states == {**{f"{n}.pgp": "rejected" for n in range(1, len(bad) + 1)}, "9.pgp": "applied"}
    assert site.files_with(MARK) == []


def test_without_gpg_files_wait_and_the_remedy_is_told(town, site):
    data = town.hr.writes(SHEET, town.site.key, sign=True)
    (site.folder / "joiners.pgp").write_bytes(data)
    said = site.run("check", str(site.folder / "joiners.pgp"), code=2, PATH="/nowhere")
    assert "apt-get install gnupg" in said


def test_an_inbox_that_names_no_wrapping_imports_no_plugin_for_it(town, site):
    config = site.folder / "linecard.yaml"
    config.write_text("".join(line for line in config.read_text().splitlines(True) if "open:" not in line))
    words = "import sys; from linecard.cli import main; main(['check', sys.argv[1]], standalone_mode=False)"
    (site.folder / "a.csv").write_bytes(SHEET)
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print([m for m in sys.modules if 'packing' in m or m == 'gnupg']))\n" + words
    )
    env = {**os.environ, "LINECARD_CONFIG": str(config)}
    done = subprocess.run(
        [sys.executable, "-c", code, site.folder / "a.csv"], capture_output=True, text=True, env=env, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]", done
