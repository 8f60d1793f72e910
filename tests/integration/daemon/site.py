"""A site with switchboards for PBXs, driven as an engine with a test's own clock, or served by a real daemon."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from house import forked
from integration.daemon.switchboard import operations

HEADER = "Action,LoginEmail,PbxId,Extension,Number\n"
TESTS = Path(__file__).parents[2]
LONG = 30.0

CONFIG = """\
region: FR
reserve: 1
pbxs:
  hq: {backend: switchboard, options: {path: hq.ops}}
  lab: {backend: switchboard, options: {path: lab.ops}}
inboxes:
  hr: {path: hr, pbxs: [hq], settle: 100ms, scan: 1}
  it: {path: it, pbxs: [lab], settle: 100ms, scan: 1}
  all: {path: all, pbxs: [hq, lab], settle: 100ms, scan: 1}
"""


def eventually(condition: Callable[[], Any], what: str, within: float = LONG) -> Any:
    """Wait until something is so, and give it back; the clock only says when to give up."""
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline, f"it never came to it: {what}"
        time.sleep(0.02)
    return found


def rows(*named: str, pbx: str = "") -> str:
    """A sheet that attaches each member, named `member extension`."""
    return HEADER + "".join(f"attach,{m}@example.org,{pbx},{e},\n" for m, e in (name.split() for name in named))


def _writer(gate: Path) -> int | None:
    """The gate opened for writing; None while nobody reads from it."""
    try:
        return os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


class Site:
    """`plugins` is where the switchboard is installed."""

    def __init__(self, folder: Path, plugins: Path, config: str = CONFIG) -> None:
        self.folder, self._plugins = folder, plugins
        folder.mkdir(exist_ok=True)
        self.configure(config)
        for name in ("hr", "it", "all", "outside"):
            (folder / name).mkdir(exist_ok=True)

    def configure(self, text: str) -> None:
        (self.folder / "linecard.yaml").write_text(text)

    def drop(self, inbox: str, name: str, text: str) -> None:
        """Deliver a file as a careful producer does: written elsewhere, then renamed into the inbox."""
        made = self.folder / "outside" / name
        made.write_text(text)
        made.rename(self.folder / inbox / name)

    def drop_by_copy(self, inbox: str, name: str, text: str) -> None:
        """Deliver a file from another disk: written in the inbox under another name, then given its own."""
        made = self.folder / inbox / f"{name}.part"
        made.write_text(text)
        made.rename(made.with_name(name))

    # -- what is seen --------------------------------------------------------------------------------------------------

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        db = sqlite3.connect(f"file:{self.folder}/state/linecard.db?mode=ro", uri=True, timeout=20)
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()

    @property
    def runs(self) -> dict[str, str]:
        """The state of each run, by the name of its file."""
        try:
            return dict(
                self.ask("SELECT name, state FROM run JOIN drop_file ON drop_id = drop_file.id ORDER BY run.id")
            )
        except sqlite3.OperationalError:  # not there yet
            return {}

    def came_to(self, **states: str) -> bool:
        return all(self.runs.get(f"{name}.csv") == state for name, state in states.items())

    def made(self, pbx: str) -> list[str]:
        """The extensions that were ever changed on a PBX, in order."""
        return [extension for extension, _, _ in operations(self.folder / f"{pbx}.ops")]

    def left(self, inbox: str) -> list[str]:
        return sorted(path.name for path in (self.folder / inbox).iterdir() if path.name != ".linecard")

    @property
    def reports(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "reports").rglob("[0-9]*.html"))

    # -- a PBX that behaves badly --------------------------------------------------------------------------------------

    def shut(self, pbx: str) -> None:
        """Each change on it waits from now on."""
        os.mkfifo(self.folder / f"{pbx}.gate")

    def shut_reading(self, pbx: str) -> None:
        """Whoever reads what it holds waits from now on."""
        os.mkfifo(self.folder / f"{pbx}.reading")

    def reader(self, pbx: str) -> int:
        """The process that waits to read what a PBX holds; 0 while none does."""
        sign = self.folder / f"{pbx}.reads"
        return int(sign.read_text() or 0) if sign.exists() else 0

    def let_read(self, pbx: str) -> None:
        """Let whoever waits to read go on; the next one waits again."""
        (self.folder / f"{pbx}.reads").unlink()
        os.close(eventually(lambda: _writer(self.folder / f"{pbx}.reading"), "somebody waits to read"))

    def waits(self, pbx: str) -> bool:
        return (self.folder / f"{pbx}.waits").exists()

    def reopen(self, pbx: str, gate_name: str = "gate") -> None:
        """Let go on whoever waits, and nobody wait again."""
        gate = self.folder / f"{pbx}.{gate_name}"
        # Whoever says that it waits has not opened the gate yet: taken away now, it would not be found.
        writer = eventually(lambda: _writer(gate), "somebody stands at the gate")
        gate.unlink()
        os.close(writer)

    # -- linecard ------------------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": f"{self._plugins}:{TESTS}",
            "LINECARD_CONFIG": f"{self.folder}/linecard.yaml",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        return subprocess.run(
            [forked.command(), *words], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def status(self) -> dict[str, Any]:
        return json.loads(self.run("status", "--json").stdout)

    def told(self, what: str) -> str:
        """What the daemon says of a trouble right now; empty if there is none."""
        try:
            found = json.loads((self.folder / "state" / "status.json").read_text())
        except (FileNotFoundError, ValueError):
            return ""
        return next((t["message"] for t in found["alerts"] if t["what"].startswith(what)), "")

    @contextmanager
    def served(self, *before: str) -> Iterator[Serving]:
        """A daemon at work; it must end by itself or when asked to."""
        serving = Serving(self, before)
        try:
            eventually(lambda: serving.ready or serving.process.poll() is not None, serving.log)
            assert serving.process.poll() is None, serving.log
            yield serving
            if serving.process.poll() is None:
                serving.end()
            assert "Traceback" not in serving.log, serving.log
        finally:
            if serving.process.poll() is None:
                serving.process.kill()
            serving.process.wait()


LINECARD = (sys.executable, "-P", "-c", "import sys; from linecard.cli import main; sys.exit(main())")


class Serving:
    """A running daemon."""

    def __init__(self, site: Site, before: tuple[str, ...]) -> None:
        self._log = site.folder / "log"
        with self._log.open("w") as out:
            self.process = subprocess.Popen(
                [*before, *LINECARD, "serve"], env=site.environment, stdout=out, stderr=subprocess.STDOUT
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def ready(self) -> bool:
        return self.log.startswith("ready ") or "\nready " in self.log

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        """Ask it to stop; it does, in good order."""
        self.send(signal.SIGTERM)
        assert self.process.wait(LONG) == 0, self.log
        assert "\nstopped " in self.log
