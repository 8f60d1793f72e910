"""The tests run on each Python that the package promises, and a version that was not run is never passed over."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from house.places import ROOT
from matrix.interpreters import Missing, find, works

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run_matrix(*words: str, path: Path) -> subprocess.CompletedProcess[str]:
    """`make matrix` with nothing on its PATH but this folder."""
    settings = os.environ | {"PATH": str(path), "HOME": str(path), "PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, "-m", "matrix", *words]
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_oldest_version_is_the_one_that_installers_ask_for():
    versions = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if ":: 3." in c]
    assert PROJECT["requires-python"] == f">={versions[0]}"
    assert versions == [f"3.{minor}" for minor in range(11, 11 + len(versions))]


def test_a_version_that_cannot_be_had_is_named_with_what_was_tried_and_fails_the_run(tmp_path):
    ended = run_matrix("--only", "3.99", path=tmp_path)
    assert ended.returncode == 1
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("Python 3.99")]
    assert "NOT RUN" in line
    assert "PATH: no python3.99; Debian: no release has 3.99; uv:" in line


def test_a_program_that_is_no_interpreter_of_that_version_is_not_taken(tmp_path, monkeypatch):
    """As a shim of pyenv that stands for a version that is not chosen."""
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="PATH: it does not work"):
        find("3.99")
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert works(Path(sys.executable), running)
    assert not works(Path(sys.executable), "3.99")
