"""A real Asterisk from Debian's packages, unpacked into a cache: no root, no chroot, nothing installed."""

from __future__ import annotations

import platform
from pathlib import Path

from integration.cache import cached, run
from integration.debian import extracted, release_apt

WANTED = """\
asterisk asterisk-modules asterisk-config asterisk-core-sounds-en-gsm libbsd0 libc6 libcap2 libcom-err2 libcrypt1
libedit2 libgcc-s1 libgsm1 libgssapi-krb5-2 libjansson4 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap2
libltdl7 libmd0 libodbc2 libodbcinst2 libpq5 libsasl2-2 libsqlite3-0 libssl3t64 libstdc++6 libsystemd0 libtinfo6
libmariadb3 liburiparser1 libuuid1 libxml2-16 libxslt1.1 libzstd1 odbc-mariadb zlib1g
"""
"""Asterisk and every library that the modules of these tests are linked with."""


def root() -> Path:
    """Where Asterisk lies unpacked. Where it cannot be had the test fails in CI, and is skipped elsewhere."""
    return cached("asterisk-with-odbc", _fetch, "Asterisk of Debian's packages")


def _fetch(work: Path) -> Path:
    if platform.machine() != "x86_64":
        raise OSError(f"they are for x86_64, and this is {platform.machine()}")
    status = work / "status"
    status.touch()
    apt = [*release_apt(work, status, "sid"), "-o", "Acquire::Check-Valid-Until=false"]
    run(*apt, "update")
    run(*apt, "download", *WANTED.split(), cwd=work / "cache" / "archives")
    return extracted(work)
