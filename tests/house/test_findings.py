"""What surprised us about other software: each finding is a program, and the page for administrators is true of it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from house.markdown import links
from house.places import ROOT, name

FINDINGS = sorted((ROOT / "findings").iterdir())
SURPRISES = (ROOT / "docs" / "surprises.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("finding", FINDINGS, ids=name)
def test_a_finding_is_a_program_that_names_the_software_and_its_version(finding: Path) -> None:
    text = finding.read_text(encoding="utf-8")
    assert finding.suffix == ".sh"
    assert os.access(finding, os.X_OK)
    assert re.search(r"(?m)^# .*\d+\.\d+", text), "it names no version"
    assert "set -eu" in text, "it fails where it no longer is so"
    subprocess.run(["sh", "-n", finding], check=True)


def test_each_surprise_names_a_finding_and_a_version_that_the_finding_names() -> None:
    _, *entries = re.split(r"(?m)^## ", SURPRISES)
    assert entries
    for entry in entries:
        (finding,) = [link for link in links(entry) if link.startswith("../findings/")]
        software = re.search(r"\*\*Software:\*\* (?:\w+ )*?(\w+) ([\d.]+\d)", entry)
        assert software, f"{entry.splitlines()[0]}: it names no software with its version"
        assert software[2] in (ROOT / "docs" / finding).read_text(encoding="utf-8")
