"""The tests on each Python that linecard supports: `make matrix`, or `make matrix ONLY="3.13 3.14" TESTS=tests/unit`.

Ends with 0 only if every version was run and passed: one that cannot be had is as loud as one that fails.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib

from house.places import ROOT
from matrix.interpreters import Interpreter, Missing, find

ENVIRONMENTS = ROOT / ".cache" / "matrix"


def supported() -> list[str]:
    """The versions that the package says it supports, such as `3.11`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [c.rpartition(" :: ")[2] for c in project["classifiers"] if re.search(r":: 3\.\d+$", c)]


def run_tests(version: str, interpreter: Interpreter, arguments: list[str]) -> str | None:
    """Run them in an environment of this version. What went wrong, or None."""
    environment = ENVIRONMENTS / version
    settings = os.environ | {"VENV": str(environment), "PYTHON": str(interpreter.path)}
    if subprocess.run([".ci/environment"], cwd=ROOT, env=settings, check=False).returncode:
        return "its environment could not be made"
    command = [environment / "bin" / "python", "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    ended = subprocess.run(command, cwd=ROOT, check=False)
    return f"pytest ended with {ended.returncode}" if ended.returncode else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="make matrix", description=__doc__)
    parser.add_argument("--only", nargs="+", default=supported(), metavar="VERSION", help="such as 3.13")
    parser.add_argument("arguments", nargs="*", help="pytest's, behind --")
    asked = parser.parse_args()
    results: list[tuple[str, str]] = []
    for version in asked.only:
        print(f"\n===== Python {version} =====", flush=True)
        try:
            interpreter = find(version)
        except Missing as error:
            results.append((version, f"NOT RUN, no interpreter could be had. {error}"))
            continue
        print(f"{interpreter.path} (from {interpreter.source})", flush=True)
        wrong = run_tests(version, interpreter, asked.arguments)
        results.append(
            (version, f"FAILED: {wrong}" if wrong else f"passed, on the interpreter from {interpreter.source}")
        )
    print("\n===== Summary =====")
    for version, result in results:
        print(f"Python {version}: {result}")
    return int(any(not result.startswith("passed") for _, result in results))


sys.exit(main())
