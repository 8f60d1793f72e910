"""Inboxes that vanish, disks that are full, bursts, and others at the same files: the daemon heals by itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from integration.daemon.site import CONFIG, Site, eventually, rows

TORTURE = bool(os.environ.get("LINECARD_TORTURE"))
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes root")


def test_thousands_of_files_at_once_while_the_daemon_is_stopped(site):
    """T3: more than the kernel's queue of hints holds, so most are lost; not one file is.

    Of 20,000 files every two-hundredth is a sheet, the last ones too; in the long proof all are.
    """
    every = 1 if TORTURE else 200
    sheet = rows("ada 1000")
    with site.served() as daemon:
        daemon.send(signal.SIGSTOP)
        for number in range(20_000):
            name = f"{number:05}.csv" if number % every == 0 else f"{number:05}.csv.part"
            (site.folder / "hr" / name).write_text(f"{sheet}% {number}\n")
        daemon.send(signal.SIGCONT)
        wanted = 20_000 // every
        eventually(lambda: len(site.runs) == wanted, "all are received", 600 if TORTURE else 60)
        eventually(lambda: set(site.runs.values()) <= {"applied", "unchanged"}, "all are done", 1200 if TORTURE else 60)
        assert [name for name in site.left("hr") if name.endswith(".csv")] == []
    assert site.made("hq") == ["1000"]


def test_an_inbox_that_is_renamed_away_and_made_anew(site):
    """T5: it is told while it is gone, and picked up again by itself."""
    with site.served():
        (site.folder / "hr").rename(site.folder / "old")
        assert "No such file" in eventually(lambda: site.told("inbox hr"), "it is told")
        (site.folder / "hr").mkdir()
        site.drop("hr", "a.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(a="applied"), "it is picked up")
        eventually(lambda: not site.told("inbox hr"), "nothing is wrong any more")


def test_an_inbox_that_is_unmounted_and_mounted_again(site, mounted):
    """T5: what was claimed on that disk, and what lies there, is found when it is back."""
    disk = mounted("hr", "1m")
    site.shut("hq")
    with site.served():
        site.drop_by_copy("hr", "a.csv", rows("ada 1000"))
        eventually(lambda: site.waits("hq"), "it is at work")
        (disk / "b.csv.part").write_text(rows("bob 1001"))
        subprocess.run(["mount", "--move", str(disk), str(mounted("elsewhere", "1m"))], check=True)
        site.reopen("hq")
        eventually(lambda: site.came_to(a="applied"), "its run ends all the same")
        assert "is not the folder" in eventually(lambda: site.told("settling files"), "its file cannot be parted with")
        subprocess.run(["mount", "--move", str(site.folder / "elsewhere"), str(disk)], check=True)
        (disk / "b.csv.part").rename(disk / "b.csv")
        eventually(lambda: site.came_to(b="applied"), "the next is found")
        eventually(lambda: not site.told("settling files"), "nothing is wrong any more")
        eventually(lambda: not list((disk / ".linecard").iterdir()), "both files have gone")
    assert site.made("hq") == ["1000", "1001"]


@as_root
def test_an_inbox_whose_rights_are_taken_away_and_given_back(site):
    """T5: of a daemon that may not pass over rights. A file that it may not read stops no other."""
    if shutil.which("setpriv") is None:
        pytest.skip("takes setpriv")
    inbox = site.folder / "hr"
    os.chown(inbox, NOBODY, NOBODY)
    inbox.chmod(0o777)
    with site.served("setpriv", "--bounding-set=-dac_override,-dac_read_search"):
        inbox.chmod(0o700)
        assert "Permission denied" in eventually(lambda: site.told("inbox hr"), "it is told")
        site.drop("hr", "mine.csv", rows("ada 1000"))
        os.chown(inbox / "mine.csv", NOBODY, NOBODY)
        (inbox / "mine.csv").chmod(0o600)
        site.drop("hr", "open.csv", rows("bob 1001"))
        inbox.chmod(0o777)
        eventually(lambda: site.came_to(open="applied"), "it is picked up")
        assert "may not read it" in eventually(lambda: site.told("inbox hr: file mine.csv"), "it is told")
        (inbox / "mine.csv").chmod(0o644)
        eventually(lambda: site.came_to(mine="applied"), "it is taken once it may be")
        eventually(lambda: not site.told("inbox hr"), "nothing is wrong any more")


def test_two_sites_on_one_inbox_take_each_file_once(site, folder, plugins):
    """T13: whoever is quicker has it; nothing is taken twice and nothing is left."""
    (folder / "two").mkdir()
    config = CONFIG.replace("path: hr", f"path: {folder}/hr").replace("scan: 1", "scan: 1")
    other = Site(folder / "two", plugins, config)
    with site.served(), other.served():
        for number in range(60):
            site.drop("hr", f"{number}.csv", rows(f"m{number} {1000 + number}"))
        eventually(lambda: len(site.runs) + len(other.runs) == 60, "all are taken")
        eventually(lambda: {*site.runs.values(), *other.runs.values()} == {"applied"}, "all are done")
    assert not set(site.runs) & set(other.runs)
    assert site.left("hr") == []
    assert sorted(site.made("hq") + other.made("hq")) == [str(1000 + number) for number in range(60)]


class TestDiskFull:
    """T14: whichever disk it is, that is told, nothing is lost, and all goes on by itself when there is room."""

    def full(self, disk: Path) -> Path:
        """Nothing fits on this disk any more; removing the file makes room."""
        filler = disk / "filler"
        handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
        with suppress(OSError):
            while True:
                os.write(handle, b"x" * 1024)
        os.close(handle)
        return filler

    def test_the_archive(self, site, mounted):
        disk = mounted("archive", "128k")
        with site.served():
            filler = self.full(disk)
            site.drop("hr", "a.csv", rows("ada 1000"))
            said = eventually(lambda: site.told("inbox hr: room"), "it is told")
            assert said.startswith("Less than 1 byte is free") or "No space left on device" in said
            filler.unlink()
            eventually(lambda: site.came_to(a="applied"), "it goes on")
            eventually(lambda: not site.told("inbox hr"), "nothing is wrong any more")

    def test_reports(self, site, mounted):
        """What was done on the PBX stands; the report waits."""
        disk = mounted("reports", "128k")
        with site.served():
            filler = self.full(disk)
            site.drop("hr", "a.csv", rows("ada 1000"))
            assert "No space left" in eventually(lambda: site.told("report of run 1"), "it is told")
            assert site.runs == {"a.csv": "applied"}
            filler.unlink()
            eventually(lambda: site.reports, "it is filed")
            eventually(lambda: not site.told("report"), "nothing is wrong any more")
        assert len(site.reports) == 1

    def test_state_with_the_database_and_the_work_folder(self, site, mounted):
        disk = mounted("state", "4m")
        with site.served() as daemon:
            filler = self.full(disk)
            site.drop("hr", "a.csv", rows("ada 1000"))
            eventually(lambda: 'what="inbox hr' in daemon.log or "what=memory" in daemon.log, "it is told")
            assert site.made("hq") == []
            filler.unlink()
            eventually(lambda: site.came_to(a="applied"), "it goes on")
            eventually(lambda: site.status()["alerts"] == [], "nothing is wrong any more")
        assert site.made("hq") == ["1000"]
        assert site.left("hr") == []
