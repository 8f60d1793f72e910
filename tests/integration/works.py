"""The whole pipeline, from bytes to outcomes, over a real state database and PBXs in memory that may misbehave."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from linecard.model.directory import Entry
from linecard.model.format import SheetFormat
from linecard.model.report import Line
from linecard.model.run import Run, State
from linecard.pipeline.feed import Feed, Pbx
from linecard.pipeline.plan import plan
from linecard.pipeline.premises import Premises
from linecard.pipeline.receive import keep, receive
from linecard.pipeline.recovery import find_interrupted
from linecard.pipeline.report import RunReport
from linecard.pipeline.run_loop import drive
from linecard.rules.limits import Limit
from linecard.rules.numbering import NumberingPlan
from linecard.runtime.interactive_operator import InteractiveOperator
from linecard.store.journal import Journal
from linecard.store.store import Store
from linecard.testing.backend import MemoryBackend
from linecard.testing.memory import MemoryPbx
from linecard.testing.trouble import NO_TROUBLE, Trouble

HEAD = "Action,LoginEmail,PbxId,Extension,Number\n"


class Works:
    """A site of the PBXs `hq` (1000-4999, the default) and `lab` (5000-5999)."""

    def __init__(self, folder: Path, **entries: Iterable[Entry]) -> None:
        self.folder = folder
        self.store = Store.open(folder / "state", lambda: datetime(2026, 5, 1, 12, tzinfo=UTC))
        weakref.finalize(self, self.store.close)  # each example of a property has a site of its own
        self.memory = {name: MemoryPbx(entries.get(name, ())) for name in ("hq", "lab")}
        self.limits: Mapping[str, Limit] = {}
        self.pbxs: dict[str, Pbx] = {}
        self.premises = Premises()
        self.connect()

    def connect(self, *, group: int = 1, **troubles: Trouble) -> None:
        """New connections to the PBXs, with what goes wrong on each from now on."""
        ranges = {"hq": ("1000-4999",), "lab": ("5000-5999",)}
        for name, pbx in self.memory.items():
            backend = MemoryBackend(pbx, trouble=troubles.get(name, NO_TROUBLE), group=group)
            self.pbxs[name] = Pbx(name, backend, NumberingPlan("FR", ranges[name], ()))

    @property
    def inbox(self) -> Feed:
        return Feed("hr", SheetFormat(), self.pbxs, "hq", self.limits)

    def planned(self, *rows: str) -> Run:
        """A sheet of these rows, received and planned."""
        data = (HEAD + "".join(f"{row}\n" for row in rows)).encode()
        drop = keep(self.folder / "archive", "sheet.csv", [data], self.store, most=10**6)
        run = receive(self.store, "hr", drop, description="", who="ada")
        return self.plan(self.store.get_run(run))

    def plan(self, run: Run) -> Run:
        return plan(self.store, run, self.inbox, self.folder / "archive", who="ada", premises=self.premises)

    def approve(self, run: Run) -> Run:
        with self.store.transaction() as connection:
            self.store.transition(connection, run.id, State.APPROVED, who="ada", why="seen")
        return self.store.get_run(run.id)

    def apply(self, run: Run, *, stop: Callable[[], bool] = lambda: False, told: Callable[[int], None] = print) -> Run:
        """An approved run taken to its end; a new plan is approved as it comes. Each progress is `told`."""
        operator = InteractiveOperator(
            "ada",
            lambda run: run.state is State.PLANNED,
            lambda what, _run: told if what == "apply" else _nothing,
            stop,
        )
        return drive(self.store, run, self.inbox, self.pbxs, self.folder / "archive", operator, self.premises).run

    def sheet(self, *rows: str) -> Run:
        run = self.planned(*rows)
        return self.apply(self.approve(run)) if run.state is State.PLANNED else run

    def recover(self) -> list[Run]:
        """What broke off, read back, planned anew and finished."""
        return [self.apply(found) for found in find_interrupted(self.store)]

    def lines(self, run: Run) -> list[Line]:
        return list(RunReport(self.store, run, site="works", timezone="UTC").lines())

    def came_to(self, run: Run) -> list[str]:
        """`outcome code` of each row."""
        return [f"{line.outcome} {line.code}" for line in self.lines(run)]

    def holds(self, pbx: str = "hq") -> dict[str, str | None]:
        return {extension: held.member for extension, held in self.memory[pbx].extensions.items()}

    def statuses(self, run: Run) -> dict[str, int]:
        """How many changes are what."""
        return {str(status): count for status, count in Journal(self.store, run.id).tally().items()}

    def made(self, pbx: str = "hq") -> list[str]:
        """The extensions that were changed, in order."""
        return [change.extension for change in self.memory[pbx].operations]


def _nothing(_count: int) -> None:
    """The progress that nobody looks at."""
