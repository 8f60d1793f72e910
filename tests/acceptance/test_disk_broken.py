"""A disk that does not keep what it was given: after a failed fsync the file is thrown away and nothing is believed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from acceptance.crashes import TORTURE, Site
from acceptance.scenes import ONE_PBX

HERE = "fsync failed here"


@pytest.fixture(scope="module")
def prepared(crash_room, plugins):
    site = Site.prepare(crash_room / "prepared", plugins, ONE_PBX)
    whole = site.copy(crash_room / "whole")
    assert whole.do(*whole.importing) == 1
    return site, whole.reference()


@pytest.fixture(scope="module")
def library(crash_room):
    """A library that makes one fsync of a process fail."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler to build the failing fsync with")
    built = crash_room / "failing_fsync.so"
    source = Path(__file__).with_name("failing_fsync.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", built, source, "-ldl"], check=True)
    return built


def import_with_failure(site, library, at):
    """The import as a program of its own whose fsync number `at` fails: its exit code, and what it said."""
    program = [sys.executable, "-c", "from linecard.cli import main; main()", "--config", site.folder / "linecard.yaml"]
    done = subprocess.run(
        [*program, *site.importing],
        env={**os.environ, "LD_PRELOAD": str(library), "FAIL_FSYNC_AT": str(at)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    return done.returncode, said


def test_an_fsync_that_fails(prepared, crash_room, library):
    """Whichever fsync of an import fails: it is said, nothing is lost or doubled, and the next import is whole."""
    prepared, wanted = prepared
    at, failed = random.randint(1, 1 if TORTURE else 4), True
    while failed:
        site = prepared.copy(crash_room / "site")
        code, said = import_with_failure(site, library, at)
        failed = HERE in said
        assert code in (1, 2), said
        if not any(words in said for words in ("Error: ", "not filed yet", "Send the row again")):
            # nothing had hung on it: SQLite keeps its log when it cannot empty it into the database
            assert site.rows(2) == wanted.rows, said
        assert not list((site.folder / "archive").rglob("*.part")), "a drop that may not be on disk is thrown away"
        site.again()
        site.check(wanted, in_one_run=False)
        at += 1 if TORTURE else random.randint(1, 14)


def test_a_drop_that_was_not_kept(prepared, crash_room, library):
    """The drop comes first: when it cannot be kept there is no run, and nothing of it in the archive."""
    prepared, _ = prepared
    site = prepared.copy(crash_room / "site")
    archived = sorted((site.folder / "archive").rglob("*.csv"))
    for at in range(1, 100):
        site = prepared.copy(crash_room / "site")
        code, said = import_with_failure(site, library, at)
        if "cannot be taken" in said:
            break
    assert code == 2
    assert "Error: sheet.csv cannot be taken: Input/output error.\nRemedy: " in said
    assert site.runs == {1: "applied"}
    assert sorted((site.folder / "archive").rglob("*.csv")) == archived
