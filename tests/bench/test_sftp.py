"""The bench of SFTP, on a few files: every figure is found, and it belongs to work that was done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from integration.sftp.sshd import needed

BENCH = Path(__file__).with_name("sftp.py")


def test_every_figure_is_found(tmp_path):
    """It compares what came with what was there, and would not end well otherwise."""
    needed()
    facts = tmp_path / "facts.json"
    words = ["--megabytes", "2", "--files", "20", "--tries", "1", "--json", facts]
    ended = subprocess.run([sys.executable, BENCH, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(json.loads(facts.read_text())["figures"]) == 7
    assert ended.stdout.count("of its speed") == 2
