"""Where the program is killed: in memory if there is such a disk, for a killed process loses nothing it wrote there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance import ledger
from acceptance.killing import warm
from acceptance.machines import machine

__all__ = ["machine"]


@pytest.fixture(scope="module")
def crash_room() -> Iterator[Path]:
    """A folder of a module, on a disk in memory where there is one."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="linecard-", dir=memory if os.access(memory, os.W_OK) else None))
    try:
        (folder / "warm").mkdir()
        warm(folder / "warm")
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def plugins(crash_room: Path) -> Path:
    """A folder for `sys.path` in which the plugin `ledger` is installed."""
    return ledger.install(crash_room / "plugins")
