"""A site as somebody at a terminal meets it: commands typed, what they print, and files seen from outside."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from linecard.cli import main

PROGRAM = Path(sys.executable).with_name("linecard")
HEAD = "Action,LoginEmail,PbxId,Extension,Number\n"


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be JSON and nothing else."""
        return json.loads(self.out)


def typed(*words: str | Path, answers: str = "", env: dict[str, str] | None = None) -> Said:
    """One command in this process; nobody sits at the terminal beyond `answers`. A traceback fails the test."""
    done = CliRunner().invoke(
        main,
        [str(word) for word in words],
        input=answers,
        env={"LINECARD_CONFIG": None, **(env or {})},
        catch_exceptions=False,
        prog_name="linecard",
    )
    return Said(done.exit_code, done.stdout_bytes.decode(), done.stderr_bytes.decode())


@dataclass(frozen=True)
class Site:
    """A site in a folder."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "linecard.yaml"

    def run(self, *words: str | Path, answers: str = "") -> Said:
        return typed("--config", self.config, *words, answers=answers)

    def sheet(self, *rows: str, name: str = "sheet.csv", head: str = HEAD) -> Path:
        """A file with these rows."""
        file = self.folder / name
        file.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return file

    def import_(self, *rows: str, name: str = "sheet.csv") -> Said:
        """Rows imported without a question; they must all be done or unchanged."""
        said = self.run("import", self.sheet(*rows, name=name), "--yes")
        assert said.code == 0, said
        return said

    def configure(self, old: str, new: str) -> None:
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new))

    def ask(self, query: str, *values: object, file: str = "linecard.db") -> list[tuple]:
        """Rows of one of the site's databases."""
        with closing(sqlite3.connect(self.folder / "state" / file, timeout=30)) as db:
            return db.execute(query, values).fetchall()

    def holds(self, pbx: str = "hq") -> dict[str, tuple[str | None, str | None]]:
        """What a PBX holds, read past linecard."""
        found = self.ask("SELECT extension, member, number FROM extensions", file=f"{pbx}.pbx.sqlite3")
        return {extension: (member, number) for extension, member, number in found}

    def dial(self, extension: str, member: str | None, number: str | None = None, pbx: str = "hq") -> None:
        """Somebody else changes the PBX, past linecard."""
        with closing(sqlite3.connect(self.folder / "state" / f"{pbx}.pbx.sqlite3", timeout=30)) as db, db:
            if member is not None:
                db.execute("INSERT INTO members (login) VALUES (?) ON CONFLICT DO NOTHING", (member,))
            db.execute("INSERT OR REPLACE INTO extensions VALUES (?, ?, ?)", (extension, member, number))

    @property
    def states(self) -> dict[int, str]:
        """The runs and where they stand."""
        return dict(self.ask("SELECT id, state FROM run ORDER BY id"))

    def asked(self) -> None:
        """Wait until a plan waits for its answer."""
        until(lambda: self.ask("SELECT 1 FROM run WHERE state = 'planned'"))

    def reports(self, ending: str = ".html") -> list[Path]:
        return sorted(path for path in (self.folder / "reports").rglob(f"[0-9]*{ending}"))

    @contextmanager
    def process(self, *words: str | Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """A command as a process of its own, ended when the block is left."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [str(PROGRAM), "--config", str(self.config), *map(str, words)]
        with subprocess.Popen(command, **(pipes | options)) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()


def until(seen: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for something that can be seen from outside; the value that was seen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = seen()
        if found:
            return found
    raise AssertionError(f"not seen within {seconds} s")
