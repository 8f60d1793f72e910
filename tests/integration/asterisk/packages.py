"""A real Asterisk from Debian's packages, unpacked into a cache: no root, no chroot, nothing installed."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "linecard-tests"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org/debian"
WANTED = """\
asterisk asterisk-modules asterisk-config asterisk-core-sounds-en-gsm libbsd0 libc6 libcap2 libcom-err2 libcrypt1
libedit2 libgcc-s1 libgsm1 libgssapi-krb5-2 libjansson4 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap2
libltdl7 libmd0 libodbc2 libodbcinst2 libpq5 libsasl2-2 libsqlite3-0 libssl3t64 libstdc++6 libsystemd0 libtinfo6
libmariadb3 liburiparser1 libuuid1 libxml2-16 libxslt1.1 libzstd1 odbc-mariadb zlib1g
"""
"""Asterisk and every library that the modules of these tests are linked with."""

NOT_NEEDED = ("doc", "man", "locale")


def root() -> Path:
    """Where Asterisk lies unpacked. Where it cannot be had the test fails in CI, and is skipped elsewhere."""
    ready = CACHE / "asterisk-with-odbc"
    if not ready.is_dir():
        try:
            _unpack(ready)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", "") or error
            words = f"no Asterisk could be had from Debian's packages: {said}"
            pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    return ready


def _unpack(ready: Path) -> None:
    """Download with an apt whose state is its own, unpack, and put it in its place when it is whole."""
    if platform.machine() != "x86_64":
        raise OSError(f"they are for x86_64, and this is {platform.machine()}")
    CACHE.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="asterisk-", dir=CACHE))
    try:
        for folder in ("lists/partial", "cache/archives/partial", "root"):
            (work / folder).mkdir(parents=True)
        (work / "status").touch()
        (work / "sources.list").write_text(f"deb [arch=amd64 signed-by={KEYRING}] {_mirror()} sid main\n")
        archives = work / "cache" / "archives"
        _run("apt-get", *_own_state(work), "-qq", "update")
        _run("apt-get", *_own_state(work), "-qq", "download", *WANTED.split(), cwd=archives)
        left_out = [f"--exclude=./usr/share/{folder}" for folder in NOT_NEEDED]
        for package in sorted(archives.glob("*.deb")):
            tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
            unpack = ["tar", "-C", work / "root", "-x", "--no-same-owner", *left_out]
            subprocess.run(unpack, check=True, input=tar, capture_output=True)
        try:
            (work / "root").rename(ready)
        except OSError:  # another run was quicker
            if not ready.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _own_state(work: Path) -> list[str]:
    settings = {
        "Dir::State": work,
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Acquire::Languages": "none",
        "Acquire::Check-Valid-Until": "false",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _mirror() -> str:
    """The one that this machine's apt uses."""
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    found = re.search(r"(?m)^URIs:\s*(\S+)", sources.read_text()) if sources.exists() else None
    return found[1] if found else MIRROR


def _run(*words: str | Path, cwd: Path | None = None) -> None:
    subprocess.run(words, check=True, cwd=cwd, capture_output=True, text=True)
