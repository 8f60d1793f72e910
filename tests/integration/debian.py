"""Programs from Debian's packages, unpacked into a cache: no root, nothing installed or started."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

from integration.cache import cached, run

SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
NOT_NEEDED = ("doc", "man", "locale")


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
