"""The bench of `ldap`, on a few changes: every figure is found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from integration.ldap import library

BENCH = Path(__file__).with_name("slapd_people.py")


def test_every_figure_is_found():
    """Each change must be made, or it would not end well."""
    library.python_ldap()
    environ = os.environ | {"PYTHONPATH": str(BENCH.parents[1])}
    words = [sys.executable, BENCH, "--changes", "100", "--tries", "1"]
    ended = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"\d+ changes/s, \d+\.\d\d of ldapmodify, \d+ MB", ended.stdout)
    assert re.search(r"(met    |NOT MET)  at least 0\.5 of ldapmodify", ended.stdout)
