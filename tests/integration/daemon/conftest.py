from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.daemon import switchboard
from integration.daemon.site import Site


@pytest.fixture(scope="session")
def plugins(tmp_path_factory) -> Path:
    """A folder for `sys.path` in which the plugin `switchboard` is installed."""
    return switchboard.install(tmp_path_factory.mktemp("plugins"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """On a disk in memory where there is one: a killed process loses nothing it wrote there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def site(folder, plugins) -> Site:
    return Site(folder, plugins)


@pytest.fixture
def mounted(folder):
    """Mounts a disk of so many bytes somewhere, once or again."""
    if os.geteuid() != 0:
        pytest.skip("takes root")
    there: list[Path] = []

    def mount(name: str, size: str) -> Path:
        path = folder / name
        path.mkdir(exist_ok=True)
        words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "linecard-test", str(path)]
        if subprocess.run(words, check=False).returncode:
            pytest.skip("nothing can be mounted here")
        there.append(path)
        return path

    yield mount
    for path in reversed(there):
        subprocess.run(["umount", "-l", str(path)], check=False, stderr=subprocess.DEVNULL)
