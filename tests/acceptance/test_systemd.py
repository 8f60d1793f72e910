"""The service on a real machine: booted under systemd in a container, killed, reloaded, rebooted."""

from __future__ import annotations

import json
import re
from pathlib import Path

from acceptance.built import ROOT, run
from acceptance.machines import tool
from linecard.config import load
from linecard.registry import Registry

SYSTEMD = ROOT / "systemd"


def test_the_unit_is_one_that_systemd_understands(tmp_path):
    """`systemd-analyze verify` finds nothing, once the program is where the unit says."""
    analyze = tool("systemd-analyze", "systemd")
    unit = tmp_path / "linecard.service"
    text = (SYSTEMD / "linecard.service").read_text()
    unit.write_text(text.replace("/opt/linecard/bin/linecard", "/bin/true"))
    said = run(analyze, "verify", unit, cwd=tmp_path)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_the_service_can_do_little_else(tmp_path):
    """The exposure that systemd reckons is below 1.5 of 10."""
    said = run(
        tool("systemd-analyze", "systemd"), "security", "--offline=true", SYSTEMD / "linecard.service", cwd=tmp_path
    )
    level = re.search(r"exposure level for linecard.service: ([0-9.]+)", said.stdout)
    assert level is not None, said.stdout + said.stderr
    assert float(level[1]) < 1.5


def test_the_configuration_that_comes_with_it_has_no_problem():
    """Its folders are those that tmpfiles makes and the unit may write to."""
    registry = Registry()
    config = load(SYSTEMD / "linecard.yaml", registry)
    made = (SYSTEMD / "tmpfiles.conf").read_text()
    for folder in (config.state, config.archive, config.reports, config.quarantine, config.inboxes["hr"].path):
        assert f"d {folder} " in made
        assert Path(folder).is_relative_to("/var/lib/linecard")


def test_a_service_that_is_killed_reloaded_and_rebooted(machine):
    """Installed and started, which fails for good while the configuration is wrong. A file dropped by another user is
    reported; killed, systemd starts it again; a wrong configuration is refused, and fails the reload. What was dropped
    before a reboot is done after it, and nothing twice."""
    machine.boot("first.sh")
    assert machine.facts("after-one") == {"StatusText": "watching", "ActiveState": "active", "NRestarts": "0"}
    assert machine.facts("before-reboot") == {"ActiveState": "active", "NRestarts": "1"}
    assert machine.facts("not-repeated") == {"ActiveState": "failed", "NRestarts": "0", "ExecMainStatus": "78"}
    assert "Going on as linecard, who owns /var/lib/linecard/state.\n" in (machine.proof / "as-root").read_text()
    assert (machine.proof / "not-the-service").read_text() == ""
    blinded = (machine.proof / "blinded").read_text()
    assert "The daemon is running" in blinded
    assert "settel" in blinded
    refused = json.loads((machine.proof / "refused.json").read_text())
    assert "settel" in next(t["message"] for t in refused["alerts"] if t["what"] == "configuration")
    status = json.loads((machine.proof / "status.json").read_text())
    assert [run["state"] for run in status["runs"]] == ["applied", "applied"]

    machine.boot("second.sh")
    members = json.loads((machine.proof / "members.json").read_text())
    assert {m["member"]: m["extension"] for m in members if m["member"]} == {
        "ada@example.com": "1000",
        "bob@example.com": "1001",
        "cyd@example.com": "1002",
    }
    files = [line.split(" ", 2) for line in (machine.proof / "files").read_text().splitlines()]
    reports = [path for _, _, path in files if path.endswith(".html") and "/index" not in path]
    assert len(reports) == 4, "with that of a folder that a drop-in lets the service write to"
    assert not [path for _, _, path in files if path.startswith("/var/lib/linecard/inbox/hr/")]
    assert not [path for mode, _, path in files if int(mode[-1]) & 2], "nothing is writable by everybody"
    modes = {path: mode for mode, _, path in files}
    assert modes["/var/lib/linecard/state"] == modes["/var/lib/linecard/quarantine"] == "700"
