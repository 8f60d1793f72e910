"""The bench of Rainbow, on a few rows: every figure is found, and it belongs to work that was done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from rainbow.clients.shell import find_modules

TESTS = Path(__file__).parents[1]
WORKERS = 8


def test_every_figure_is_found(tmp_path):
    """It ends badly unless the tenant's own books say that everybody is attached.

    What linecard promises of its pace holds on a busy machine, too: no request is too many, each change is one request
    beside one look, and who is shut out asks once in each Retry-After, after those that were under way.
    """
    find_modules()
    facts = tmp_path / "facts.json"
    few = ["--rows", "60", "--requests", "100", "--seconds", "3", "--delay", "0.5", "--tries", "1", "--periods", "2"]
    environ = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "bench.rainbow", *few, "--json", str(facts)]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.stdout.count("met  ") + ended.stdout.count("NOT MET") == 6, ended.stdout + ended.stderr
    figures = json.loads(facts.read_text())
    ours, theirs = figures["ours"], figures["theirs"]
    assert (ours["changes"], theirs["changes"], figures["many"]["changes"]) == (60, 60, 300)
    assert ours["too_many"] == 0
    assert 2 * 60 <= ours["requests"] <= 2 * 60 + 40
    assert ours["peak"] > 10_000_000, "linecard itself was measured"
    refused = figures["refused"]
    assert 1 <= refused["linecard"][0] <= WORKERS
    assert set(refused["linecard"][1:]) <= {0, 1}
    assert len(refused) == 3
