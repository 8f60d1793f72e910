"""What tests need and a clone has not: fetched once into a cache of this user, where nothing is installed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "linecard-tests"


def cached(name: str, fetch: Callable[[Path], Path], what: str) -> Path:
    """The folder of this name. `fetch` gets an empty folder to work in, and gives the one in it that is to be kept.

    Where it cannot be fetched the test fails in CI, and is skipped elsewhere.
    """
    try:
        return fetch_once(name, fetch)
    except (OSError, subprocess.CalledProcessError) as error:
        missing(f"{what} could not be had: {getattr(error, 'stderr', '') or error}")


def fetch_once(name: str, fetch: Callable[[Path], Path]) -> Path:
    """The same, for callers that are no tests. Raises what `fetch` raises."""
    ready = CACHE / name
    if ready.is_dir():
        return ready
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes, and one fetches for all
        if not ready.is_dir():
            _fetch(ready, fetch)
    return ready


def _fetch(ready: Path, fetch: Callable[[Path], Path]) -> None:
    work = Path(tempfile.mkdtemp(prefix=f"{ready.name}-", dir=CACHE))
    try:
        fetch(work).rename(ready)  # it is there whole, or not at all
    finally:
        shutil.rmtree(work, ignore_errors=True)


def missing(words: str) -> NoReturn:
    """What a test needs is not there: in CI it fails, elsewhere it is skipped."""
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)


def run(*words: str | Path, cwd: Path | None = None) -> None:
    """A command to its end, quietly. Raises `CalledProcessError` with what it said."""
    subprocess.run(words, check=True, cwd=cwd, capture_output=True, text=True)
