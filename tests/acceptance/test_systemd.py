"""The service on a real machine: booted under systemd in a container, killed, reloaded, rebooted."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pip
import pytest

from acceptance.built import ROOT, build, locked, run
from linecard.config import load
from linecard.registry import Registry

SYSTEMD = ROOT / "systemd"
HERE = Path(__file__).with_name("machine")
PROOF = """\
[Unit]
Description=What an administrator does
Wants=multi-user.target
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'sh /machine/{script} > /proof/{script}.log 2>&1; echo $? > /proof/{script}.code'
ExecStart=/bin/sh -c 'journalctl -o cat -n 300 >> /proof/{script}.log; systemctl poweroff'
"""


def lacking(what: str) -> None:
    """On a user's machine a reason to skip; where the tests decide, a failure."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def tool(name: str, package: str) -> str:
    """A program of Debian's, installed if need be and possible."""
    if shutil.which(name) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "update", "-qq", cwd=ROOT)
        run("apt-get", "install", "-y", "-qq", package, cwd=ROOT, DEBIAN_FRONTEND="noninteractive")
    found = shutil.which(name)
    if found is None:
        lacking(f"{name} is not here; `apt-get install {package}` brings it.")
    assert found is not None
    return found


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
    config = load(SYSTEMD / "linecard.yaml", registry.options, registry.inbox_options)
    made = (SYSTEMD / "tmpfiles.conf").read_text()
    for folder in (config.state, config.archive, config.reports, config.quarantine, config.inboxes["hr"].path):
        assert f"d {folder} " in made
        assert Path(folder).is_relative_to("/var/lib/linecard")


class Machine:
    """This machine's own files with a layer of memory above them, in which linecard is installed."""

    def __init__(self, root: Path, proof: Path, nspawn: str) -> None:
        self._root, self.proof, self._nspawn = root, proof, nspawn

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        common = ("--register=no", "--keep-unit", "--quiet", "-D", str(self._root))
        # Without machined, nspawn keeps a folder of its own below /run/systemd that must be a mount.
        inside = " ".join([self._nspawn, *common, *words])
        script = f"mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd && exec {inside}"
        return run("unshare", "--mount", "sh", "-c", script, cwd=self._root.parent)

    def boot(self, script: str) -> None:
        """Boot, do what the script says, power off."""
        (self._root / "etc/systemd/system/proof.service").write_text(PROOF.format(script=script))
        said = self.call(
            "--private-network",
            f"--bind={self.proof}:/proof",
            f"--bind-ro={HERE}:/machine",
            "-b",
            "systemd.unit=proof.service",
        )
        log = self.proof / f"{script}.log"
        assert log.exists(), said.stdout[-2000:] + said.stderr
        assert (self.proof / f"{script}.code").read_text() == "0\n", log.read_text()

    def facts(self, name: str) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.proof / name).read_text().splitlines())


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Iterator[Machine]:
    if os.geteuid() != 0:
        lacking("Only root can boot a container.")
    nspawn = tool("systemd-nspawn", "systemd-container")
    folder = tmp_path_factory.mktemp("machine")
    root, layer, proof, wheels = (folder / name for name in ("root", "layer", "proof", "wheels"))
    for made in (root, layer, proof, wheels):
        made.mkdir()
    with ExitStack() as stack:
        for words in (
            ("-t", "tmpfs", "tmpfs", str(layer)),
            ("-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={layer}/up,workdir={layer}/work", str(root)),
        ):
            if words[1] == "overlay":
                (layer / "up").mkdir()
                (layer / "work").mkdir()
            said = run("mount", *words, cwd=folder)
            if said.returncode:
                lacking(f"A container cannot be made here: {said.stderr}")
            stack.callback(run, "umount", "-l", words[-1], cwd=folder)
        for wants in (root / "etc/systemd/system").glob("*.wants"):
            shutil.rmtree(wants)  # the services of this machine stay where they are
        wheel = build(wheels)
        (wheels / "lock.txt").write_text(locked(wheel))
        here = Machine(root, proof, nspawn)
        install = (
            "PYTHONPATH=/pip /opt/linecard/bin/python -m pip --disable-pip-version-check install --quiet --no-deps"
        )
        said = here.call(
            f"--bind-ro={wheels}:/wheels",
            f"--bind-ro={Path(pip.__file__).parent}:/pip/pip",
            *(f"--setenv={name}={value}" for name, value in os.environ.items() if name.startswith("PIP_")),
            "sh",
            "-c",
            f"""'rm -rf /opt/linecard; /usr/bin/python3 -m venv --without-pip /opt/linecard &&
            {install} --require-hashes -r /wheels/lock.txt && {install} --no-index /wheels/{wheel.name}'""",
        )
        assert said.returncode == 0, said.stdout + said.stderr
        yield here


def test_a_service_that_is_killed_reloaded_and_rebooted(machine):
    """Installed and started, a file dropped by another user is reported; killed, systemd starts it again; a wrong
    configuration is refused; what was dropped before a reboot is done after it, and nothing twice."""
    machine.boot("first.sh")
    assert machine.facts("after-one") == {"StatusText": "watching", "ActiveState": "active", "NRestarts": "0"}
    assert machine.facts("before-reboot") == {"ActiveState": "active", "NRestarts": "1"}
    refused = json.loads((machine.proof / "refused.json").read_text())
    assert "settel" in next(t["message"] for t in refused["troubles"] if t["what"] == "configuration")
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
    reports = [path for _, _, path in files if path.endswith(".html")]
    assert len(reports) == 3
    assert not [path for _, _, path in files if path.startswith("/var/lib/linecard/inbox/hr/")]
    assert not [path for mode, _, path in files if int(mode[-1]) & 2], "nothing is writable by everybody"
    modes = {path: mode for mode, _, path in files}
    assert modes["/var/lib/linecard/state"] == modes["/var/lib/linecard/quarantine"] == "700"
