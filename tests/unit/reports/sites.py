"""A site at work on a PBX in memory, whose clock and person are given: what tests of reports read."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from linecard.api.backend import BackendKind, Entry
from linecard.api.report import ReportError, State
from linecard.config import load
from linecard.model.run import Run
from linecard.registry import Registry
from linecard.runtime.operations import Operations
from linecard.runtime.report_folder import ReportFolder
from linecard.runtime.service import Service
from linecard.testing import MemoryBackend, MemoryPbx, Trouble

HEAD = "Action,LoginEmail,PbxId,Extension,Number"

CONFIG = """\
site: {site}
region: FR
timezone: Europe/Paris
templates: templates
pbxs:
  hq: {{backend: memory, extensions: ['1000-1999', '0100-0199'], aliases: [Siège]}}
inboxes:
  hr:
    path: inbox/hr
    limits: {{detach: {{count: 3}}}}
    sheet: {{{sheet}}}
"""


class NoOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Plugins(Registry):
    """The installed plugins, and the PBX in memory as a kind of PBX."""

    def __init__(self, backend: MemoryBackend) -> None:
        super().__init__()
        self._memory = BackendKind("memory", "a PBX in memory", NoOptions, lambda _options, _context: backend)

    def backend_kind(self, name: str) -> BackendKind[Any]:
        return self._memory if name == "memory" else super().backend_kind(name)


@dataclass
class Clock:
    """A clock that goes on by one second whenever it is read."""

    at: datetime = datetime(2026, 12, 1, 7, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@dataclass
class Site:
    """A site in a folder; `entries` is what its PBX holds at first."""

    folder: Path
    entries: Sequence[Entry] = ()
    trouble: Trouble = field(default_factory=Trouble)
    can: Any = None
    name: str = "Nord & Süd"
    sheet: str = ""
    who: str = "anna"
    clock: Clock = field(default_factory=Clock)
    unfiled: Mapping[int, ReportError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "linecard.yaml"
        file.write_text(CONFIG.format(site=json.dumps(self.name), sheet=self.sheet), encoding="utf-8")
        allowed = {} if self.can is None else {"can": self.can}
        self.pbx = MemoryPbx(self.entries, **allowed)
        plugins = Plugins(MemoryBackend(self.pbx, trouble=self.trouble))
        config = load(file, plugins)
        self.service = Service(config, plugins, now=self.clock, who=self.who)

    @property
    def templates(self) -> Path:
        folder = self.folder / "templates"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def filed(self) -> list[str]:
        """Every file below the reports folder but the pages that list them."""
        found = (f for f in self.reports.rglob("*") if f.is_file() and f.name != "index.html")
        return sorted(str(f.relative_to(self.reports)) for f in found)

    def plan(self, text: str | bytes, name: str = "sheet.csv", *, description: str = "") -> Run:
        """A sheet taken and planned."""
        file = self.folder / "desk" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        with self.working():
            return Operations(self.service).receive(
                file, self.service.feed(None), description=description, stage=lambda _name, _run: _nothing
            )

    def imported(self, text: str | bytes, name: str = "sheet.csv", *, description: str = "") -> Run:
        """A sheet taken, approved unless it is held, applied and reported, as `linecard import --yes` does it."""
        run = self.plan(text, name, description=description)
        operations = Operations(self.service)
        with self.working():
            if run.state is State.PLANNED:
                run = operations.approve(run, why="--yes")
            return operations.drive(
                run,
                self.service.feed(None),
                confirm=lambda _run: True,
                stage=lambda _name, _run: _nothing,
                stop=lambda: False,
            )

    @contextmanager
    def working(self) -> Iterator[None]:
        """Hold the site as every command does that changes it; `unfiled` are reports that could not be filed."""
        report_folder = ReportFolder(self.service)
        with self.service.exclusive():
            report_folder.file_reports()
            yield
            self.unfiled = report_folder.publish()

    def rendered(self, run: Run, form: str) -> str:
        """The report in one format; line ends as they are."""
        out = io.StringIO(newline="")
        self.service.renderers[form].render(self.service.report(run), out, templates=self.service.config.templates)
        return out.getvalue()

    def close(self) -> None:
        self.service.__exit__()


def sheet(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *rows, ""])


def lines(site: Site, run: Run) -> Iterator[Any]:
    return site.service.report(run).lines()


def _nothing(_count: int) -> None:
    return
