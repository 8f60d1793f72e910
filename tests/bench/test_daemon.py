"""The bench of the daemon, on a few files: every figure is found, and it belongs to work that was done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).with_name("daemon.py")


def test_every_figure_is_found(tmp_path):
    """It ends when the daemon has claimed and reported what was dropped, and would never end otherwise."""
    facts = tmp_path / "facts.json"
    few = ["--lying", "5", "--drops", "3", "--rows", "60", "--idle", "0.5", "--settle", "0.1", "--tries", "1"]
    words = [*few, "--cache", tmp_path, "--json", facts]
    ended = subprocess.run([sys.executable, BENCH, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    figures = json.loads(facts.read_text())["figures"]
    assert len(figures) == 13
    assert figures["idle resident bytes"] > 10_000_000, "linecard itself was measured"
    for aim in ("one file lying there", "many files lying there", "no measurable CPU", "below 100 MB"):
        assert aim in ended.stdout
