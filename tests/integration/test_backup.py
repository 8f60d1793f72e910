"""`linecard backup` and `linecard restore` on a site without a daemon: whole or not at all, over nothing."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from house import forked


class Site:
    """A site of `linecard init` with one run, and its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "site" / "linecard.yaml"
        self.backup = folder / "site.tar.gz"

    def begin(self) -> None:
        self("init", f"{self.folder}/site")
        (self.folder / "sheet.csv").write_text("Action,LoginEmail,Extension\nattach,ada@example.org,1234\n")
        self("import", f"{self.folder}/sheet.csv", "--yes")

    def try_(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        env = os.environ | {"LINECARD_CONFIG": str(self.file)}
        command = [forked.command(), *words]
        return subprocess.run(command, env=env, input=stdin, capture_output=True, timeout=120, check=False)

    def __call__(self, *words: str, stdin: bytes = b"") -> str:
        done = self.try_(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def refused(self, *words: str, stdin: bytes = b"") -> str:
        """What a command says that ends with 2."""
        done = self.try_(*words, stdin=stdin)
        assert done.returncode == 2, done.stderr.decode()
        assert b"Traceback" not in done.stderr
        return done.stderr.decode()

    def lose(self) -> None:
        (self.folder / "site").rename(self.folder / "lost")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Where the path is short, as gpg's agent needs it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    """The folder of a site that each test gets a copy of."""
    site = Site(tmp_path_factory.mktemp("begun"))
    site.begin()
    return site.folder


@pytest.fixture
def site(begun, tmp_path) -> Site:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return Site(tmp_path)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_backup_restores_the_site_on_an_empty_machine(site):
    key = json.loads(site("keys", "make", "HR <hr@example.org>", "--json"))[0]["fingerprint"]
    site("backup", f"{site.backup}", "--with-configuration")
    before, members = files(site.folder / "site"), site("members")
    site.lose()
    said = site("restore", f"{site.backup}", "--with-configuration")
    assert f"Wrote {site.file}." in said
    assert "The last run it knows is 1. The next one is 2001." in said
    after = files(site.folder / "site")
    changed = {
        "state/lock",
        "state/clock.json",
        "state/linecard.db",
        "state/hq.pbx.sqlite3",
        "state/gnupg/linecard.lock",
        "state/gnupg/tofu.db",
    }
    kept = {name for name in before if not name.endswith(("-wal", "-shm"))} - changed
    assert {name: after.get(name) for name in kept} == {name: before[name] for name in kept}
    assert (site("members"), "applied" in site("runs")) == (members, True)
    assert key in site("keys", "list")
    assert (site.folder / "site" / "state" / "linecard.db").stat().st_mode & 0o777 == 0o600


def test_an_encrypted_backup_opens_with_the_secret_key_and_comes_in_by_a_pipe(site, tmp_path):
    key = json.loads(site("keys", "make", "Backup <backup@example.org>", "--json"))[0]["fingerprint"]
    site("backup", f"{tmp_path}/b.gpg", "--encrypt-for", key)
    assert (tmp_path / "b.gpg").stat().st_mode & 0o777 == 0o600
    assert b"ada@example.org" not in (tmp_path / "b.gpg").read_bytes()
    site.lose()
    gpg = ["gpg", "--homedir", f"{tmp_path}/lost/state/gnupg", "--batch", "--quiet", "--decrypt", f"{tmp_path}/b.gpg"]
    plain = subprocess.run(gpg, check=True, capture_output=True).stdout
    subprocess.run(["gpgconf", "--homedir", f"{tmp_path}/lost/state/gnupg", "--kill", "all"], check=True)
    site("init", f"{tmp_path}/site")
    assert "It is cut off, damaged, or encrypted" in site.refused("restore", f"{tmp_path}/b.gpg")
    told = json.loads(site("restore", "-", "--json", stdin=plain))
    assert told["last_run"] == 1
    (aside,) = told["put_aside"]
    assert "hq.pbx.sqlite3" in names(Path(aside)), "what init had made"


def test_nothing_is_left_of_a_backup_for_a_key_that_is_not_there(site, tmp_path):
    assert "This site has no PGP key" in site.refused("backup", f"{site.backup}", "--encrypt-for", "0" * 40)
    assert [path.name for path in tmp_path.iterdir() if "tar" in path.name] == []
    assert list((tmp_path / "site" / "state" / "plain").iterdir()) == []


def test_a_backup_replaces_no_file_and_is_never_inside_the_next(site):
    site("backup", f"{site.backup}")
    was = site.backup.read_bytes()
    assert "is there already" in site.refused("backup", f"{site.backup}")
    assert site.backup.read_bytes() == was
    assert "would be part of the next backup" in site.refused("backup", f"{site.folder}/site/reports/b.tar.gz")
    assert "does not exist" in site.refused("backup", f"{site.folder}/none/b.tar.gz")


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(site):
    path = site.folder / "site" / "state" / "hq.pbx.sqlite3"
    data = bytearray(path.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    path.write_bytes(data)
    assert "hq.pbx.sqlite3" in site.refused("backup", f"{site.backup}")
    assert not site.backup.exists()


def test_no_restore_over_a_state_that_knows_runs(site):
    site("backup", f"{site.backup}")
    said = site.refused("restore", f"{site.backup}")
    assert "has runs up to 1; a backup does not replace them" in said
    assert f"mv {site.folder}/site/state {site.folder}/site/state.old" in said


@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
def test_a_backup_that_was_cut_off_changes_nothing(site, share):
    site("backup", f"{site.backup}")
    site.backup.write_bytes(site.backup.read_bytes()[: int(site.backup.stat().st_size * share)])
    (site.folder / "site" / "state").rename(site.folder / "old")
    assert "Remedy:" in site.refused("restore", f"{site.backup}")
    assert names(site.folder / "site" / "state") == ["lock"]


def rebuilt(backup: Path, change) -> None:
    """Write the archive anew, each member changed by `change(info, content)`, which may give more."""
    out = io.BytesIO()
    with tarfile.open(backup) as old, tarfile.open(fileobj=out, mode="w") as new:
        for info in old:
            for other, content in change(info, old.extractfile(info).read()):
                other.size = len(content)
                new.addfile(other, io.BytesIO(content))
    backup.write_bytes(gzip.compress(out.getvalue()))


def test_a_backup_in_which_one_byte_is_another_changes_nothing(site):
    site("backup", f"{site.backup}")
    flip = {"archive": lambda data: data.replace(b"1234", b"1235")}
    rebuilt(site.backup, lambda info, data: [(info, flip.get(info.name.split("/")[0], bytes)(data))])
    (site.folder / "site" / "state").rename(site.folder / "old")
    assert "is not what was written" in site.refused("restore", f"{site.backup}")
    assert names(site.folder / "site" / "state") == ["lock"]


@pytest.mark.parametrize(
    "name", ["../outside", "state/../../outside", "/tmp/outside", "elsewhere/outside", "state/link", "state"]
)
def test_nothing_is_written_outside_the_folders(site, name):
    site("backup", f"{site.backup}")

    def add(info, data):
        more = tarfile.TarInfo(name)
        if name.endswith("link"):
            more.type, more.linkname = tarfile.SYMTYPE, "/etc"
        return [(more, b""), (info, data)] if info.name == "SHA256SUMS" else [(info, data)]

    rebuilt(site.backup, add)
    (site.folder / "site" / "state").rename(site.folder / "old")
    assert "does not belong into one" in site.refused("restore", f"{site.backup}")
    assert [path.name for path in site.folder.rglob("*") if path.name in ("outside", "link")] == []


def test_a_restore_that_broke_off_can_be_begun_again(site):
    """The database comes last: until then no linecard takes the state for a whole one."""
    site("backup", f"{site.backup}", "--with-configuration")
    site.lose()
    obstacle = site.folder / "site" / "reports" / "index.html" / "full"
    site("init", f"{site.folder}/site")
    year = site.folder / "site" / "reports" / str(next((site.folder / "lost" / "reports").glob("2*")).name)
    year.write_text("a file where a folder must be")
    assert "cannot be restored" in site.refused("restore", f"{site.backup}")
    assert not obstacle.exists()
    year.unlink()
    assert "The last run it knows is 1." in site("restore", f"{site.backup}")


def test_files_of_the_archive_that_are_there_stay(site):
    """As when only the state was lost: what the archive has got since is kept, and told."""
    site("backup", f"{site.backup}")
    (site.folder / "site" / "state").rename(site.folder / "old")
    (newer,) = (site.folder / "site" / "archive").rglob("*__sheet.csv")
    newer.write_text("newer")
    told = json.loads(site("restore", f"{site.backup}", "--json"))
    assert told["kept"] == 5
    assert newer.read_text() == "newer"


def test_numbers_go_on_where_they_are_told_to(site):
    site("backup", f"{site.backup}")
    (site.folder / "site" / "state").rename(site.folder / "old")
    assert "Run 1 is in the backup" in site.refused("restore", f"{site.backup}", "--next-run", "1")
    site("restore", f"{site.backup}", "--next-run", "41")
    assert "Run 41 is unchanged" in site("import", f"{site.folder}/sheet.csv", "--yes")


def test_claimed_files_inside_an_inbox_that_the_database_does_not_know_are_told(site):
    claimed = site.folder / "site" / "inbox" / "hr" / ".linecard" / ("a" * 32)
    claimed.parent.mkdir()
    claimed.write_text("Action,LoginEmail\n")
    findings = json.loads(site.try_("doctor", "--json").stdout)
    (found,) = [each for each in findings if "taken files that the database does not know" in each["message"]]
    assert str(claimed.parent) in found["message"]
