"""Whether the tests hold the decisions of `rules/`: `make mutants`; `ONLY="limits order"` or `ONLY=all` for others.

`TESTS=tests/unit/rules/test_order.py` takes those tests alone, which is quick while you write them.

mutmut changes one thing at a time in a copy of the sources, below `.cache/mutation`. What mypy refuses, `make check`
would refuse, too; for the rest the tests that reach it are run (`trials`). A change that neither notices survives. Each
survivor needs a test, or its reason in `reasons.toml`; the command lists the others, and ends with 1 where there are
any. Reasons that no longer fit a survivor are named too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from house.places import ROOT, SOURCES

WORK = ROOT / ".cache" / "mutation"
RULES = ROOT / "daemon" / "linecard" / "rules"
REASONS = Path(__file__).with_name("reasons.toml")
HELD = (
    "as_dict",
    "attribution",
    "backoff",
    "caveats",
    "cells",
    "checksum",
    "clock",
    "closing_line",
    "column_names",
    "crontab",
    "defuse",
    "destinations",
    "emergency",
    "excerpt",
    "expiry",
    "feed_names",
    "hours",
    "ignored_rows",
    "lanes",
    "limits",
    "line_reader",
    "lost_zeros",
    "member",
    "names",
    "order",
    "own_sheet",
    "plan_checksum",
    "recipients",
    "replan",
    "restoration",
    "sanitize",
    "settings",
    "states",
    "steps",
    "token_bucket",
    "trailer",
    "undo",
    "wording",
    "worksheet",
)
"""Modules in which each change is noticed or explained; the rest of `rules/` has not been gone through yet."""
TESTS: Sequence[str] = (
    "tests/unit/rules",
    "tests/unit/sheet",
    "tests/unit/runtime/test_identity.py",
    "tests/unit/packing/test_packets.py",
)
SLOW = (
    "unit/sheet/test_fuzz.py",
    "unit/sheet/test_limits.py",
    "unit/rules/test_numbering_differential.py",
    "unit/rules/test_law.py::test_a_ring_of_a_hundred_thousand_numbers_is_ordered_without_recursion",
)
"""Tests of memory, of time and of random bytes: they take minutes and hold no single decision."""
FATES = ("mistyped", "noticed", "endless", "default", "explained", "unheld")
RESULTS = {37: "mistyped", 1: "noticed", 36: "endless"}
"""What `trials` writes down: mypy refused it, tests failed, it never ended (or ended the process). All else is unheld:
the tests passed, or no test reaches the function."""
DEFAULT = re.compile(r"def |\w+: [^=]+ = [^=]+,$")
"""A changed default of a parameter cannot be tried: mutmut calls each changed function with all arguments."""
SETTINGS = """\
[tool.pytest.ini_options]
addopts = ["--strict-config", "--import-mode=importlib", "-p", "no:cacheprovider"]
pythonpath = ["tests", "."]
filterwarnings = ["error"]
markers = ["torture: long proofs, run by make torture"]
[tool.mypy]
strict = true
explicit_package_bases = true
namespace_packages = true
follow_untyped_imports = true
warn_unused_ignores = false
[tool.mutmut]
type_check_command = {checker}
source_paths = ["linecard/rules"]
only_mutate = {only}
also_copy = {copied}
pytest_add_cli_args = {arguments}
pytest_add_cli_args_test_selection = {tests}
"""
PROFILE = """\
from hypothesis import HealthCheck, Phase, settings

