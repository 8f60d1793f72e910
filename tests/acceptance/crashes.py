"""A site that is killed, and what was promised of it, seen from outside."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from acceptance import ledger
from acceptance.killing import Countdown, command, forked

TORTURE = bool(os.environ.get("LINECARD_TORTURE"))
HEADER = "Action,LoginEmail,PbxId,Extension,Number\n"
ENDED = {"applied", "partial", "unchanged", "superseded"}


def _holding(member: str | None, numbers: str | None) -> tuple:
    """A member and a list of numbers, from how the embedded PBX writes them down."""
    return member, (numbers or "").split()


@dataclass(frozen=True)
class Scene:
    """A configuration, a sheet that was imported before, and the sheet during whose import the program dies."""

    name: str
    pbxs: str
    before: str
    sheet: str

    @property
    def config(self) -> str:
        return f"region: FR\npbxs:\n{self.pbxs}inboxes:\n  hr: {{path: inbox, default_pbx: hq, limits: {_NO_LIMITS}}}\n"


_NO_LIMITS = "{detach: {share: null}, move: {share: null}, force: {share: null}, number: {share: null}}"


class Reference(NamedTuple):
    """What an import comes to when nobody is killed."""

    holds: dict[str, dict]
    operations: dict[str, int]
    rows: list


class Site:
    """A folder with a site in it. Every command runs in a child process."""

    def __init__(self, folder: Path, plugins: Path) -> None:
        self.folder, self._plugins = folder, plugins
        self.log = folder.with_name(f"{folder.name}.log")

    @classmethod
    def prepare(cls, folder: Path, plugins: Path, scene: Scene) -> Site:
        site = cls(folder, plugins)
        for name in ("state", "archive", "reports", "inbox", "pbx"):
            (folder / name).mkdir(parents=True)
        (folder / "linecard.yaml").write_text(scene.config)
        (folder / "before.csv").write_text(HEADER + scene.before)
        (folder / "sheet.csv").write_text(HEADER + scene.sheet)
        assert site.do("import", f"{folder}/before.csv", "--yes") == 0, site.log.read_text()
        return site

    def copy(self, folder: Path) -> Site:
        """The same site elsewhere; what is there already is thrown away."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        copied = Site(folder, self._plugins)
        copied.log.write_text("")
        return copied

    # -- commands --------------------------------------------------------------------------------------------------

    def run(self, job: Callable[[], Any], kill_after: float | None = None) -> tuple[int, Any]:
        def with_plugins() -> Any:
            sys.path.insert(0, str(self._plugins))
            return job()

        return forked(with_plugins, self.log, kill_after=kill_after)

    def command(self, *words: str) -> int:
        """One command in this process; to be called in a child."""
        return command("--config", f"{self.folder}/linecard.yaml", *words)

    def do(self, *words: str) -> int:
        """One command that is left alone: its exit code."""
        code, given = self.run(lambda: self.command(*words))
        assert code == 0, self.log.read_text()
        return given

    @property
    def importing(self) -> tuple[str, ...]:
        return ("import", f"{self.folder}/sheet.csv", "--yes")

    def killed(self, *words: str, at: int, every_call: bool = False) -> int:
        """One command, killed at a place: the exit code of the process. 0: the place was not reached."""
        countdown = Countdown(at, every_call=every_call)

        def job() -> None:
            with countdown.armed():
                self.command(*words)

        return self.run(job)[0]

    def places(self, *words: str, every_call: bool = False) -> int:
        """One command that is left alone: how many places it passes."""
        countdown = Countdown(every_call=every_call)

        def job() -> int:
            with countdown.armed():
                self.command(*words)
            return countdown.seen

        return self.run(job)[1]

    def finish(self) -> None:
        """What a person does after a crash: look, resume, and send the file again if it was never taken."""

        def job() -> list[int]:
            codes = [self.command("runs"), self.command("resume", "--yes")]
            if not any(state in ("applied", "partial") for run, state in self.runs.items() if run > 1):
                codes.append(self.command(*self.importing))
            return codes

        code, codes = self.run(job)
        assert code == 0, self.log.read_text()
        assert codes[0] == 0
        assert set(codes) <= {0, 1}, self.log.read_text()

    def again(self) -> None:
        """What a person does when the disk has room again: resume, and send the file once more."""

        def job() -> list[int]:
            return [self.command("resume", "--yes"), self.command(*self.importing)]

        code, codes = self.run(job)
        assert code == 0, self.log.read_text()
        assert set(codes) <= {0, 1}, self.log.read_text()

    # -- what is seen ----------------------------------------------------------------------------------------------

    def ask(self, file: str, query: str) -> list:
        db = sqlite3.connect(self.folder / file)
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()

    @property
    def runs(self) -> dict[int, str]:
        return dict(self.ask("state/linecard.db", "SELECT id, state FROM run ORDER BY id"))

    def rows(self, run: int) -> list:
        query = "SELECT line, outcome, code FROM sheet_row JOIN run ON id = run_id AND run.attempt = sheet_row.attempt"
        return self.ask("state/linecard.db", f"{query} WHERE run_id = {run} ORDER BY line")

    def operations(self) -> dict[str, list]:
        """By PBX, what was ever done: extension, before, after; each a member and numbers."""
        found: dict[str, list] = {}
        columns = "extension, before_member, before_number, after_member, after_number"
        for file in sorted((self.folder / "pbx").iterdir()):
            if file.suffix == ".sqlite3":
                done = self.ask(f"pbx/{file.name}", f"SELECT {columns} FROM operations ORDER BY id")
                found[file.stem] = [(e, _holding(bm, bn), _holding(am, an)) for e, bm, bn, am, an in done]
            elif file.suffix == ".list":
                found[file.stem] = ledger.operations(file)
        return found

    def holds(self) -> dict[str, dict]:
        """By PBX, what each extension came to. An operation that does not follow on from the last one is a fault."""
        found: dict[str, dict] = {}
        for pbx, operations in self.operations().items():
            at = found.setdefault(pbx, {})
            for extension, before, after in operations:
                assert at.get(extension, _holding(None, None)) == before, (
                    f"{pbx}: a change did not follow on: {operations}"
                )
                assert before != after, f"{pbx}: a change was made twice: {operations}"
                at[extension] = after
        for file in (self.folder / "pbx").glob("*.sqlite3"):
            listed = self.ask(f"pbx/{file.name}", "SELECT extension, member, number FROM extensions")
            assert {e: _holding(m, n) for e, m, n in listed} == found[file.stem]
        return found

    def reference(self) -> Reference:
        counts = {pbx: len(done) for pbx, done in self.operations().items()}
        return Reference(self.holds(), counts, self.rows(max(self.runs)))

    @property
    def filed(self) -> dict[str, bytes]:
        """Every report that is there under its name."""
        files = (path for path in (self.folder / "reports").rglob("[0-9]*.html") if not path.name.startswith("."))
        return {path.name: path.read_bytes() for path in files}

    def check(self, wanted: Reference, deaths: int = 1, *, in_one_run: bool = True) -> None:
        """Everything promised. `in_one_run`: a single run has all the outcomes that a run without deaths has."""
        log = self.log.read_text()
        assert "Traceback" not in log, log
        assert self.holds() == wanted.holds, log
        assert {pbx: len(done) for pbx, done in self.operations().items()} == wanted.operations, log
        assert set(self.runs.values()) <= ENDED, f"{self.runs} {log}"
        whole = [run for run, state in self.runs.items() if run > 1 and state in ("applied", "partial")]
        assert not in_one_run or wanted.rows in [self.rows(run) for run in whole], f"{self.runs} {log}"
        self._check_events()
        self._check_reports()
        self._check_archive(deaths)

    def _check_events(self) -> None:
        """Each run's events lead from its beginning to where it stands, without a gap and to one end."""
        at: dict[int, str | None] = dict.fromkeys(self.runs)
        for run, was, state in self.ask("state/linecard.db", "SELECT run_id, was, state FROM run_event ORDER BY id"):
            assert at[run] == was
            at[run] = state
        assert at == self.runs

    def _check_reports(self) -> None:
        """One report for each run that ended, none waiting, none half written."""
        items = self.ask("state/linecard.db", "SELECT run_id, kind, delivered FROM outbox")
        assert len(items) == len({(run, kind) for run, kind, _ in items})
        assert all(delivered for _, _, delivered in items)
        assert {run for run, _, _ in items} == set(self.runs)
        files = [path.name for path in (self.folder / "reports").rglob("*") if path.is_file()]
        assert not [name for name in files if name.endswith(".part")]
        assert sorted(name[:6] for name in files if name.endswith(".html") and name != "index.html") == [
            f"{run:06d}" for run in self.runs
        ]

    def _check_archive(self, deaths: int) -> None:
        """Each run's drop is there byte for byte; a death leaves at most a copy that no run knows, and no piece."""
        known = {
            self.folder / "archive" / path for (path,) in self.ask("state/linecard.db", "SELECT path FROM drop_file")
        }
        files = {path for path in (self.folder / "archive").rglob("*") if path.is_file()}
        assert known <= files
        assert len(files - known) <= deaths
        sheets = {(self.folder / name).read_bytes() for name in ("before.csv", "sheet.csv")}
        assert {path.read_bytes() for path in files} <= sheets
