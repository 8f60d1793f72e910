"""A disk that is full, or a file that may not grow: a clear error, nothing lost, and all is well when there is room."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess

import pytest

from acceptance.crashes import TORTURE, Site
from acceptance.scenes import SEVERAL_PBXS

PAGE = 4096


@pytest.fixture(scope="module")
def prepared(crash_room, plugins):
    site = Site.prepare(crash_room / "prepared", plugins, SEVERAL_PBXS)
    whole = site.copy(crash_room / "whole")
    assert whole.do(*whole.importing) == 1
    return site, whole.reference()


@pytest.fixture(scope="module")
def small_disk(crash_room):
    """A disk of four megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill")
    disk = crash_room / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "linecard-test", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def on_disk(site, folder, disk):
    """Put one of the site's folders on the small disk."""
    for old in disk.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.move(site.folder / folder, disk / folder)
    (site.folder / folder).symlink_to(disk / folder)


def fill(disk, *, but):
    """Leave just so many pages free."""
    found = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes((found.f_bavail * found.f_frsize // PAGE - but) * PAGE))


def complained(site, code):
    """Whether the command said that something was wrong; it must have said how to put it right, then."""
    log = site.log.read_text()
    assert "Traceback" not in log, log
    assert code in (1, 2), log
    assert code == 1 or "Error: " in log, log
    troubled = code == 2 or "not filed yet" in log or " failed" in log or " skipped" in log
    assert not troubled or any(word in log for word in ("Remedy: ", "Send the row again")), log
    return troubled


@pytest.mark.parametrize("folder", ["state", "archive", "reports", "pbx"])
def test_a_disk_that_gets_full(prepared, crash_room, small_disk, folder):
    """However little room is left on the disk of one folder: it is said, and after room is made all comes right."""
    prepared, wanted = prepared
    free, troubled = 0, True
    while troubled:
        site = prepared.copy(crash_room / "site")
        on_disk(site, folder, small_disk)
        fill(small_disk, but=free)
        troubled = complained(site, site.do(*site.importing))
        assert troubled or free > 0
        (small_disk / "filler").unlink()
        site.again()
        site.check(wanted, in_one_run=folder != "pbx")
        free += 1 if TORTURE else random.randint(1, 14)


def test_a_first_start_on_a_full_disk(prepared, crash_room, small_disk):
    """The state database is made whole or not at all, and what is in its way is said."""
    prepared, _ = prepared
    free, code = 0, 2
    while code:
        site = prepared.copy(crash_room / "site")
        shutil.rmtree(site.folder / "state")
        (site.folder / "state").mkdir()
        on_disk(site, "state", small_disk)
        fill(small_disk, but=free)
        code = site.do(*site.importing[:1], f"{site.folder}/before.csv", "--yes")
        log = site.log.read_text()
        assert "Traceback" not in log, log
        assert code == 0 or (code == 2 and "Error: " in log and "Remedy: " in log), log
        (small_disk / "filler").unlink()
        assert site.do("resume", "--yes") == 0
        assert site.do("import", f"{site.folder}/before.csv", "--yes") == 0
        assert site.holds() == prepared.holds()
        free += 1 if TORTURE else random.randint(1, 20)
    assert free > 1


def test_no_file_may_grow_beyond_a_size(prepared, crash_room):
    """A quota, as the kernel sets one: whichever file meets it first, it is said; after it is raised all is well."""
    prepared, wanted = prepared
    size, troubled = PAGE, True
    while troubled:
        site = prepared.copy(crash_room / "site")

        def within_the_quota(site=site, size=size):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            return site.command(*site.importing)

        code, exit_code = site.run(within_the_quota)
        assert code == 0, site.log.read_text()
        troubled = complained(site, exit_code)
        assert troubled or size > PAGE
        site.again()
        site.check(wanted, in_one_run=False)
        size += PAGE if TORTURE else PAGE * random.randint(1, 14)
