"""The plugin that docs/processors.md shows keeps the contract, and serves a site beside linecard's own."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from house.markdown import blocks
from house.places import ROOT
from house.test_backends import run
from linecard.registry import Registry

TEXT = (ROOT / "docs" / "processors.md").read_text(encoding="utf-8")
SITE = """\
region: FR
pbxs:
  hq: {backend: directory, options: {path: state/hq.sqlite3}}
  lyon: {backend: directory, options: {path: state/lyon.sqlite3}}
processors:
  company: {kind: require_domain, options: {domains: [example.com]}}
  sites: {kind: by_site, options: {sites: {'1': hq, '2': lyon}}}
inboxes:
  hr: {path: inbox, default_pbx: hq, processors: [company, sites]}
"""
SHEET = """\
Action,LoginEmail,Extension
attach,ada@example.com,1000
attach,bob@example.com,2000
attach,eve@example.org,1001
attach,dan@example.com,3000
"""
OUTSIDE = "The processor company refused the row: eve@example.org lies outside the domains of the company."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site, with the files of the page installed beside it."""
    folder = tmp_path_factory.mktemp("processors")
    info = folder / "site" / "linecard_by_site-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: linecard-by-site\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[linecard]\nby_site = linecard_by_site\n")
    for block in blocks(TEXT, "python"):
        (folder / "site" / block.splitlines()[0].removeprefix("# ")).write_text(block, encoding="utf-8")
    (folder / "linecard.yaml").write_text(SITE, encoding="utf-8")
    (folder / "sheet.csv").write_text(SHEET, encoding="utf-8")
    return folder


def test_it_passes_the_contract_suite(folder: Path) -> None:
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    said = run(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "site/test_by_site.py")
    assert "4 passed" in said


def test_check_tells_what_the_processors_do_and_asks_no_pbx(folder: Path) -> None:
    checked = json.loads(run(folder, "linecard", "check", "sheet.csv", "--json", code=1))
    faults = checked["faults"]
    assert (checked["rows"], checked["invalid"], checked["refused_rows"], checked["refused"]) == (4, 0, 2, False)
    counted = run(folder, "linecard", "check", "sheet.csv", code=1).splitlines()[-1]
    assert counted == "4 rows: 2 valid, 0 invalid, 2 refused; 1 warning."
    assert [(fault["line"], fault["code"], fault["severity"]) for fault in faults] == [
        (3, "changed_by_processor", "warning"),
        (4, "refused_by_processor", "error"),
        (5, "refused_by_processor", "error"),
    ]
    assert not (folder / "state").exists()


def test_the_dry_run_shows_what_the_processors_changed_and_refused(folder: Path) -> None:
    said = run(folder, "linecard", "plan", "sheet.csv", code=1)
    assert "The processor sites changed PbxId from hq to lyon." in said
    assert OUTSIDE in said
    rows = json.loads(run(folder, "linecard", "plan", "sheet.csv", "--json", code=1))["rows"]
    assert [(row["outcome"], row["code"], row["pbx"]) for row in rows] == [
        ("done", "linked", "hq"),
        ("done", "linked", "lyon"),
        ("refused", "refused_by_processor", "hq"),
        ("refused", "refused_by_processor", "hq"),
    ]
    assert [warning["code"] for warning in rows[1]["warnings"]] == ["changed_by_processor"]


def test_what_is_applied_is_what_was_shown_and_the_retry_sheet_has_the_rest(folder: Path) -> None:
    run(folder, "linecard", "import", "sheet.csv", "--yes", code=1)
    members = json.loads(run(folder, "linecard", "members", "--json"))
    assert [(link["pbx"], link["extension"], link["member"]) for link in members] == [
        ("hq", "1000", "ada@example.com"),
        ("lyon", "2000", "bob@example.com"),
    ]
    report = json.loads(run(folder, "linecard", "report", "1", "--format", "json"))
    assert report["rows"][2]["message"] == OUTSIDE
    retry = list(csv.DictReader(run(folder, "linecard", "report", "1", "--format", "retry").splitlines()))
    assert [(row["LoginEmail"], row["Extension"]) for row in retry] == [
        ("eve@example.org", "1001"),
        ("dan@example.com", "3000"),
    ]
    assert OUTSIDE in retry[0]["Reason"]


def test_it_is_listed(folder: Path) -> None:
    listed = {plugin["name"]: plugin for plugin in json.loads(run(folder, "linecard", "plugins", "--json"))}
    assert [kind["name"] for kind in listed["by_site"]["processors"]] == ["by_site"]


def test_every_processor_that_linecard_brings_stands_on_the_page() -> None:
    brought = {kind.name for plugin in Registry().list_plugins() for kind in plugin.processors}
    assert {f"`{name}`" for name in brought} <= set(TEXT.split())
