from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from unit.local.folder import Folder


@pytest.fixture
def other_disk(tmp_path):
    """A folder on another file system than `tmp_path`."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    folder = Path(tempfile.mkdtemp(prefix="linecard-", dir=memory))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["one disk", "two disks"])
def folder(request, tmp_path):
    """An inbox whose work folder is on the same disk, and one whose is not."""
    if request.param == "one disk":
        return Folder(tmp_path)
    return Folder(tmp_path, request.getfixturevalue("other_disk") / "work" / "hr")
