"""The container image: built by buildah on a bare Debian, and run by nobody of importance on a root that is read-only.

Where no builder can be had, the recipe is linted, and read for what matters here, of which no linter knows.
`make image-test` builds it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.built import ROOT, run
from acceptance.machines import tool
from integration.cache import missing
from integration.debian import mirror

RECIPE = (ROOT / "Containerfile").read_text(encoding="utf-8")
INSTRUCTIONS = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", RECIPE)).splitlines()
CERTIFICATES = Path("/usr/local/share/ca-certificates")


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in INSTRUCTIONS if line.startswith(f"{name} ")]


# -- what the recipe says ------------------------------------------------------------------------------------------


def test_the_linter_finds_nothing_in_it() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    said = run(hadolint, "--no-color", "--failure-threshold", "style", ROOT / "Containerfile", cwd=ROOT)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_it_is_run_by_a_user_without_rights_by_number() -> None:
    """By number, for a runtime that is told to refuse root cannot look a name up."""
    assert instructions("USER") == ["990:990"]
    assert INSTRUCTIONS.index("USER 990:990") > max(i for i, line in enumerate(INSTRUCTIONS) if line.startswith("RUN"))


def test_everything_it_installs_from_outside_debian_is_checked_by_its_hash() -> None:
    (install,) = [line for line in instructions("RUN") if "pip install" in line]
    assert "--require-hashes" in install
    assert "--only-binary=:all:" in install
    assert not [line for line in INSTRUCTIONS if re.search(r"\b(curl|wget|ADD)\b", line)]


def test_what_it_is_made_on_is_a_release_and_what_makes_it_stays_behind() -> None:
    assert instructions("ARG")[0] == "BASE=debian:12-slim"
    assert instructions("FROM") == ["${BASE} AS build", "${BASE}"]
    assert "--from=build /opt/linecard /opt/linecard" in instructions("COPY")


def test_nothing_but_the_volume_is_written_to() -> None:
    assert instructions("VOLUME") == ["/var/lib/linecard"]
    assert "--read-only --tmpfs /tmp -v linecard:/var/lib/linecard" in RECIPE
    assert "PYTHONDONTWRITEBYTECODE=1" in instructions("ENV")[0]


# -- what it does --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Iterator[Path]:
    """The files of the image, built by its recipe on a Debian without anything."""
    if not os.environ.get("LINECARD_TORTURE"):
        pytest.skip("long: `make image-test` builds the image")
    if os.geteuid() != 0:
        missing("To build the image on a bare Debian takes root.")
    buildah, work = tool("buildah", "buildah"), tmp_path_factory.mktemp("image")
    base = work / "base.tar"
    made = run(tool("mmdebstrap", "mmdebstrap"), "--variant=apt", "bookworm", base, mirror(), cwd=work)
    if made.returncode:
        missing(f"No bare Debian can be made: {made.stderr[-500:]}")
    if CERTIFICATES.is_dir():  # where the machine's administrator has authorities of their own
        run("tar", "-rf", base, "-C", "/", str(CERTIFICATES.relative_to("/")), cwd=work)

    def build(*words: str | Path) -> str:
        common = (buildah, "--root", work / "store", "--runroot", work / "run")
        done = run(*common, *words, cwd=ROOT, BUILDAH_ISOLATION="chroot")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    made = run("make", "wheel", cwd=ROOT)
    assert made.returncode == 0, made.stdout + made.stderr
    bare = build("from", "scratch")
    build("add", bare, base, "/")
    build("commit", bare, "localhost/bare")
    build("bud", "--build-arg", "BASE=localhost/bare", "-t", "linecard", ".")
    container = build("from", "localhost/linecard")
    yield Path(build("mount", container))
    build("umount", "--all")
    build("rm", "--all")
    shutil.rmtree(work / "store", ignore_errors=True)


def test_a_file_becomes_a_report_on_a_root_that_nobody_can_write_to(image, tmp_path):
    """In namespaces of its own, without capabilities; Debian's runtimes would need a cgroup to themselves."""
    volume = tmp_path / "volume"
    shutil.copytree(image / "var/lib/linecard", volume)
    (volume / "inbox/hr/sheet.csv").write_text("Action,LoginEmail,Extension\nattach,ada@example.org,1234\n")
    for path in (volume, *volume.rglob("*")):
        os.chown(path, 990, 990)
    inside = (
        'mount --bind "$0" "$0"; mount --bind "$1" "$0/var/lib/linecard"; mount -o remount,bind,ro "$0"; '
        'mount -t tmpfs tmpfs "$0/tmp"; mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; '
        "exec env -i PATH=/usr/local/bin:/usr/bin:/bin LINECARD_CONFIG=/etc/linecard/linecard.yaml "
        '/usr/sbin/chroot "$0" setpriv --reuid 990 --regid 990 --clear-groups --no-new-privs --bounding-set=-all '
        'sh -ec "cd /var/lib/linecard; $2"'
    )
    script = (
        "! touch /x 2>/dev/null; ! touch /etc/linecard/x 2>/dev/null; linecard once; linecard runs; linecard doctor"
    )
    words = ["unshare", "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-ec", inside]
    done = subprocess.run([*words, image, volume, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "applied" in done.stdout
    assert "FAIL" not in done.stdout
    assert list((volume / "reports").rglob("000001-hr-sheet.html"))
