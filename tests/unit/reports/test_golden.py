"""What each format says of each kind of run, byte for byte, as the files in tests/golden have it.

When a report is meant to read differently, write them anew and read the difference before committing it:

    LINECARD_GOLDEN=write .venv/bin/pytest tests/unit/reports/test_golden.py
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from unit.reports.scenes import SCENES

GOLDEN = Path(__file__).parents[2] / "golden"
FORMATS = {"html": "html", "csv": "csv", "json": "json", "text": "txt", "retry": "retry.csv"}


@pytest.mark.parametrize("scene", SCENES)
def test_a_report_reads_as_agreed_and_is_the_same_bytes_when_written_again(scene: str, tmp_path: Path) -> None:
    """Also later: a report says when things happened, never when it was written."""
    site, run = SCENES[scene](tmp_path)
    try:
        for form, suffix in FORMATS.items():
            file = GOLDEN / f"{scene}.{suffix}"
            said = site.rendered(run, form)
            if os.environ.get("LINECARD_GOLDEN") == "write":
                file.write_bytes(said.encode())
            assert said == file.read_bytes().decode(), file
            site.clock.at += timedelta(days=400)
            assert site.rendered(site.service.store.get_run(run.id), form) == said
    finally:
        site.close()


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_filed_is_what_the_command_writes(scene: str, tmp_path: Path) -> None:
    """HTML and CSV of every run; the retry sheet only where there is something to send again."""
    site, run = SCENES[scene](tmp_path)
    try:
        report = site.service.report(run)
        stem = f"2026/12/{report.path.rpartition('/')[2]}"
        forms = {".html": "html", ".csv": "csv"} | ({".retry.csv": "retry"} if report.to_retry else {})
        assert site.filed() == sorted(stem + suffix for suffix in forms)
        for suffix, form in forms.items():
            assert (site.reports / f"{stem}{suffix}").read_bytes().decode() == site.rendered(run, form)
        assert (".retry.csv" in forms) == (scene in {"broken", "everything"})
    finally:
        site.close()


def test_every_golden_file_belongs_to_a_scene() -> None:
    """Nothing is left over of a scene or a format that is gone."""
    assert {f.name for f in GOLDEN.iterdir() if f.is_file()} == {
        f"{scene}.{suffix}" for scene in SCENES for suffix in FORMATS.values()
    }
