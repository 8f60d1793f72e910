"""Promise 1: killed at any instant, nothing is lost, nothing is applied twice, no report is forgotten or doubled."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from acceptance.killing import linecard

TORTURE = bool(os.environ.get("LINECARD_TORTURE"))

BEFORE = """\
Action,LoginEmail,Extension,Number
attach,ada@x.org,1000,+33199001000
attach,bob@x.org,1001,+33199001001
attach,cyd@x.org,1002,
attach,dan@x.org,1003,+33199001003
"""
SHEET = """\
Action,LoginEmail,Extension,Number
force_attach,ada@x.org,1000,+33199001001
force_attach,bob@x.org,1001,+33199001000
detach,cyd@x.org,,
attach,eve@x.org,1010,+33199001010
force_attach,fay@x.org,1003,
attach,gus@x.org,9999,
attach,hal@x.org,1000,
"""
WANTED = {
    "1000": ("ada@x.org", "+33199001001"),
    "1001": ("bob@x.org", "+33199001000"),
    "1002": (None, None),
    "1003": ("fay@x.org", "+33199001003"),
    "1010": ("eve@x.org", "+33199001010"),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A site whose PBX holds four members, to be copied for each death."""
    site = tmp_path_factory.mktemp("prepared") / "site"
    assert linecard("init", str(site))[0] == 0
    (site / "before.csv").write_text(BEFORE)
    (site / "sheet.csv").write_text(SHEET)
    assert linecard("--config", f"{site}/linecard.yaml", "import", f"{site}/before.csv", "--yes")[0] == 0
    return site


class Site:
    """A copy of the prepared site, and what can be seen of it from outside."""

    def __init__(self, prepared: Path, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(prepared, folder)
        self.folder = folder

    def run(self, *words: str, kill_at: int = 0) -> tuple[int, int]:
        return linecard("--config", f"{self.folder}/linecard.yaml", *words, kill_at=kill_at, log=f"{self.folder}/log")

    def import_(self, kill_at: int = 0) -> tuple[int, int]:
        return self.run("import", f"{self.folder}/sheet.csv", "--yes", kill_at=kill_at)

    def _ask(self, file: str, query: str) -> list:
        db = sqlite3.connect(self.folder / "state" / file)
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()

    @property
    def holds(self) -> dict:
        return {
            e: (m, n) for e, m, n in self._ask("hq.pbx.sqlite3", "SELECT extension, member, number FROM extensions")
        }

    @property
    def operations(self) -> list:
        query = "SELECT extension, before_member, before_number, after_member, after_number FROM operations ORDER BY id"
        return self._ask("hq.pbx.sqlite3", query)

    @property
    def runs(self) -> dict[int, str]:
        return dict(self._ask("linecard.db", "SELECT id, state FROM run ORDER BY id"))

    def check(self) -> None:
        """Everything promised, seen from outside."""
        log = (self.folder / "log").read_text()
        assert "Traceback" not in log, log
        assert self.holds == WANTED, log
        after_start = self.operations[4:]
        assert len(after_start) == len(set(after_start)), f"applied twice: {after_start}"
        at: dict = {e: (m, n) for e, _, _, m, n in self.operations[:4]}
        for extension, before_member, before_number, *after in after_start:
            assert at.get(extension, (None, None)) == (before_member, before_number), "a change did not follow on"
            at[extension] = tuple(after)
        assert len(after_start) == 6, f"five extensions change, one of them on the way of a swap: {after_start}"
        done = [run for run, state in self.runs.items() if state in ("partial", "unchanged") and run > 1]
        assert done, self.runs
        assert set(self.runs.values()) <= {"applied", "partial", "unchanged", "superseded"}, self.runs
        ended = self._ask("linecard.db", "SELECT count(*) FROM run_event WHERE run_id > 1 AND state = 'partial'")[0][0]
        assert ended <= len(done)
        self._check_reports()

    def _check_reports(self) -> None:
        """One report for each run that ended, none waiting, none half written."""
        items = self._ask("linecard.db", "SELECT run_id, kind, delivered FROM outbox")
        assert len(items) == len({(run, kind) for run, kind, _ in items})
        assert {run for run, _, delivered in items if delivered} == set(self.runs)
        names = [path.name for path in (self.folder / "reports").rglob("*") if path.is_file()]
        for run in self.runs:
            assert len([n for n in names if n.startswith(f"{run:06d}-") and n.endswith(".html")]) == 1, names
        assert not [n for n in names if n.endswith(".part")]

    def finish(self) -> None:
        """What a person does after a crash: look, resume, and send the file again if it was never taken."""
        assert self.run("runs")[0] == 0
        assert self.run("resume")[0] in (0, 1)
        if not any(state == "partial" for run, state in self.runs.items() if run > 1):
            assert self.import_()[0] == 1


def test_killed_at_every_statement_and_file_operation(prepared, tmp_path):
    """SIGKILL before each SQL statement of both databases and each file operation of an import, one by one."""
    site = Site(prepared, tmp_path / "count")
    code, places = site.import_()
    assert code == 1
    site.check()
    assert places > 50
    step = 1 if TORTURE else 2
    for at in range(1 + random.Random(os.getpid()).randrange(step), places + 1, step):
        site = Site(prepared, tmp_path / "site")
        code, _ = site.import_(kill_at=at)
        assert code == -signal.SIGKILL, f"place {at} of {places} was not reached"
        site.finish()
        site.check()


def test_killed_again_while_recovering(prepared, tmp_path):
    """A second death at a random place of `resume`, and of the import after it."""
    rng = random.Random(7)
    places = Site(prepared, tmp_path / "count").import_()[1]
    for _ in range(2000 if TORTURE else 40):
        site = Site(prepared, tmp_path / "site")
        first, second, third = rng.randint(1, places), rng.randint(1, 60), rng.randint(1, places)
        site.import_(kill_at=first)
        site.run("resume", kill_at=second)
        site.import_(kill_at=third)
        site.finish()
        site.check()
