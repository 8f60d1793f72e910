"""The bench of `http`, on a few changes: requests are counted, and none is too many."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_requests_are_those_of_the_changes_and_none_is_too_many(tmp_path):
    """It ends badly unless the PBX's own books say that everybody is attached. A change is a look, the two requests
    of the profile, and a look. On a busy machine a request may reach the PBX half a second after it was sent, and the
    next one at once; twice the pace, or none, would still be seen."""
    facts = tmp_path / "facts.json"
    words = [sys.executable, "-m", "bench.rest", "--changes", "60", "--requests", "200", "--seconds", "3"]
    words += ["--delay", "0.5"]
    environ = os.environ | {"PYTHONPATH": str(TESTS)}
    ended = subprocess.run([*words, "--json", facts], env=environ, capture_output=True, text=True, check=False)
    assert ended.stdout.count("met  ") + ended.stdout.count("NOT MET") == 3, ended.stdout + ended.stderr
    many = json.loads(facts.read_text())["many"]
    assert many["too_many"] == 0
    assert 4 * 60 <= many["requests"] <= 5 * 60
    assert many["peak"] > 10_000_000, "linecard itself was measured"
