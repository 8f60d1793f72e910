"""`linecard plugins new`: what it writes for each kind passes its tests and the strictest types, and serves a site."""

from __future__ import annotations

import sys

import pytest

from house.strict_types import find_type_errors
from house.test_backends import run
from linecard.cli.plugins_command import KINDS
from linecard.errors import ConfigError
from linecard.runtime.plugin_project import SUMMARIES, USAGES, make_plugin_project

SITE = """\
region: FR
pbxs:
  hq: {backend: my_backend, options: {path: state/my_backend.json}}
processors:
  by_site: {kind: my_processor, options: {sites: {"1": hq}}}
sinks:
  team: {kind: my_sink, options: {path: runs.txt}}
inboxes:
  hr:
    kind: my_inbox
    path: in
    default_pbx: hq
    settle: 0s
    open: {my_opener: {}}
    processors: [by_site]
    tell: [{sink: team}]
"""
SHEET = "Action,LoginEmail,Extension\nattach,ada@example.com,1000\nattach,bob@example.com,2000\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a project of each kind, and all of them installed below it; that of the backend by pip."""
    folder = tmp_path_factory.mktemp("new")
    for kind in KINDS:
        run(folder, "linecard", "plugins", "new", f"my_{kind}", "--kind", kind)
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    run(folder, sys.executable, *pip, "--target", str(folder / "site"), str(folder / "linecard-my-backend"))
    for kind in KINDS[1:]:
        (folder / "site" / f"linecard_my_{kind}").symlink_to(folder / f"linecard-my-{kind}/src/linecard_my_{kind}")
        info = folder / "site" / f"linecard_my_{kind}-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: linecard-my-{kind}\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text(f"[linecard]\nmy_{kind} = linecard_my_{kind}\n")
    return folder


def test_each_passes_its_own_tests_at_once(folder):
    """In one session for all six; each brings its own configuration, of which that of the first counts for all."""
    tests = [str(folder / f"linecard-my-{kind}/tests") for kind in KINDS]
    settings = ("-p", "no:cacheprovider", "-c", str(folder / "linecard-my-backend/pyproject.toml"), "-W", "error")
    said = run(folder, sys.executable, "-m", "pytest", "-q", *settings, *tests)
    assert " passed" in said
    assert "failed" not in said


def test_each_has_the_strictest_types(folder):
    """In one run for all six."""
    assert find_type_errors(*(folder / f"linecard-my-{kind}" for kind in KINDS)) == ""


def test_together_they_serve_a_site(folder):
    """A sheet comes in by the inbox, through opener and processor, to the PBX; the sink and the format tell of it."""
    (folder / "linecard.yaml").write_text(SITE, encoding="utf-8")
    (folder / "in").mkdir()
    (folder / "in" / "sheet.csv").write_text(SHEET, encoding="utf-8")
    run(folder, "linecard", "once", code=1)
    assert "ada@example.com" in (folder / "state" / "my_backend.json").read_text(encoding="utf-8")
    assert "bob@example.com" not in (folder / "state" / "my_backend.json").read_text(encoding="utf-8")
    assert "sheet.csv" in (folder / "runs.txt").read_text(encoding="utf-8")
    run(folder, "linecard", "report", "1", "--format", "my_renderer", "-o", "report.md")
    assert "| 2 | ada@example.com | 1000 | done |" in (folder / "report.md").read_text(encoding="utf-8")


def test_nothing_that_is_there_is_overwritten(tmp_path):
    make_plugin_project(tmp_path / "new", "acme", "sink")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match="there already") as caught:
        make_plugin_project(tmp_path / "new", "acme", "backend")
    assert "--output" in caught.value.remedy
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["", "Acme", "9lives", "a-b", "a b", "../x", "class", "x" * 40, "é"])
def test_a_name_that_python_or_yaml_could_not_say_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot be the name of a plugin"):
        make_plugin_project(tmp_path / "new", name, "sink")
    assert list(tmp_path.iterdir()) == []


def test_each_kind_has_its_words():
    assert KINDS == tuple(SUMMARIES) == tuple(USAGES)
