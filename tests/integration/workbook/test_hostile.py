"""Workbooks that are small when they arrive and endless when they are opened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from integration.workbook import bombs


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, tuple[str, float, int]]:
    """What each bomb came to, in one process that reads nothing else: why, seconds, and its peak of memory in MB."""
    folder = tmp_path_factory.mktemp("bombs")
    bombs.write(folder)
    script = Path(bombs.__file__)
    done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, check=True, timeout=200)
    return {name: tuple(found) for name, found in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", bombs.BOMBS)
def test_a_bomb_is_refused_or_read_in_bounded_time_and_memory(told, name):
    """Of one core of a slow machine that has other things to do, and of a process that has read others before."""
    why, seconds, peak = told[name]
    assert why == bombs.BOMBS[name][0]
    assert seconds < 20
    assert peak < 150
