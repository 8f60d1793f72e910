"""The plugin that docs/backends.md shows, installed as it stands, keeps the contract and serves a site."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from house.console import environment
from house.markdown import blocks
from house.places import ROOT

TEXT = (ROOT / "docs" / "backends.md").read_text(encoding="utf-8")
SITE = """\
region: FR
pbxs:
  hq:
    backend: paper
    options: {path: state/hq.json}
inboxes:
  hr: {path: inbox}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page, and the plugin installed below it."""
    folder = tmp_path_factory.mktemp("plugin")
    for block in blocks(TEXT, "python"):
        (folder / block.splitlines()[0].removeprefix("# ")).write_text(block, encoding="utf-8")
    (project,) = blocks(TEXT, "toml")
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    run(folder, sys.executable, *pip, "--target", str(folder / "site"), str(folder))
    return folder


def run(folder: Path, *words: str, code: int = 0) -> str:
    """What a program prints that can import the installed plugin; it must end with this exit code."""
    env = environment(folder) | {"PYTHONPATH": str(folder / "site")}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_it_passes_the_contract_suite(folder: Path) -> None:
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    said = run(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_paper.py")
    assert " passed" in said
    assert "failed" not in said


def test_it_is_listed(folder: Path) -> None:
    listed = {plugin["name"]: plugin for plugin in json.loads(run(folder, "linecard", "plugins", "--json"))}
    assert listed["paper"]["distribution"] == "linecard-paper"
    (offered,) = listed["paper"]["backends"]
    assert (offered["name"], offered["summary"]) == ("paper", "A PBX on paper: one JSON file.")
    assert (offered["tier"], offered["next_tier"]) == (None, "bronze")


def test_a_sheet_is_imported_through_it(folder: Path) -> None:
    (folder / "linecard.yaml").write_text(SITE, encoding="utf-8")
    (folder / "sheet.csv").write_text("Action,LoginEmail,Extension\nattach,ada@example.com,0100\n", encoding="utf-8")
    run(folder, "linecard", "import", "sheet.csv", "--yes")
    assert json.loads((folder / "state/hq.json").read_text()) == {"0100": ["ada@example.com", []]}
    assert json.loads(run(folder, "linecard", "members", "--json")) == [
        {"pbx": "hq", "extension": "0100", "member": "ada@example.com", "number": None, "numbers": []}
    ]
