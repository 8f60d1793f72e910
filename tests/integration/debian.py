"""Programs from Debian's packages: installed by root, or unpacked into a cache, where nothing is started."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from integration.cache import CACHE, cached, run

SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
LISTS = (SOURCES, Path("/etc/apt/sources.list"))
"""Where Debian says where its packages are, by the image it was installed from."""
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
NOT_NEEDED = ("doc", "man", "locale")


def install_packages(*packages: str, is_there: Callable[[], bool]) -> bool:
    """Install packages, if this is root's machine and they are not there; whether they are now.

    Tests run in several processes. One installs and the others wait, even for a program whose file they see already: it
    may not be set up yet.
    """
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return is_there()
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_there():
            return True
        apt = ["apt-get", "-qq", "--yes", "-o", "DPkg::Lock::Timeout=240"]
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "--no-install-recommends", *packages]):
            done = subprocess.run([*apt, *words], env=quiet, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"apt-get {words[0]}: {done.stderr[-500:]}")  # pytest shows it with the test that fails
        return is_there()


def unpacked(name: str, *packages: str) -> Path:
    """Where packages of this machine's release lie unpacked, with what they need and this machine lacks."""
    try:
        release = platform.freedesktop_os_release().get("VERSION_CODENAME", "unknown")
    except OSError:
        release = "unknown"

    def fetch(work: Path) -> Path:
        apt = own_apt(work, Path("/var/lib/dpkg/status"))
        if SOURCES.exists():  # nothing of other repositories that this machine may know
            apt += ["-o", f"Dir::Etc::sourcelist={SOURCES}", "-o", "Dir::Etc::sourceparts=/dev/null"]
        run(*apt, "update")
        run(*apt, "--yes", "--download-only", "--reinstall", "--no-install-recommends", "install", *packages)
        return extracted(work)

    return cached(f"{name}-{release}-{platform.machine()}", fetch, f"{name} of Debian's packages")


def download_release(work: Path, release: str, *packages: str) -> Path:
    """Where packages of that release lie unpacked, with all that they need, down to the C library."""
    status = work / "status"
    status.touch()  # as if nothing were installed
    apt = release_apt(work, status, release)
    run(*apt, "update")
    run(*apt, "--yes", "--download-only", "--no-install-recommends", "install", *packages)
    return extracted(work)


def release_apt(work: Path, status: Path, release: str) -> list[str | Path]:
    """An apt of its own that knows this release of Debian and nothing else."""
    sources = work / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {mirror()} {release} main\n")
    apt = own_apt(work, status)
    return [*apt, "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null"]


def mirror() -> str:
    """The one that this machine's apt uses."""
    for file in LISTS:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        found = re.search(r"(?m)^(?:URIs:|deb(?: +\[[^]]*])?)\s+(\S+)", text)
        if found is not None:
            return found[1]
    raise OSError("no mirror of Debian is named in " + " or ".join(map(str, LISTS)))


def own_apt(work: Path, status: Path) -> list[str | Path]:
    """An apt whose state is its own, in this folder; `status` says what is installed."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    settings = {
        "Dir::State": work,
        "Dir::State::lists": work / "lists",
        "Dir::State::status": status,
        "Dir::Cache": work / "cache",
        "Acquire::Languages": "none",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
    }
    return ["apt-get", "-qq", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))]


def extracted(work: Path) -> Path:
    """Where everything that apt downloaded lies unpacked, but what nobody runs."""
    root = work / "root"
    root.mkdir()
    left_out = [f"--exclude=./usr/share/{folder}" for folder in NOT_NEEDED]
    for package in sorted((work / "cache" / "archives").glob("*.deb")):
        tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
        words = ["tar", "-C", root, "-x", "--no-same-owner", *left_out]
        subprocess.run(words, check=True, input=tar, capture_output=True)
    return root
