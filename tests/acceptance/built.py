"""The wheel as it is built, and what of the lock file it needs to run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A command in an environment that knows nothing of this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LINECARD", "VIRTUAL"))}
    return subprocess.run(command, cwd=cwd, env=kept | env, capture_output=True, text=True, check=False)


def build(folder: Path) -> Path:
    """The wheel of this tree, built into a folder with the hashes of what it needs, as `make wheel` does."""
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    (file,) = folder.glob("linecard-*.whl")
    written = run(sys.executable, ROOT / ".ci" / "runtime_lock.py", file, cwd=folder)
    assert written.returncode == 0, written.stderr
    return file
