"""mypy at its strictest over projects of plugins, which see linecard as an author does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from house.places import ROOT

CACHE = ROOT / ".cache" / "mypy-plugins"
"""A cache of its own: with that of `make check` each would drop what the other remembers."""


def find_type_errors(*projects: Path) -> str:
    """What mypy says of the `src` and `tests` of these projects, in one run; empty if they have no error."""
    places = [str(project / part) for project in projects for part in ("src", "tests")]
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(CACHE), *places]
    env = dict(os.environ) | {"MYPYPATH": ":".join(str(project / "src") for project in projects)}
    # From a folder without a configuration, which would count for all of them.
    done = subprocess.run(command, cwd=projects[0].parent, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        assert "no issues found" in done.stdout
        return ""
    return done.stdout + done.stderr
