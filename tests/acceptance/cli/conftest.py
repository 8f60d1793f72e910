from __future__ import annotations

import shutil

import pytest

from acceptance.cli.terminal import Site, typed


@pytest.fixture(scope="session")
def new_site(tmp_path_factory):
    """A site as `init` leaves it, to be copied."""
    folder = tmp_path_factory.mktemp("new") / "site"
    assert typed("init", folder).code == 0
    return folder


@pytest.fixture
def site(new_site, tmp_path):
    """A new site of the test's own."""
    shutil.copytree(new_site, tmp_path / "site")
    return Site(tmp_path / "site")


@pytest.fixture
def two_pbxs(site):
    """The site with a second PBX, `lab`, with the extensions 5000-5999."""
    site.configure(
        "pbxs:                #",
        "pbxs:\n"
        "  lab:\n"
        "    backend: directory\n"
        "    options: {path: state/lab.pbx.sqlite3}\n"
        "    extensions: 5000-5999\n#",
    )
    return site
