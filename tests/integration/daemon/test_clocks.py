"""The daemon and the clock: crontabs, and a clock that somebody sets."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from acceptance.crashes import TORTURE
from integration.daemon.site import CONFIG, LINECARD, eventually, rows
from integration.debian import unpacked


def test_an_inbox_with_a_crontab_is_left_in_peace_in_between(site):
    """The kernel's hints count for the other inboxes alone; its next look is when crontab(5) says."""
    hr = "hr: {path: hr, pbxs: [hq], settle: 100ms, cron: '0 7 29 2 *'}"
    site.configure(CONFIG.replace("hr: {path: hr, pbxs: [hq], settle: 100ms, scan: 1}", hr))
    with site.served():
        site.drop("hr", "early.csv", rows("ada 1000"))
        for number in range(3):  # each is seen twice before it is taken
            site.drop("it", f"now{number}.csv", rows(f"bob 200{number}"))
            eventually(lambda n=number: site.came_to(**{f"now{n}": "applied"}), "the other inbox's file is done")
        status = site.status()
        assert "hr" not in {inbox["name"] for inbox in status["inboxes"]}, "it was never looked into"
        (at,) = [timer["next"] for timer in status["timers"] if timer["name"] == "look hr"]
        assert f"{datetime.fromisoformat(at):%d.%m. %H:%M}" == "29.02. 07:00"
    assert site.left("hr") == ["early.csv"]


# -- a clock that is wrong ---------------------------------------------------------------------------------------------

KEEP = "keep: {runs: 30, archive: {days: 30}, reports: {days: 30}, quarantine: {days: 30}}\n"


@pytest.fixture
def faked(site):
    """What makes a daemon see the wall clock that the file `offset` says, and the true monotonic one."""
    (library,) = unpacked("faketime", "libfaketime").glob("usr/lib/*/faketime/libfaketimeMT.so.1")
    values = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(site.folder / "offset"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    return ("env", *(f"{name}={value}" for name, value in values.items()))


def memory(process) -> int:
    """Bytes that a process has in memory."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def kept(site) -> list[str]:
    return sorted(
        path.name
        for folder in ("archive", "reports")
        for path in (site.folder / folder).rglob("*.*")
        if path.is_file() and path.name != "index.html" and path.suffix != ".part"
    )


@pytest.mark.parametrize("offset", ["+3653d", "+40d", "-365d"] if TORTURE else ["+3653d", "-365d"])
def test_a_daemon_whose_clock_is_set_removes_nothing_and_goes_on(site, faked, offset):
    """It takes files, needs no more memory than before, says what would go, and stops when it is asked to."""
    # No hints: libfaketime breaks the sleep of a thread between whose two looks at the clock it was set back.
    site.configure(CONFIG.replace("scan: 1}", "scan: 1, jitter: 1, options: {watch: false}}") + KEEP)
    (site.folder / "offset").write_text("+0")
    with site.served(*faked) as daemon:
        site.drop("hr", "before.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(before="applied") and len(site.reports) == 1, "the first file is done")
        had, before = memory(daemon.process), kept(site)
        (site.folder / "offset").write_text(offset)
        eventually(lambda: "clock was set" in daemon.log, "it sees that the clock was set")
        site.drop("hr", "after.csv", rows("bob 1001"))
        eventually(lambda: site.came_to(after="applied") and len(site.reports) == 2, "files are taken")
        if offset.startswith("+"):
            eventually(lambda: "1 run, " in site.told("clock"), "it says what would go")
        assert set(before) <= set(kept(site))
        assert site.runs == {"before.csv": "applied", "after.csv": "applied"}
        assert memory(daemon.process) < had + 50_000_000
        (site.folder / "offset").write_text("+0")
        eventually(lambda: daemon.log.count("clock was set") == 2 and not site.told("clock"), "all is well again")
        site.drop("hr", "last.csv", rows("cy 1002"))
        eventually(lambda: site.came_to(last="applied"), "and goes on")
    assert set(before) <= set(kept(site))


def test_a_clock_that_is_wrong_at_boot_removes_nothing(site, faked):
    """The last life wrote down when it was; a person may say that the new time is right."""
    site.configure(CONFIG + KEEP)
    with site.served():
        site.drop("hr", "before.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(before="applied") and len(site.reports) == 1, "the first file is done")
    before = kept(site)
    (site.folder / "offset").write_text("+3653d")
    with site.served(*faked) as daemon:
        eventually(lambda: "1 run, " in site.told("clock"), "it says what would go")
        assert set(before) <= set(kept(site))
        said = subprocess.run(
            [*faked, *LINECARD, "clock", "--confirm"],
            env=site.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "1 run, " in said.stdout
        eventually(lambda: not site.told("clock"), "it is believed")
    with site.served(*faked):
        eventually(lambda: not set(before) & set(kept(site)) and not site.runs, "what is old goes")
    assert "Traceback" not in daemon.log
