"""Killed while a site is backed up or restored: no half backup has a name, and no half state is worked with."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest

from acceptance.crashes import TORTURE, Scene, Site
from acceptance.killing import DIED
from integration.daemon.site import LINECARD

SCENE = Scene(
    "restore",
    "  hq: {backend: directory, options: {path: state/hq.sqlite3}, extensions: 1000-4999}\n",
    "attach,ada@x.org,hq,1000,+33199001000\nattach,max@x.org,hq,1009,\n",
    "attach,ada@x.org,hq,1000,+33199001000\nattach,bob@x.org,hq,1010,\n",
)
DEATHS = 6
"""How many places are tried where not all are."""
CONFIGURATION = "linecard.yaml"
PBX = ("state/hq.sqlite3", "SELECT * FROM extensions ORDER BY extension")


def is_torn(site: Site) -> bool:
    """Whether nothing can be done with the site but to restore it again, and every command says so."""
    site.log.write_text("")
    if site.run(lambda: site.command("runs"))[1] == 0:
        return False
    codes = {word: site.run(lambda word=word: site.command(word))[1] for word in ("once", "status")}
    assert codes == {"once": 2, "status": 2}
    said = site.log.read_text()
    assert "Traceback" not in said, said
    assert said.count("restore of this site has not ended") == 3, said
    assert said.count("it was interrupted: run the same `linecard restore` again") == 3
    return True


def lasting(folder) -> dict[str, bytes]:
    """What archive and reports have, but for the lists of reports, which are written anew."""
    found = (path for name in ("archive", "reports") for path in (folder / name).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if path.name != "index.html"}


@pytest.fixture(scope="module")
def saved(crash_room, plugins):
    """A site with a run and a key of its SFTP inboxes, and its backup beside it."""
    site = Site.prepare(crash_room / "saved", plugins, SCENE)
    (site.folder / "state/known_hosts").write_text("host ssh-ed25519 AAAA\n")
    assert site.do("backup", f"{site.folder}/../backup.tar.gz", "--with-configuration") == 0
    return site


@pytest.fixture(params=["an empty machine", "a site just made", "a site that lost its configuration"])
def begun(request, saved, crash_room, plugins) -> Site:
    """What a restore finds, at three places in the life of a machine."""
    folder = crash_room / "begun"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    site = Site(folder, plugins)
    (folder / "inbox").mkdir()
    (folder / "sheet.csv").write_bytes((saved.folder / "sheet.csv").read_bytes())
    if request.param != "an empty machine":
        (folder / CONFIGURATION).write_text(SCENE.config)
        assert site.do("runs") == 0
        (folder / "state/note").write_text("from before\n")
    if request.param.endswith("configuration"):
        (folder / CONFIGURATION).unlink()
    return site


def restore(saved: Site) -> tuple[str, ...]:
    return ("restore", f"{saved.folder}/../backup.tar.gz", "--with-configuration")


def places(count: int) -> list[int]:
    assert count > 50
    return list(range(1, count + 1)) if TORTURE else sorted(random.sample(range(1, count + 1), DEATHS))


def check_whole(site: Site, saved: Site) -> None:
    """Everything of the backup is in its place, and what came after it is in doubt."""
    assert lasting(site.folder) == lasting(saved.folder)
    assert site.runs == {1: "applied"}
    assert site.ask(*PBX) == saved.ask(*PBX)
    assert (site.folder / "state/known_hosts").read_bytes() == (saved.folder / "state/known_hosts").read_bytes()
    assert (site.folder / CONFIGURATION).read_bytes() == (saved.folder / CONFIGURATION).read_bytes()
    assert json.loads((site.folder / "state/restored.json").read_text())["last_run"] == 1
    assert site.do(*site.importing) == 0
    assert list(site.runs) == [1, 2001]
    left = [path for path in site.folder.rglob("*") if path.name == ".restoring" or path.name.endswith(".part")]
    assert [path for path in left if "before-restore-" not in str(path)] == []


def test_killed_while_a_site_is_restored(begun, saved, crash_room):
    """SIGKILL at every place: the site is as before, or whole, or every command says to restore again; that works."""
    had_state = (begun.folder / "state").exists()
    counts = {True: 0, False: 0}
    for at in places(begun.copy(crash_room / "counted").places(*restore(saved))):
        site = begun.copy(crash_room / "site")
        assert site.killed(*restore(saved), at=at) == DIED
        is_whole = False
        if (site.folder / CONFIGURATION).exists():
            torn = is_torn(site)
            counts[torn] += 1
            is_whole = not torn and site.runs != {}
            assert torn or is_whole or had_state, f"killed at {at}: a new site began in the place of the lost one"
        code, given = site.run(lambda site=site: site.command(*restore(saved)))
        assert (code, given) == (0, 2 if is_whole else 0), site.log.read_text()
        check_whole(site, saved)
        if had_state:
            (note,) = [*site.folder.glob("state/before-restore-*/note")]
            assert note.read_text() == "from before\n", "what the state had is kept"
    assert not TORTURE or counts[True] > 20


def test_the_service_does_not_start_over_and_over_on_what_a_restore_left(begun, saved, crash_room):
    """It ends with 78, which systemd does not repeat, whoever started it: an administrator, or a machine that boots."""
    for at in range(40, begun.copy(crash_room / "counted").places(*restore(saved)), 10):
        site = begun.copy(crash_room / "site")
        assert site.killed(*restore(saved), at=at) == DIED
        if (site.folder / "state/restoring.txt").exists():
            break
    assert (site.folder / "state/restoring.txt").exists()
    done = subprocess.run(
        [*LINECARD, "--config", f"{site.folder}/{CONFIGURATION}", "serve"], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 78
    is_configured = (site.folder / CONFIGURATION).exists()
    assert (b"restore of this site has not ended" if is_configured else b"There is no file") in done.stderr


def test_killed_while_a_site_is_backed_up(saved, crash_room):
    """SIGKILL at every place: nothing has the name of the backup but a whole one; the site works on."""
    words = ("backup", f"{crash_room}/b.tar.gz", "--with-configuration")
    count = saved.copy(crash_room / "counted").places(*words)
    (crash_room / "b.tar.gz").unlink()
    for at in places(count):
        site = saved.copy(crash_room / "site")
        assert site.killed(*words, at=at) == DIED
        other = Site(crash_room / "other", site._plugins)
        shutil.rmtree(other.folder, ignore_errors=True)
        other.folder.mkdir()
        (other.folder / "inbox").mkdir()
        (other.folder / "sheet.csv").write_bytes((saved.folder / "sheet.csv").read_bytes())
        if not (crash_room / "b.tar.gz").exists():
            assert site.do(*words) == 0, "the next try needs nothing but the same command"
        assert site.runs == {1: "applied"}
        assert other.do("restore", *words[1:]) == 0
        check_whole(other, saved)
        assert not [path for path in crash_room.iterdir() if path.name.endswith(".part")]
        (crash_room / "b.tar.gz").unlink()
