"""docs/write-a-backend.md, typed in as it stands: from `linecard plugins new` to the highest tier."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from house.console import environment
from house.markdown import blocks
from house.places import ROOT
from house.strict_types import find_type_errors
from house.test_backends import run
from linecard.testing.tiers import Tier, read_proof

TEXT = (ROOT / "docs" / "write-a-backend.md").read_text(encoding="utf-8")
RECORD = ("-p", "linecard.testing.recorder", "--record", "tin=src/linecard_tin")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as the first step of the page makes it."""
    folder = tmp_path_factory.mktemp("tin")
    (command,) = re.findall(r"(?m)^linecard (plugins new .*)$", TEXT)
    run(folder, "linecard", *command.split())
    return folder / "linecard-tin"


def prove(project: Path) -> Tier | None:
    """The command of the page; the tier that comes of it."""
    assert TEXT.count(f"pytest {' '.join(RECORD)}\n") == 2
    env = environment(project) | {"PYTHONPATH": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *RECORD]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return read_proof(project / "src" / "linecard_tin", "tin").tier


@pytest.fixture(scope="module")
def tiers(project: Path) -> list[Tier | None]:
    """What comes of the page, typed in: the tier as it begins, when the code has changed, and in the end."""
    found = [prove(project)]
    for language, mark in (("python", "# "), ("markdown", "# Tin")):
        for block in blocks(TEXT, language):
            first = block.splitlines()[0]
            place = "docs/tin.md" if first == mark else first.removeprefix("# ")
            (project / place).parent.mkdir(exist_ok=True)
            (project / place).write_text(block, encoding="utf-8")
    return [*found, read_proof(project / "src" / "linecard_tin", "tin").tier, prove(project)]


def test_from_the_first_command_to_the_highest_tier(tiers: list[Tier | None]) -> None:
    """What the page says that each step comes to."""
    assert tiers == [Tier.BRONZE, None, Tier.GOLD]


@pytest.mark.usefixtures("tiers")
def test_it_has_the_strictest_types(project: Path) -> None:
    """As the project's own configuration asks for."""
    assert find_type_errors(project) == ""


@pytest.mark.usefixtures("tiers")
def test_linecard_lists_its_tier(project: Path) -> None:
    """Of the plugin as it is installed: the record goes with the code."""
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    run(project, sys.executable, *pip, "--target", "site", ".")
    listed = {plugin["name"]: plugin for plugin in json.loads(run(project, "linecard", "plugins", "--json"))}
    (offered,) = listed["tin"]["backends"]
    assert (offered["tier"], offered["next_tier"], offered["missing"]) == ("gold", None, [])
