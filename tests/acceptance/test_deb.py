"""The Debian package in a bare Debian: installed by apt, upgraded, removed and purged. `make deb-test` runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.built import ROOT, run
from acceptance.machines import tool
from house.markdown import blocks, section
from integration.cache import missing
from integration.debian import mirror
from linecard import __version__

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(not os.environ.get("LINECARD_TORTURE"), reason="long: `make deb-test` runs it"),
]
OLD_FILE = "opt/linecard/lib/of-the-version-before"


class BareRoot:
    """A Debian of nothing but apt and what it needs, in a folder."""

    def __init__(self, folder: Path, release: str) -> None:
        self.folder = folder
        made = run(tool("mmdebstrap", "mmdebstrap"), "--variant=apt", release, folder, mirror(), cwd=ROOT)
        if made.returncode:
            missing(f"No bare Debian can be made: {made.stderr[-500:]}")
        shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")

    def __call__(self, script: str, *, ok: bool = True) -> str:
        """What a script says that root runs in it, in namespaces of its own."""
        inside = (
            'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec env -i DEBIAN_FRONTEND=noninteractive '
            'HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/sbin/chroot "$0" sh -ec "$1"'
        )
        words = ["unshare", "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-c", inside]
        done = subprocess.run(
            [*words, self.folder, script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert not ok or done.returncode == 0, done.stdout
        return done.stdout

    def install(self, package: Path) -> str:
        shutil.copy(package, self.folder / "root" / "linecard.deb")
        return self("apt-get install --yes --quiet --no-install-recommends /root/linecard.deb 2>&1")


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """As `make deb` makes it."""
    dist = tmp_path_factory.mktemp("deb")
    made = run("make", "deb", f"DIST={dist}", cwd=ROOT)
    assert made.returncode == 0, made.stdout + made.stderr
    (file,) = dist.glob("*.deb")
    return file


@pytest.fixture(scope="module")
def version_before(package, tmp_path_factory) -> Path:
    """The same with a lower version, and a file that the newer one has not any more."""
    folder = tmp_path_factory.mktemp("before")
    run("dpkg-deb", "-R", package, folder / "root", cwd=folder)
    control = folder / "root" / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*", "Version: 0.0.9", control.read_text()))
    (folder / "root" / OLD_FILE).write_text("old")
    built = run("dpkg-deb", "--root-owner-group", "-Znone", "-b", folder / "root", folder / "old.deb", cwd=folder)
    assert built.returncode == 0, built.stderr
    return folder / "old.deb"


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Iterator[BareRoot]:
    if os.geteuid() != 0:
        missing("A bare Debian to install the package in takes root.")
    folder = tmp_path_factory.mktemp("bare") / "root"
    release = re.search(r"VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text())
    if release is None:
        missing("This machine is no Debian.")
        return
    root = BareRoot(folder, release[1])
    root("apt-get update -qq")
    yield root
    shutil.rmtree(folder, ignore_errors=True)


def test_the_package_has_nothing_of_the_machine_that_made_it(package, tmp_path):
    run("dpkg-deb", "-x", package, tmp_path, cwd=tmp_path)
    opt = tmp_path / "opt" / "linecard"
    assert (opt / "bin" / "linecard").read_text().startswith("#!/opt/linecard/bin/python")
    assert str((opt / "bin" / "python3").readlink()) == "/usr/bin/python3"
    found = run("grep", "-rlF", "/tmp/tmp.", opt, cwd=tmp_path).stdout.split()
    assert found == []
    owners = run("dpkg-deb", "-c", package, cwd=tmp_path).stdout.splitlines()
    assert [line for line in owners if "root/root" not in line] == []


def test_restored_on_an_empty_machine_by_the_documented_commands(bare, package):
    """Those of docs/operate.md, typed by root: the machine before has burnt down, and with it all but the backup."""
    page = section((ROOT / "docs" / "operate.md").read_text(encoding="utf-8"), "Back up and restore")
    make, put_back = (block for block in blocks(page, "sh"))
    put_back = put_back.replace("2026-12-01", "$(date +%F)").replace("systemctl start linecard", "")
    bare.install(package)
    bare("printf 'Action,LoginEmail,Extension\\nattach,ada@example.org,1234\\n' > /tmp/sheet.csv")
    bare("echo '# mine' >> /etc/linecard/linecard.yaml; cd /tmp; linecard import /tmp/sheet.csv --yes")
    assert "read back and compared" in bare(make)
    bare("apt-get purge --yes --quiet linecard; rm -r /var/lib/linecard")
    bare.install(package)
    said = bare(put_back.replace("linecard doctor", "linecard doctor || true"))
    assert "The last run it knows is 1. The next one is 2001." in said
    failed = [line for line in said.splitlines() if line.startswith("FAIL")]
    assert [line for line in failed if "This site was restored on" not in line] == []
    assert "# mine" in bare("cat /etc/linecard/linecard.yaml")
    assert "ada@example.org" in bare("linecard members")
    bare("apt-get purge --yes --quiet linecard; rm -r /var/lib/linecard /var/backups/linecard")


def test_installed_upgraded_removed_and_purged(bare, package, version_before):
    """In one root, in this order, as an administrator would over the years."""
    said = bare.install(version_before)
    assert "Wrote /etc/linecard/linecard.yaml." in said
    assert bare("stat -c '%U:%G %a' /etc/linecard/linecard.yaml /var/lib/linecard/state").split("\n")[:2] == [
        "root:linecard 640",
        "linecard:linecard 700",
    ]
    bare("printf 'Action,LoginEmail,Extension\\nattach,ada@example.org,1234\\n' > /tmp/sheet.csv")
    assert "Run 1 is applied" in bare("cd /tmp; linecard import /tmp/sheet.csv --yes")
    assert "FAIL" not in bare("linecard doctor")
    assert bare("stat -c %U /var/lib/linecard/state/linecard.db").strip() == "linecard"
    asked = "COMP_WORDS='linecard bac' COMP_CWORD=1 _LINECARD_COMPLETE=bash_complete linecard"
    assert bare(asked).strip() == "plain,backup"
    assert "_linecard_completion" in bare("cat /usr/share/bash-completion/completions/linecard")
    bare("bash -n /usr/share/bash-completion/completions/linecard")

    bare("echo '# mine' >> /etc/linecard/linecard.yaml")
    bare.install(package)
    assert not (bare.folder / OLD_FILE).exists()
    assert bare("dpkg --verify linecard") == ""
    assert "# mine" in bare("cat /etc/linecard/linecard.yaml")
    assert "applied" in bare("linecard runs")

    bare("apt-get remove --yes --quiet linecard")
    assert not (bare.folder / "opt" / "linecard" / "lib").exists()
    assert (bare.folder / "etc" / "linecard" / "linecard.yaml").exists()
    said = bare("apt-get purge --yes --quiet linecard 2>&1")
    assert "The state, archive and reports in /var/lib/linecard were left." in said
    assert not (bare.folder / "etc" / "linecard").exists()
    assert (bare.folder / "var" / "lib" / "linecard" / "state" / "linecard.db").exists()
    assert "linecard" not in bare("dpkg -l | awk '{print $2}'").split()

    bare("rm -r /var/lib/linecard")
    bare.install(package)
    bare("apt-get purge --yes --quiet linecard")
    assert not (bare.folder / "var" / "lib" / "linecard").exists(), "nothing was ever done in it"
    assert not (bare.folder / "opt" / "linecard").exists()


def test_upgraded_while_the_service_is_at_work(machine, package, version_before):
    """Under systemd, in the middle of a run, and while files arrive: the run goes on where it stopped, no file is lost,
    nothing is made twice, and the service that ran runs in its new version. One that did not run is not started."""
    for file, name in ((version_before, "before.deb"), (package, "after.deb")):
        shutil.copy(file, machine.proof / name)
    rows = "".join(f"attach,member{n}@example.com,{n}\n" for n in range(10_000, 80_000))
    (machine.proof / "large.csv").write_text(f"Action,LoginEmail,Extension\n{rows}")
    machine.boot("upgrade.sh")
    assert machine.facts("upgraded") == {"ActiveState": "active", "NRestarts": "0"}
    assert (machine.proof / "pid-before").read_text() != (machine.proof / "pid-after").read_text()
    assert (machine.proof / "version").read_text().partition("~")[0] == __version__
    dropped = int((machine.proof / "dropped").read_text())
    assert dropped > 2, "files came while the package was replaced"
    runs = json.loads((machine.proof / "runs.json").read_text())
    assert {run["state"] for run in runs} == {"applied"}
    assert sorted(run["file"] for run in runs) == sorted(["large.csv", *(f"late{n}.csv" for n in range(dropped))])
    members = json.loads((machine.proof / "upgraded-members.json").read_text())
    assert sum(member["member"] is not None for member in members) == 70_000 + dropped
    assert (machine.proof / "made-twice").read_text() == ""
    assert (machine.proof / "left").read_text() == ""
    assert "FAIL" not in (machine.proof / "upgraded-doctor").read_text()
