"""The wheel as it is built, and what of the lock file it needs to run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A command in an environment that knows nothing of this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LINECARD", "VIRTUAL"))}
    return subprocess.run(command, cwd=cwd, env=kept | env, capture_output=True, text=True, check=False)


def build(folder: Path) -> Path:
    """The wheel of this tree, built into a folder."""
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    (file,) = folder.glob("linecard-*.whl")
    return file


def metadata(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(name).decode()


def locked(wheel: Path) -> str:
    """The part of requirements.lock, with its hashes, that the wheel needs to run."""
    from importlib.metadata import requires

    blocks = re.findall(r"^[A-Za-z0-9._-]+==(?:.*\\\n)*.*\n", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    lock = {canonicalize_name(block.split("==")[0]): block for block in blocks}
    wanted: dict[str, str] = {}
    todo = message_from_string(metadata(wheel)).get_all("Requires-Dist", [])
    while todo:
        need = Requirement(todo.pop())
        name = canonicalize_name(need.name)
        if name not in wanted and (need.marker is None or need.marker.evaluate({"extra": ""})):
            wanted[name] = lock[name]
            todo += requires(name) or []
    return "".join(wanted.values())
