"""The power goes while a file is claimed, kept, imported, reported and parted with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from integration.daemon.site import TESTS, rows

HERE = Path(__file__).parent
TORTURE = bool(os.environ.get("LINECARD_TORTURE"))
SHEETS = {"a.csv": rows("ada 1000", "bob 1001"), "b.csv": rows("cy 1002")}
CONFIG = """\
region: FR
reserve: 1
pbxs:
  hq: {backend: switchboard, options: {path: ../pbx/hq.ops}}
inboxes:
  hr: {path: inbox, settle: 0, limits: {detach: {share: null}, move: {share: null}, number: {share: null}}}
"""


@pytest.fixture
def library(tmp_path):
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("takes a C compiler on Linux")
    made = tmp_path / "powercut.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", made, HERE / "powercut.c", "-ldl"], check=True)
    return made


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="takes a disk in memory, which gives no inode twice")
def test_whatever_was_not_synced_is_dropped_and_nothing_is_lost_or_made_twice(library, folder, plugins, monkeypatch):
    """T2: at each fsync, before and after it, all that was not made durable by then is dropped: bytes and names.

    linecard then finds every file and imports it once; no change is made twice, and each run has its report. A file
    whose going was not durable yet may be found once more where it lay: it is known by its bytes then, and one of the
    two is refused or gives way.
    """
    prepared = folder / "prepared"
    for name in ("state", "inbox", "archive", "reports"):
        (prepared / name).mkdir(parents=True)
    (prepared / "linecard.yaml").write_text(CONFIG)
    for time, (name, text) in enumerate(SHEETS.items(), 1000):
        (prepared / "inbox" / name).write_text(text)
        os.utime(prepared / "inbox" / name, (time, time))
    environment = {**os.environ, "PYTHONPATH": f"{plugins}:{TESTS}", "LD_PRELOAD": str(library)}
    words = [sys.executable, HERE / "powercut.py", library, prepared, folder / "room", "1" if TORTURE else "14"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    cuts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(cuts) > 10
    assert [cut["was cut"] for cut in cuts] == [True] * (len(cuts) - 1) + [False]
    for cut in cuts:
        _check(cut)


def _check(cut):
    said = json.dumps({key: value for key, value in cut.items() if key != "log"}) + "\n" + cut["log"]
    assert "Traceback" not in cut["log"], said
    assert sorted(cut["made"]) == ["1000", "1001", "1002"], said
    assert cut["left"] == [], said
    assert cut["waiting"] == 0, said
    assert cut["reports"] == len(cut["runs"]), said
    for name, text in SHEETS.items():
        states = [state for found, state in cut["runs"] if found == name]
        # A cut between the two folders of a rename leaves both names. By how far the first file is when the second one
        # has settled, one of the two is superseded, rejected, or finds everything done.
        assert [state for state in states if state not in ("rejected", "superseded", "unchanged")] == ["applied"], said
        assert text in cut["kept"], said
    assert set(cut["kept"]) == set(SHEETS.values()), said
