"""An engine driven by a test, with a clock that the test turns on."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from integration.daemon.site import CONFIG, rows
from integration.daemon.switchboard import operations
from linecard.model.run import Run
from linecard.runtime.engine import Engine, run_in_turn
from linecard.runtime.health import Health
from linecard.runtime.service import Service, utc_now

__all__ = ["Drive", "rows"]

SETTLE = 1.0


class Drive:
    """A site whose inboxes are `hr` (PBX hq), `it` (PBX lab) and `all` (both)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1000.0
        self.stopping = False
        self.said: list[tuple[str, bool]] = []
        self.ended: list[tuple[int, str]] = []
        self.freed = 0
        self.spread: Callable[[Sequence[Callable[[], None]]], None] = run_in_turn
        for name in ("hr", "it", "all"):
            (folder / name).mkdir()
        self.configure(CONFIG)
        self.service: Service | None = None
        self.start()

    def configure(self, text: str) -> None:
        (self.folder / "linecard.yaml").write_text(text)

    def start(self) -> Engine:
        """linecard begins anew, as after an end of whatever kind."""
        self.close()
        self.service = Service.load(self.folder / "linecard.yaml", who="linecard")
        self.health = Health(utc_now, lambda alert, there: self.said.append((alert.what, there)))
        self.stopping = False
        self.engine = Engine(
            self.service,
            self.health,
            monotonic=lambda: self.now,
            stop=lambda: self.stopping,
            spread=self._spread,
            freed=self._freed,
            ended=self._ended,
            chance=random.Random(1),
        )
        self.engine.start()
        return self.engine

    def close(self) -> None:
        if self.service is not None:
            self.engine.close()
            self.service.__exit__()

    def _spread(self, work: Sequence[Callable[[], None]]) -> None:
        self.spread(work)

    def _freed(self) -> None:
        self.freed += 1

    def _ended(self, run: Run) -> None:
        self.ended.append((run.id, run.state.value))

    def drop(self, inbox: str, name: str, text: str) -> None:
        (self.folder / inbox / name).write_text(text)

    def look(self) -> None:
        """Two looks into every inbox, a settling time apart."""
        for _ in range(2):
            for name in ("hr", "it", "all"):
                self.engine.scan(name)
            self.now += SETTLE

    def work(self) -> list[int]:
        """Whatever can be done now; the runs that were worked on."""
        worked = []
        while (run_id := self.engine.next_run()) is not None:
            self.engine.work_on(run_id)
            worked.append(run_id)
        for name in ("hr", "it", "all"):
            self.engine.settle_files(name)
        return worked

    def done(self) -> list[int]:
        self.look()
        return self.work()

    @property
    def states(self) -> dict[int, str]:
        return {run.id: run.state.value for run in reversed(self.service.store.list_runs())}

    @property
    def alerts(self) -> dict[str, str]:
        return {alert.what: alert.message for alert in self.health.alerts}

    def made(self, pbx: str) -> list[str]:
        return [extension for extension, _, _ in operations(self.folder / f"{pbx}.ops")]

    def told(self, pbx: str, what: str, text: str = "") -> Path:
        """Tell a PBX how to behave: `down`, or `down-at` so many operations."""
        path = self.folder / f"{pbx}.{what}"
        path.write_text(text)
        return path
