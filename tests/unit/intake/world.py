"""An inbox being emptied, with a clock that a test turns on and a disk as full as it says."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from linecard.errors import StateError
from linecard.model.run import Drop, Run, State
from linecard.model.sheet import FaultCode
from linecard.pipeline.intake import Intake, IntakeOptions, Scan
from linecard.ports.inbox import Inbox
from linecard.store.journal import Journal
from linecard.store.store import Store
from linecard.testing import make_context
from linecard_local.inbox import LocalInbox

SETTLE = 5.0


class Memory(Store):
    """A store that cannot begin another run while it is `full`."""

    full = False

    def receive(self, connection: sa.Connection, inbox: str, found: Drop, **facts: Any) -> int:
        if self.full:
            raise StateError("the disk is full")
        return super().receive(connection, inbox, found, **facts)


class Port:
    """The inbox, each of whose doings a test may put something before, after or in place of."""

    def __init__(self, real: Inbox) -> None:
        self.in_place = real.in_place
        self.list_files, self.watch, self.close = real.list_files, real.watch, real.close
        self.claim, self.copy, self.settle = real.claim, real.copy, real.settle
        self.checksum = real.checksum


@dataclass
class World:
    site: Path
    store: Memory
    habits: IntakeOptions = field(default_factory=lambda: IntakeOptions(settle=SETTLE, reserve=0))
    now: float = 1000.0
    free: int = 1 << 40

    def __post_init__(self) -> None:
        self.inbox.mkdir()
        self.begin()

    # -- linecard ------------------------------------------------------------------------------------------------------

    def begin(self, habits: IntakeOptions | None = None, inbox: Inbox | None = None) -> None:
        """linecard starts, for the first time or after it was killed; its monotonic clock is another then."""
        self.habits = habits or self.habits
        self.now = self.now * 7 % 100_003
        context = make_context(self.site, "hr", path="inbox", state=self.work)
        self.port = Port(inbox or LocalInbox(context, watch=False))
        self.intake = Intake(
            "hr",
            self.port,
            self.habits,
            self.store,
            self.archive,
            who="linecard",
            monotonic=lambda: self.now,
            free=lambda: self.free,
        )

    def look(self, after: float = 0.0) -> Scan:
        """Look after so many seconds."""
        self.now += after
        return self.intake.scan()

    def settled(self) -> list[Run]:
        """The runs of two looks that are a settling time apart."""
        self.look()
        return self.runs(self.look(SETTLE))

    def runs(self, look: Scan) -> list[Run]:
        return [self.store.get_run(run_id) for run_id in look.runs]

    def end(self, run: Run, state: State = State.APPLIED) -> None:
        """The run comes to its end, by the shortest way."""
        ways = {State.APPLIED: (State.PLANNED, State.APPROVED, State.APPLYING), State.UNCHANGED: (State.PLANNED,)}
        ways[State.PARTIAL] = ways[State.APPLIED]
        with self.store.transaction() as connection:
            for step in (*ways[state], state):
                self.store.transition(connection, run.id, step, who="test", why="")

    # -- what is there -------------------------------------------------------------------------------------------------

    @property
    def inbox(self) -> Path:
        return self.site / "inbox"

    @property
    def work(self) -> Path:
        return self.site / "state" / "work" / "hr"

    @property
    def archive(self) -> Path:
        return self.site / "archive"

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.inbox.iterdir())

    @property
    def aside(self) -> list[Path]:
        return sorted(self.work.iterdir()) if self.work.exists() else []

    def put(self, name: str = "a.csv", content: str = "one") -> Path:
        path = self.inbox / name
        path.write_text(content)
        return path

    def kept(self, run: Run) -> bytes:
        return (self.archive / run.drop.path).read_bytes()

    def refusal(self, run: Run) -> FaultCode:
        (fault,) = Journal(self.store, run.id).faults(0, whole_file=True)
        return fault.code

    def old(self, path: Path, days: float) -> None:
        then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(path, (then, then))


def remade(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
