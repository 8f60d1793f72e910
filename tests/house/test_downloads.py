"""What the project downloads comes from where the machine's own tools are told to look, and is verified."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import pytest

from house.places import ROOT

LINKED = {
    "docs.astral.sh",
    "json-schema.org",
    "keepachangelog.com",
    "openoffice.org",
    "purl.oclc.org",
    "schemas.openxmlformats.org",
    "semver.org",
    "www.apache.org",
    "www.sqlite.org",
    "www.w3.org",
    "zensical.org",
}
"""Hosts of pages that are linked to, and of names that look like addresses. Nothing is downloaded from them."""
RESERVED = re.compile(r"(?:.+\.)?example(?:\.(?:com|net|org))?|127\.\d+\.\d+\.\d+|192\.0\.2\.\d+|localhost")
"""RFC 2606 and RFC 5737: hosts of nobody."""


@cache
def lines() -> list[tuple[str, str]]:
    """Each line of the tree with the place where it stands."""
    named = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = []
    for file in filter(None, named.split("\0")):
        data = (ROOT / file).read_bytes() if (ROOT / file).is_file() else b""
        if b"\0" not in data[:8000]:
            text = data.decode(errors="replace")
            found += [(f"{file}:{number}", line) for number, line in enumerate(text.splitlines(), 1)]
    return found


def test_no_host_stands_in_the_tree_but_those_of_links_and_examples() -> None:
    """So none of a package registry or of a mirror: pip, npm and apt know theirs from the machine."""
    hosts = [(place, host) for place, line in lines() for host in re.findall(r"(?:https?|ftp)://([\w.-]+\w)", line)]
    assert [(place, host) for place, host in hosts if host not in LINKED and not RESERVED.fullmatch(host)] == []


@pytest.mark.parametrize("folder", [".ci/", "Makefile", "tests/integration/cache", "tests/integration/debian"])
def test_nothing_that_is_downloaded_goes_unverified(folder: str) -> None:
    loose = re.compile(r"CERT_NONE|unverified|trusted-host|--insecure|AllowInsecure|unauthenticated|verify=False")
    checked = [(place, line) for place, line in lines() if place.startswith(folder)]
    assert checked
    assert [place for place, line in checked if loose.search(line)] == []


def test_a_machine_without_pip_and_without_apt_is_told_what_to_install(tmp_path) -> None:
    """As the script that fetches pip meets it: with nothing on its PATH but Python."""
    (tmp_path / "python3").symlink_to("/usr/bin/python3")
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    ended = subprocess.run(
        [ROOT / ".ci" / "fetch-pip", tmp_path], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "has no ensurepip, which makes virtual environments. Install it" in ended.stderr
    assert list(tmp_path.glob("*lists")) == []
