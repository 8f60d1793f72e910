"""Root at the command line leaves nothing that the service could not open: it goes on as the owner of the site."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PROGRAM = "import sys; sys.argv[0] = 'linecard'; from linecard.cli import main; main()"
SHEET = "Action,LoginEmail,Extension\nattach,{member}@example.com,{extension}\n"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Only root can go on as somebody else.")


def may_be_run(program: Path) -> bool:
    """Whether everybody may run this program and read what it loads."""
    parts = [program, *program.parents, Path(__file__), *Path(__file__).parents]
    return all(part.stat().st_mode & 0o005 for part in parts)


def python() -> Path:
    """A Python of this version that everybody may run; that of the tests may lie in root's home."""
    usual = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    found = next((each for each in (Path(sys.executable).resolve(), usual) if each.exists() and may_be_run(each)), None)
    if found is None:
        pytest.skip("There is no Python here that everybody may run, or the checkout is root's alone.")
    return found


def may_be_imported(folder: str) -> bool:
    """Linecard's source and what is installed beside it, and nothing of the Python of the tests."""
    return "site-packages" in folder or Path(folder).name in ("daemon", "plugins", "reports")


class Site:
    """A site of the account `nobody`, in a folder that everybody may enter."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.owner = folder, pwd.getpwnam("nobody")

    def type(self, *words: str, before: tuple[str, ...] = (), as_owner: bool = False):
        whom = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []} if as_owner else {}
        env = {key: value for key, value in os.environ.items() if key != "SUDO_USER"}
        env |= {"PYTHONPATH": os.pathsep.join(filter(may_be_imported, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
        env |= {"LINECARD_CONFIG": str(self.folder / "site/linecard.yaml")}
        command = [*before, str(python()), "-c", PROGRAM, *words]
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, encoding="utf-8", check=False, timeout=120, **whom
        )

    def sheet(self, member: str, extension: str) -> str:
        (self.folder / f"{member}.csv").write_text(SHEET.format(member=member, extension=extension))
        return f"{member}.csv"


@pytest.fixture
def site():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        site = Site(folder)
        (folder / "site").mkdir()
        shutil.chown(folder / "site", site.owner.pw_uid, site.owner.pw_gid)
        made = site.type("init", "site", as_owner=True)
        assert made.returncode == 0, made.stderr
        yield site


def test_root_goes_on_as_the_owner_of_the_state(site):
    """It says so on standard error, everything it makes is the owner's, and the audit trail names both."""
    done = site.type("import", site.sheet("ada", "1000"), "--yes")
    assert done.returncode == 0, done.stderr
    assert f"Going on as nobody, who owns {site.folder}/site/state.\n" in done.stderr
    owners = {path.stat().st_uid for path in (site.folder / "site").rglob("*")}
    assert owners == {site.owner.pw_uid}
    shown = json.loads(site.type("show", "1", "--json").stdout)
    assert {event["who"].partition(" (as ")[2] for event in shown["events"]} == {"nobody)"}
    later = site.type("import", site.sheet("bob", "1001"), "--yes", as_owner=True)
    assert later.returncode == 0, later.stderr
    assert "Going on as" not in later.stderr


def test_a_site_that_root_makes_in_somebodys_folder_is_theirs(site):
    """So that its owner, and no root, can go on with it."""
    home = site.folder / "home"
    home.mkdir()
    shutil.chown(home, site.owner.pw_uid, site.owner.pw_gid)
    done = site.type("init", "home/new")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"Going on as nobody, who owns {home}.\n"
    assert {path.stat().st_uid for path in home.rglob("*")} == {site.owner.pw_uid}
    again = site.type("--config", "home/new/linecard.yaml", "doctor", as_owner=True)
    assert "FAIL" not in again.stdout, again.stdout
    refused = site.type("init", "home/newer", before=("setpriv", "--bounding-set=-setuid"))
    assert refused.returncode == 2
    assert "Remedy: Type `runuser -u nobody -- linecard init home/newer`" in refused.stderr
    assert not (home / "newer").exists()


def test_root_that_cannot_become_the_owner_is_told_what_to_type(site):
    """Nothing is made."""
    before = {path: path.stat().st_mtime_ns for path in (site.folder / "site").rglob("*")}
    done = site.type("import", site.sheet("ada", "1000"), "--yes", before=("setpriv", "--bounding-set=-setuid"))
    assert (done.returncode, done.stdout) == (2, "")
    error, remedy = done.stderr.splitlines()
    assert error == (
        f"Error: {site.folder}/site/state belongs to nobody, who could not open what root makes there; "
        "root cannot become nobody here: Operation not permitted."
    )
    assert remedy.startswith("Remedy: Type `runuser -u nobody -- linecard import ada.csv --yes`")
    assert {path: path.stat().st_mtime_ns for path in (site.folder / "site").rglob("*")} == before
