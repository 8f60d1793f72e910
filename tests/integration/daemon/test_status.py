"""What `linecard status` says of a daemon: of when it is, what waits unseen, and that hints cannot come."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from datetime import datetime
from typing import Any

import pytest

from integration.daemon.site import CONFIG, Site, eventually, rows

MARKED = CONFIG.replace("scan: 1}", "scan: 1, marker: .done}", 1)


def _inbox(site: Site, name: str) -> dict[str, Any]:
    """What status says of an inbox; nothing before the first look at it."""
    return next((view for view in site.status()["inboxes"] if view["name"] == name), {})


def test_files_that_wait_for_their_marker_are_shown(site):
    """Names in capitals are met; what has none is counted and named by status, doctor and once."""
    site.configure(MARKED + "metrics: {textfile: linecard.prom}\n")
    with site.served():
        site.drop("hr", "JOINERS.CSV", rows("ada 1000"))
        site.drop("hr", "alone.csv", rows("bob 1001"))
        eventually(lambda: _inbox(site, "hr").get("awaiting_marker") == 2, "two")
        said = site.run("status").stdout
        assert "    2 files wait for their marker (JOINERS.CSV, alone.csv)." in said
        assert _inbox(site, "hr")["awaiting_files"] == ["JOINERS.CSV", "alone.csv"]
        site.drop("hr", "JOINERS.DONE", "")
        eventually(lambda: site.runs.get("JOINERS.CSV") == "applied", "it is met by its marker in capitals")
        eventually(lambda: "1 file waits for its marker (alone.csv)." in site.run("status").stdout, "one is left")
        figures = site.folder / "linecard.prom"
        eventually(lambda: 'linecard_files_awaiting_marker{inbox="hr"} 1.0' in figures.read_text(), "and in figures")
    doctor = site.run("doctor")
    assert doctor.returncode == 1
    assert "1 file waits for its marker (alone.csv)." in doctor.stdout
    once = site.run("once")
    assert "inbox hr: 1 file waits for its marker (alone.csv)." in once.stderr
    assert json.loads(site.run("once", "--json").stdout)["awaiting"] == {
        "hr": ["1 file waits for its marker (alone.csv)."]
    }
    assert site.left("hr") == ["alone.csv"]


def test_status_names_its_time_and_fails_when_that_is_old(site):
    """A daemon that was stopped or hangs says nothing new; when it goes on, so does status."""
    site.configure(CONFIG + "timezone: Europe/Paris\n")
    file = site.folder / "state" / "status.json"
    with site.served() as daemon:
        said = site.run("status")
        assert re.search(r"is running \(process \d+\), as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T\.", said.stdout)
        first = site.status()
        assert first["stale"] is False
        assert datetime.fromisoformat(first["at"]).tzinfo is not None
        eventually(lambda: site.status()["at"] != first["at"], "its time goes on though nothing happens")
        daemon.send(signal.SIGSTOP)
        try:
            facts = json.loads(file.read_text())
            old = datetime.fromtimestamp(datetime.fromisoformat(facts["at"]).timestamp() - 300).astimezone()
            file.write_text(json.dumps({**facts, "at": old.isoformat(), "since_boot": facts["since_boot"] - 300}))
            said = site.run("status")
            assert said.returncode == 1
            assert "has reported nothing since" in said.stdout
            assert json.loads(site.run("status", "--json").stdout)["stale"] is True
            file.write_text(json.dumps({**facts, "at": old.isoformat()}))
            assert site.run("status").returncode == 0, "a wall clock that was set makes it no older"
        finally:
            daemon.send(signal.SIGCONT)
        eventually(lambda: site.run("status").returncode == 0, "it goes on")


def test_a_reload_says_whether_the_configuration_was_taken_and_a_wrong_one_blinds_nobody(site):
    """It fails with the problem, line and key, while status goes on to show what the daemon does; doctor names it."""
    zoned = CONFIG + "timezone: Europe/Paris\n"
    site.configure(zoned)
    none = site.run("reload")
    assert (none.returncode, none.stderr.splitlines()[0]) == (2, "Error: No daemon is running on this site.")
    with site.served() as daemon:
        site.drop("hr", "a.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(a="applied"), "a run")
        assert site.run("status").returncode == 0
        for wrong, problem in (("settel: 1", "settel"), ("[never closed", "cannot be read as YAML")):
            site.configure(f"{zoned}{wrong}\n")
            refused = site.run("reload")
            assert refused.returncode == 2
            assert problem in refused.stderr
            said = site.run("status")
            assert said.returncode == 1
            assert re.search(r"is running \(process \d+\), as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T\.", said.stdout)
            assert re.search(r"^Run  Began \(Europe/Paris\)  Inbox", said.stdout, re.MULTILINE)
            assert "The configuration is wrong now; the daemon goes on with the one that it has read:" in said.stdout
            assert problem in said.stdout
            facts = site.status()
            assert (facts["running"], facts["pid"]) == (True, daemon.process.pid)
            assert [run["state"] for run in facts["runs"]] == ["applied"]
            assert facts["configuration"]["message"]
        site.configure(zoned.replace("Paris", "Lisbon"))
        taken = site.run("reload")
        assert (taken.returncode, taken.stderr) == (0, "")
        assert taken.stdout == "The daemon has read its configuration again.\n"
        eventually(lambda: site.status().get("timezone") == "Europe/Lisbon", "the new one counts")
        assert site.status()["configuration"] is None
        doctor = site.run("doctor")
        assert f"ok    daemon: linecard serve is running (process {daemon.process.pid})" in doctor.stdout
    site.configure(zoned + "settel: 1\n")
    assert site.run("status").returncode == 2, "without a daemon only the configuration is to be told"


FEW = 'echo 0 > /proc/sys/user/max_inotify_{} && exec "$@"'
"""As if other programs of this user had all instances of inotify; for this process alone, in a namespace of its own."""


@pytest.mark.parametrize("what", ["instances", "watches"])
def test_when_inotify_is_used_up_files_are_found_by_the_scan_and_that_is_said(site, what):
    """No crash, no line in the log for each look, and a remedy."""
    alone = ("unshare", "-Ur", "sh", "-c", FEW.format(what), "sh")
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel gives no namespaces to users: inotify cannot be used up for one process alone")
    with site.served(*alone) as daemon:
        eventually(lambda: "inotify" in site.told("hints of hr"), "it is said")
        site.drop("hr", "a.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(a="applied"), "the scan finds files")
        said = site.run("status")
        assert said.returncode == 1
        assert f"the {what} of inotify that this user may have are used up" in said.stdout
        assert f"fs.inotify.max_user_{what}" in said.stdout
        assert daemon.log.count("are used up") == 3, "once for each inbox"


def test_the_time_left_is_told_while_a_run_is_applied(site):
    """By what the PBX said when the plan was made; the daemon's status and the run itself say the same."""
    (site.folder / "hq.seconds").write_text("61.5")
    site.shut("hq")
    with site.served():
        site.drop("hr", "joiners.csv", rows("ada 1000", "bob 1001"))
        eventually(lambda: site.waits("hq"), "it is being applied")
        assert "  run 1: at least 3 min left, by what the PBX lets through\n" in site.run("status").stdout
        [run] = site.status()["runs"]
        assert (run["state"], run["seconds_left"]) == ("applying", 123.0)
        assert "\nAt least 3 min left, by what the PBX lets through.\n" in site.run("show", "1").stdout
        site.reopen("hq")
        eventually(lambda: site.came_to(joiners="applied"), "it goes on")
        assert site.status()["runs"][0]["seconds_left"] is None
        assert "left" not in site.run("show", "1").stdout


