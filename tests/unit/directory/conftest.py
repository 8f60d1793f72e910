"""What the tests of the directory share."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from unit.directory.site import Site


@pytest.fixture
def site(tmp_path):
    """A folder with a directory file that is not there yet."""
    with Site(tmp_path / "pbx" / "hq.sqlite") as site:
        yield site


@pytest.fixture
def open_folder():
    """A folder that everybody may enter and read, as pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def unprivileged():
    """A block in which this process has no rights beyond those of the file modes, even if it is root's."""

    @contextmanager
    def unprivileged():
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(user)

    return unprivileged
