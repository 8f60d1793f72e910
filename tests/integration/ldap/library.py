"""python-ldap, compiled for the Python at work, and OpenLDAP's programs of Debian's packages, in a cache."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from house.places import ROOT
from integration.cache import cached
from integration.debian import unpacked

REQUIREMENTS = ROOT / "requirements-ldap.lock"
PACKAGES = ("slapd", "ldap-utils", "libldap-dev", "libsasl2-dev")


def openldap() -> Path:
    """Where Debian's OpenLDAP lies: server, programs, schemas and headers."""
    return unpacked("openldap", *PACKAGES)


def libraries() -> Path:
    """The folder of its libraries, most of which this machine need not have."""
    return next((openldap() / "usr" / "lib").glob("*-linux-gnu"))


def python_ldap() -> Path:
    """The folder that has the module `ldap`."""

    def fetch(work: Path) -> Path:
        links = work / "links"
        links.mkdir()
        for name in ("ldap", "lber"):  # the library itself may be the one that this machine has
            link = libraries() / f"lib{name}.so"
            target = link.parent / link.readlink()
            (links / link.name).symlink_to(target if target.exists() else f"/usr/lib/{libraries().name}/{target.name}")
        environ = os.environ | {
            "CFLAGS": f"-I{openldap() / 'usr' / 'include'}",
            "LDFLAGS": f"-L{links} -L{libraries()}",
        }
        words = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps")
        target = work / "site"
        command = [sys.executable, *words, "--target", target, "-r", REQUIREMENTS]
        subprocess.run(command, check=True, env=environ, capture_output=True, text=True)
        return target

    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    tag = f"python-ldap-{digest}-{sys.implementation.cache_tag}-{openldap().name}"
    return cached(tag, fetch, "python-ldap")


def add_to_path() -> None:
    """Let this process import `ldap`."""
    folder = str(python_ldap())
    if folder not in sys.path:
        sys.path.append(folder)
