"""The bench of Asterisk, on a few rows: every figure is found, and it belongs to work that was done."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from integration.asterisk import packages, postgres

BENCH = Path(__file__).with_name("asterisk.py")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_figure_is_found(kind):
    """Each import must end `applied` and each new phone be answered 200, or it would not end well."""
    packages.root()
    postgres.programs()
    words = ["--rows", "200", "--tries", "1", "--only", kind]
    environ = os.environ | {"PYTHONPATH": str(BENCH.parents[1])}
    ended = subprocess.run([sys.executable, BENCH, *words], env=environ, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr, ended.stderr
    assert f"{kind}, 200 attaches" in ended.stdout
    assert len(re.findall(r"\d+\.\d+ (?:ms|s)\b", ended.stdout)) == 6
    assert re.search(r"(?m)^  (met    |NOT MET)  an attach is in force within 50 ms$", ended.stdout)