def test_plan_tells_what_the_plugins_do_when_asked_to(site):
    """On standard error, all of it, without what would steer a terminal; the answer itself stays as it is."""
    sheet = site.folder / "joiners.csv"
    sheet.write_text(rows("ada 1000", "bob 1001"))
    plain = site.run("plan", f"{sheet}", "--inbox", "hr")
    assert plain.stderr == ""
    said = site.run("plan", f"{sheet}", "--inbox", "hr", "--verbose")
    assert said.stdout == plain.stdout
    read, asked = said.stderr.splitlines()
    assert re.fullmatch(r'hq: listing read operations=0 how="whole .\[1m"', read)
    assert "\x1b" not in read
    # Two, and each as it would be with lost zeros put back.
    assert asked == "hq: asked for 8 extensions, 2 members, 0 numbers: 0 extensions found"
    doctor = site.run("doctor", "--verbose")
    assert "lab: listing read operations=0" in doctor.stderr
    assert "listing read" not in site.run("doctor").stderr


def test_plan_and_import_tell_how_long_it_takes(site):
    """Before the question, beside the changes; JSON has the same."""
    (site.folder / "hq.seconds").write_text("0.5")
    sheet = site.folder / "joiners.csv"
    sheet.write_text(rows("ada 1000", "bob 1001"))
    told = "The changes on hq take at least 1 s.\nhq: Ask Anna.\n"
    assert told in site.run("plan", f"{sheet}", "--inbox", "hr").stdout
    planned = json.loads(site.run("plan", f"{sheet}", "--inbox", "hr", "--json").stdout)
    assert planned["forecasts"] == [{"pbx": "hq", "changes": 2, "seconds": 1.0, "notes": ["Ask Anna."]}]
    assert told in site.run("import", f"{sheet}", "--inbox", "hr").stderr