# mutmut makes each call slower; what is drawn must be the same for each change; and nobody reads what fails, so it need
# not be made small.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutation")
"""


@dataclass(frozen=True)
class Mutant:
    """A change to a function: the lines that went and those that came, without their indentation."""

    function: str
    before: str
    after: str
    result: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.function, self.before, self.after


def copy_sources(modules: Sequence[str], tests: Sequence[str]) -> None:
    """The packages side by side, so that a module has the name in the copy by which the tests import it."""
    shutil.rmtree(WORK, ignore_errors=True)
    packages = [folder for root in SOURCES for folder in root.iterdir() if folder.name.startswith("linecard")]
    copied = [*packages, ROOT / "tests", ROOT / "config"]
    for folder in copied:
        shutil.copytree(folder, WORK / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    mutated = [f"linecard/rules/{module}.py" for module in modules]
    settings = SETTINGS.format(
        only=json.dumps(mutated),
        copied=json.dumps(["conftest.py", *(folder.name for folder in copied)]),
        arguments=json.dumps(["--tb=no", "--assert=plain", *(f"--deselect=tests/{each}" for each in SLOW)]),
        tests=json.dumps(tests),
        checker=json.dumps([sys.executable, "-m", "mypy", "--output", "json", *mutated]),
    )
    (WORK / "conftest.py").write_text(PROFILE, encoding="utf-8")
    (WORK / "pyproject.toml").write_text(settings, encoding="utf-8")


def try_mutants(jobs: int) -> int:
    command = [sys.executable, str(Path(__file__).with_name("trials.py")), "--jobs", str(jobs)]
    return subprocess.run(command, cwd=WORK, env=os.environ | {"PYTHONPATH": "."}, check=False).returncode


def read_results(modules: Sequence[str]) -> Iterator[tuple[str, Mutant]]:
    """Each mutant with its module. Those that were noticed have no lines."""
    os.chdir(WORK)  # mutmut looks for its files there
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    for module in modules:
        path = Path("linecard/rules", f"{module}.py")
        meta = Path("mutants", path).with_suffix(".py.meta")
        if not meta.exists():
            continue
        for name, code in json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            function = name.rpartition("__mutmut_")[0].replace("x\u01c1", "").replace(".x_", ".").replace("\u01c1", ".")
            before = after = ""
            if code not in RESULTS:
                lines = get_diff_for_mutant(name, path=path).splitlines()[2:]
                before, after = (" ".join(x[1:].strip() for x in lines if x.startswith(sign)) for sign in "-+")
            yield module, Mutant(function, before, after, -1 if code is None else code)


def read_reasons() -> dict[tuple[str, str, str], str]:
    found = tomllib.loads(REASONS.read_text(encoding="utf-8")).get("reason", [])
    return {(each["function"], each["before"], each["after"]): each["why"] for each in found}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", default=HELD, metavar="MODULE", help="of rules/; all: each there is")
    parser.add_argument("--tests", nargs="+", default=TESTS, metavar="FILE", help="fewer tests, to be quick")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    if asked.modules == ["all"]:
        asked.modules = sorted(path.stem for path in RULES.glob("*.py") if path.stem != "__init__")
    copy_sources(asked.modules, asked.tests)
    if code := try_mutants(asked.jobs):
        return code
    reasons, counts, unheld, used = read_reasons(), Counter[tuple[str, str]](), [], set()
    for module, mutant in read_results(asked.modules):
        fate = RESULTS.get(mutant.result, "unheld")
        if fate == "unheld" and DEFAULT.match(mutant.before):
            fate = "default"
        elif fate == "unheld":
            used.add(mutant.key)
            fate = "explained" if mutant.key in reasons else "unheld"
        counts[module, fate] += 1
        if fate == "unheld":
            unheld.append(mutant)
    for mutant in unheld:
        print(f"\n{mutant.function}\n  - {mutant.before}\n  + {mutant.after}")
    print(f"\n{'module':16}", *(f"{fate:>9}" for fate in FATES))
    for module in asked.modules:
        print(f"{module:16}", *(f"{counts[module, fate]:9}" for fate in FATES))
    stale = [key for key in reasons if key not in used and key[0].split(".")[2] in asked.modules]
    for function, before, _ in stale:
        print(f"{REASONS.name}: no survivor fits the reason for {function}: {before}")
    return int(bool(unheld or stale))


sys.exit(main())
