"""A week of a site in fast motion: the engine under clocks that are turned on from hour to hour."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from acceptance.crashes import HEADER
from linecard.runtime.engine import Engine
from linecard.runtime.health import Health
from linecard.runtime.log import configure
from linecard.runtime.service import Service

PBXS = ("hq", "lab", "shed")
INBOXES = tuple(f"feed{number}" for number in range(10))
HOURS = 7 * 24
KEPT = 2
"""Days for which everything is kept."""
BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
_DIRECTORY = "{{backend: directory, options: {{path: {}.sqlite3}}, extensions: 1000-9999}}"


def config() -> str:
    """Nine inboxes for one PBX each, and one for all three."""
    pbxs = "".join(f"  {pbx}: {_DIRECTORY.format(pbx)}\n" for pbx in PBXS)
    inboxes = "".join(
        f"  {name}: {{path: {name}, pbxs: [{', '.join(_pbxs(number))}]}}\n" for number, name in enumerate(INBOXES)
    )
    keep = ", ".join(f"{folder}: {{days: {KEPT}}}" for folder in ("archive", "reports", "quarantine"))
    return f"region: FR\nreserve: 1\npbxs:\n{pbxs}inboxes:\n{inboxes}keep: {{{keep}, runs: {KEPT}}}\n"


def _pbxs(inbox: int) -> tuple[str, ...]:
    return (PBXS[inbox % 3],) if inbox else PBXS


class Size(NamedTuple):
    """What the program and its site took at some time: bytes, and numbers of things."""

    memory: int
    blocks: int
    """Pieces of memory that Python holds, garbage not counted."""
    descriptors: int
    threads: int
    database: int
    archived: int
    reports: int


@dataclass
class Week:
    """The site, and what was seen of it. `drops` files arrive in the course of its `hours`, as many in each."""

    folder: Path
    drops: int
    hours: int = HOURS
    now: datetime = BEGAN
    monotonic: float = 0.0
    states: Counter = field(default_factory=Counter)
    days: list[Size] = field(default_factory=list)
    """What everything took at the end of each day."""
    reported: int = 0
    _dropped: int = 0
    _last: int = 0

    def live(self) -> None:
        for name in (*INBOXES, "outside"):
            (self.folder / name).mkdir()
        (self.folder / "linecard.yaml").write_text(config())
        configure("text", "error")
        with Service.load(self.folder / "linecard.yaml", now=lambda: self.now, who="linecard") as service:
            health = Health(service.now)
            engine = Engine(service, health, monotonic=lambda: self.monotonic)
            engine.start()
            for hour in range(1, self.hours + 1):
                self._drop(self.drops * hour // self.hours)
                self._hour(engine)
                if hour % 6 == 0:
                    self._date_files()
                    self._count_reports()
                    engine.clean_up()
                if hour % 24 == 0:
                    self.days.append(self._size())
                assert health.alerts == [], health.alerts
                self.now += timedelta(hours=1) - timedelta(seconds=20)
            engine.close()

    def _hour(self, engine: Engine) -> None:
        for _ in range(2):
            for name in INBOXES:
                engine.scan(name)
            self.now += timedelta(seconds=10)
            self.monotonic += 10
        while (run_id := engine.next_run()) is not None:
            engine.work_on(run_id)
            engine.file_reports()
        engine.file_reports()
        for name in INBOXES:
            engine.settle_files(name)
        assert engine.poll()

    def _drop(self, until: int) -> None:
        """Joiners, leavers and faults; each inbox gets a file again that was just imported, now and then."""
        for number in range(self._dropped, until):
            inbox = number % len(INBOXES)
            pbx = _pbxs(inbox)[number // 10 % len(_pbxs(inbox))]
            if number % 100 < 90 or not number // 100:
                text = self._sheet(number, pbx)
                (self.folder / "outside" / str(inbox)).write_text(text)
            else:  # the same bytes as ten files before
                text = (self.folder / "outside" / str(inbox)).read_text()
            made = self.folder / "outside" / f"{number}.csv"
            made.write_text(text)
            made.rename(self.folder / INBOXES[inbox] / made.name)
        self._dropped = until

    def _sheet(self, number: int, pbx: str) -> str:
        """Three rows: one leaves, one joins or moves, and in every seventh file one is wrong."""
        extension, again = 1000 + number % 700, number // 700
        rows = [f"detach,m{number - 350}@x.org,{pbx},,", f"force_attach,m{number}@x.org,{pbx},{extension},"]
        rows.append(f"attach,nobody,{pbx},1000," if number % 7 == 0 else f"detach,x{number}.{again}@x.org,{pbx},,")
        return HEADER + "".join(f"{row}\n" for row in rows)

    def _date_files(self) -> None:
        """What was written since was written now, as far as this week is concerned."""
        for folder in ("archive", "reports"):
            for path in (self.folder / folder).rglob("*"):
                if path.is_file() and path.stat().st_mtime > self.now.timestamp():
                    os.utime(path, (self.now.timestamp(), self.now.timestamp()))

    def _count_reports(self) -> None:
        """Each run that began since the last time has ended, and one report that is there."""
        query = """
            SELECT run.id, state, (SELECT count(*) FROM outbox WHERE run_id = run.id),
                (SELECT "where" FROM outbox WHERE run_id = run.id AND delivered IS NOT NULL)
            FROM run WHERE run.id > ? ORDER BY run.id"""
        with closing(sqlite3.connect(self.folder / "state" / "linecard.db")) as db:
            found = db.execute(query, (self._last,)).fetchall()
        for run, state, letters, where in found:
            assert run == self._last + 1
            assert letters == 1
            assert Path(where).is_file()
            self._last = run
            self.states[state] += 1
        assert self._last == self._dropped

    def _size(self) -> Size:
        gc.collect()
        database = (self.folder / "state").glob("linecard.db*")
        return Size(
            int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
            sys.getallocatedblocks(),
            len(list(Path("/proc/self/fd").iterdir())),
            threading.active_count(),
            sum(path.stat().st_size for path in database),
            sum(path.is_file() for path in (self.folder / "archive").rglob("*")),
            sum(path.name[:6].isdigit() for path in (self.folder / "reports").rglob("*.html")),
        )
