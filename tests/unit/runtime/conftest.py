from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from integration.daemon import switchboard
from unit.runtime.driving import Drive


@pytest.fixture(scope="session")
def plugins(tmp_path_factory):
    """A folder for `sys.path` in which the plugin `switchboard` is installed."""
    return switchboard.install(tmp_path_factory.mktemp("plugins"))


@pytest.fixture
def folder():
    """On a disk in memory where there is one: what is proven here is no matter of disks."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def drive(folder, plugins, monkeypatch):
    monkeypatch.syspath_prepend(plugins)
    driven = Drive(folder)
    yield driven
    driven.close()
