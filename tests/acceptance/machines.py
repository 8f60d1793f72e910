"""A machine of our own: this one's files with a layer of memory above them, linecard installed, systemd to boot."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pip
import pytest

from acceptance.built import build, run
from integration.cache import missing
from integration.debian import install_packages

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


def tool(name: str, package: str) -> str:
    """A program of Debian's, installed if need be and possible."""
    install_packages(package, is_there=lambda: shutil.which(name) is not None)
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not here; `apt-get install {package}` brings it.")
    return found


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

    def do(self, script: str) -> None:
        """Do what the script says, without booting; its network is its own loopback."""
        said = self.call(
            "--private-network",
            f"--bind={self.proof}:/proof",
            f"--bind-ro={HERE}:/machine",
            "sh",
            "-c",
            f"'ip link set lo up; sh /machine/{script}'",
        )
        assert said.returncode == 0, (said.stdout + said.stderr)[-8000:]

    def facts(self, name: str) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.proof / name).read_text().splitlines())


@pytest.fixture(scope="session")
def machine(tmp_path_factory) -> Iterator[Machine]:
    if os.geteuid() != 0:
        missing("Only root can boot a container.")
    nspawn = tool("systemd-nspawn", "systemd-container")
    # Before this machine's files are laid below those of the other: an account that a package adds afterwards is not
    # there once the other has written a line of its own into /etc/passwd.
    tool("sshd", "openssh-server")
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
                missing(f"A container cannot be made here: {said.stderr}")
            stack.callback(run, "umount", "-l", words[-1], cwd=folder)
        for wants in (root / "etc/systemd/system").glob("*.wants"):
            shutil.rmtree(wants)  # the services of this machine stay where they are
        build(wheels)
        (lock,) = (file.name for file in wheels.glob("*.lock") if file.name.count("-") == 1)
        here = Machine(root, proof, nspawn)
        install = "PYTHONPATH=/pip /opt/linecard/bin/python -m pip --disable-pip-version-check install --quiet"
        said = here.call(
            f"--bind-ro={wheels}:/wheels",
            f"--bind-ro={Path(pip.__file__).parent}:/pip/pip",
            *(f"--setenv={name}={value}" for name, value in os.environ.items() if name.startswith("PIP_")),
            "sh",
            "-c",
            f"""'rm -rf /opt/linecard; /usr/bin/python3 -m venv --without-pip /opt/linecard &&
            cd /wheels && {install} --require-hashes -r {lock}'""",
        )
        assert said.returncode == 0, said.stdout + said.stderr
        yield here
