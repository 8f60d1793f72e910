"""The bench of reports, on a few rows: every figure is found, and it belongs to a report with every row."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).with_name("reports.py")


def test_every_figure_is_found(tmp_path):
    """It counts the rows of what was written, and would not end well without them."""
    facts = tmp_path / "facts.json"
    words = ["--rows", "200", "--runs", "1", "--tries", "1", "--cache", tmp_path, "--json", facts]
    ended = subprocess.run([sys.executable, BENCH, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    figures = json.loads(facts.read_text())["figures"]
    assert len(figures) == 4
    assert all(figure["peak bytes"] > 10_000_000 for figure in figures.values()), "linecard itself was measured"
    (body,) = (figure["bytes"] for name, figure in figures.items() if name.startswith("mail"))
    assert 1_000 < body < 100_000
    assert ended.stdout.count("of body") == 1
