from __future__ import annotations

import os
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from unit.intake.world import Memory, World


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A state database of the newest schema, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    Memory.open(folder, lambda: datetime.now(UTC)).close()
    return folder / "linecard.db"


@pytest.fixture
def site():
    """A folder, on a disk in memory where there is one: what is proven here is no matter of disks."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def world(empty, site):
    (site / "state").mkdir()
    (site / "state" / "linecard.db").write_bytes(empty.read_bytes())
    store = Memory.open(site / "state", lambda: datetime.now(UTC))
    yield World(site, store)
    store.close()


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 64 KiB."""
    if os.geteuid() != 0:
        pytest.skip("takes root")
    folder = tmp_path / "tiny"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tiny", str(folder)], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
