"""The daemon: the engine driven by hints, timers and signals, for as long as the machine runs.

Settling and looking again count on the monotonic clock, which nobody sets. The timers of APScheduler count on the
wall clock; when that jumps, they are set anew.
"""

from __future__ import annotations

import contextvars
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC
from functools import partial
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor as Timers
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from linecard.model.run import Run
from linecard.pipeline.intake import GAP
from linecard.ports.inbox import Watch
from linecard.rules.hours import is_quiet
from linecard.runtime import status, timers
from linecard.runtime.board import Board, Trouble
from linecard.runtime.digests import Digests
from linecard.runtime.engine import Engine
from linecard.runtime.failing import safely, tell
from linecard.runtime.log import log
from linecard.runtime.metrics import Figures
from linecard.runtime.notify import Notify
from linecard.runtime.post import Post
from linecard.runtime.prompt import Prompt
from linecard.runtime.service import Service
from linecard.runtime.signals import handle_signals

TICK = 5.0
"""Seconds between two looks at the daemon's own health, and for approvals that a person has given."""
ERRANDS = 8
"""Threads for reporting, keeping house and handing out work."""
LOOKERS = 16
"""Threads for looking into inboxes, however many there are; one that hangs keeps one of them."""
BREATH = 0.25
"""Seconds between two times of saying what the daemon does now, at least."""
PAIRING = 0.6
"""Seconds in which hints come late when a file was moved out of an inbox: watchdog holds everything back for half a
second, to see whether the file turns up under another name."""
HOURLY = 3600.0
JUMP = 2.0
"""Seconds by which the wall clock must run away from the monotonic one to count as set."""


class Successor(NamedTuple):
    """What follows a life of the daemon: the service to go on with, if any, and whether somebody has asked for the
    configuration to be read again meanwhile."""

    service: Service | None
    reload_requested: bool


class Daemon:
    """One life of the daemon, from one configuration to the next. The caller holds the site."""

    def __init__(self, service: Service, notify: Notify, *, reload: Callable[[], Service | None]) -> None:
        self._service, self._notify, self._reload = service, notify, reload
        self._stopping = self._ended_by_signal = self._reloading = False
        # Rung from signal handlers too: an Event would lock up when its own waiting is interrupted.
        self._bell: SimpleQueue[None] = SimpleQueue()
        self.board = Board(service.now, self._trouble)
        lanes = max(4, 2 * len(service.pbxs))
        self._errands = ThreadPoolExecutor(ERRANDS, "errand")
        self._lookers = ThreadPoolExecutor(min(LOOKERS, 2 * len(service.config.inboxes)), "looker")
        self._lanes = ThreadPoolExecutor(lanes, "lane")
        self._parts = ThreadPoolExecutor(max(1, len(service.pbxs)), "part")
        errand = self._errands.submit
        self._dispatch = Prompt(self._give_work, errand)
        self.engine = Engine(
            service,
            self.board,
            monotonic=time.monotonic,
            stop=lambda: self._stopping,
            spread=self._spread,
            freed=self._dispatch,
            ended=self._ended,
        )
        self._figures = Figures(service, self.engine, self.board)
        self._post = Post(service, self.board, stop=lambda: self._stopping)
        self._digests = Digests(service)
        self._digest = Prompt(self._digested, errand)
        self._deliver = Prompt(self._delivered, errand)
        self._announce = Prompt(self._announced, errand)
        self._list = Prompt(self._listed, errand)
        self._list_due = 0.0
        self._unlisted = True  # a report may have been filed by the life before, and not been listed any more
        self._unparted: set[str] = set()
        self._poll = Prompt(self._polled, errand)
        self._keep_house = Prompt(self._kept_house, errand)
        look = self._lookers.submit
        self._look = {name: Prompt(partial(self._looked, name), look) for name in service.config.inboxes}
        self._part = {name: Prompt(partial(self._part_with_files, name), look) for name in service.config.inboxes}
        self._zone = ZoneInfo(service.config.timezone)
        self._watches: dict[str, Watch] = {}
        self._due: dict[str, float] = {}
        self._hard_of_hearing: dict[str, float] = {}
        self._beat = time.monotonic()
        self._told, self._untold = 0.0, False
        self._retry: float | None = None
        self._next: Service | None = None
        self._clocks = BackgroundScheduler(
            executors={"default": Timers(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    # -- life ------------------------------------------------------------------------------------------------------

    def run(self) -> Successor:
        """Work until told to stop; what to go on with, if a new configuration was given."""
        with handle_signals(self._stop_by_signal, self.reload):
            try:
                self._start()
                self._write_status()
                self._notify.ready()
                log("ready", site=str(self._service.config.file), pid=os.getpid())
                while not self._stopping:
                    with suppress(Empty):
                        self._bell.get(timeout=self._until_due())
                    while not self._bell.empty():
                        self._bell.get()
                    if not self._stopping:
                        self._tick()
            finally:
                self._stop()
        if self._next is not None and self._ended_by_signal:
            self._next.__exit__()
            return Successor(None, reload_requested=False)
        return Successor(self._next, self._reloading)

    def _start(self) -> None:
        self._service.sweep()
        self.engine.start()
        for name, config in self._service.config.inboxes.items():
            if config.cron is None:  # else the inbox is left in peace in between, whatever the kernel says
                self._watches[name] = self.engine.ports[name].watch(self._look[name])
            self._at(timers.of_inbox(config, self._zone), self._look[name], f"look {name}")
        for name in self._digests.sinks:
            plan = self._service.config.sinks[name].digest
            self._at(timers.Daily(plan.at, plan.days, self._zone), self._digest, f"digest by {name}")
        self._every(TICK, self._poll, "poll")
        self._every(HOURLY, self._keep_house, "keep house")
        try:
            self._figures.serve()
        except OSError as error:
            port = self._service.config.metrics.port
            self.board.trouble(
                "metrics", f"The port {port} cannot be opened: {error.strerror or error}.", "Free it, then reload."
            )
        self._clocks.start()
        self._announce()
        self._dispatch()

    def _every(self, seconds: float, work: Callable[[], None], name: str) -> None:
        self._at(timers.Every(seconds), work, name)

    def _at(self, times: BaseTrigger, work: Callable[[], None], name: str) -> None:
        at_once = {} if isinstance(times, timers.Crontab) else {"next_run_time": self._service.now()}
        self._clocks.add_job(work, times, id=name, name=name, **at_once)

    def stop(self) -> None:
        """End at the next safe point."""
        self._stopping = True
        self._bell.put(None)

    def _stop_by_signal(self) -> None:
        self._ended_by_signal = True
        self.stop()

    def reload(self) -> None:
        """Read the configuration anew; what is wrong with it is told, and the old one goes on."""
        self._reloading = True
        self._bell.put(None)

    def _stop(self) -> None:
        self._stopping = True
        if self._next is None:
            self._notify.stopping()
        log("stopping", working=self.board.sentence())
        if self._clocks.running:
            self._clocks.shutdown(wait=False)
        for pool in (self._lanes, self._parts, self._lookers, self._errands):
            pool.shutdown(wait=True)
        for watch in self._watches.values():  # no look can begin them anew any more
            watch.close()
        self.engine.announce()
        self._listed()
        self.engine.close()
        self._post.close()
        self._figures.close()
        (self._service.config.state / status.FILE).unlink(missing_ok=True)
        log("stopped", unfinished=self.engine.unfinished)

    # -- the main thread's round -----------------------------------------------------------------------------------

    def _until_due(self) -> float:
        self._retry = self.engine.due()
        retry = [] if self._retry is None else [self._retry]
        due = min([self._told + (BREATH if self._untold else TICK), *list(self._due.values()), *retry])
        return max(0.0, min(TICK, due - time.monotonic()))

    def _tick(self) -> None:
        if self._reloading:
            self._reloading = False
            self._change()
        now = time.monotonic()
        for name, due in list(self._due.items()):
            if due <= now:
                self._due.pop(name, None)
                self._look[name]()
        if self._retry is not None and self._retry <= now:
            self._dispatch()
        if self._unlisted and self._list_due <= now:  # many reports at once are one change of these pages
            self._list_due = now + TICK
            self._list()
        self._steady()
        self._untold = now - self._told < BREATH
        if not self._untold:
            self._told = now
            if self._is_alive():
                self._notify.alive()
            self._notify.status(self.board.sentence())
            self._write_status()

    def _change(self) -> None:
        """A new configuration goes on in a new life; one that is wrong is refused, and the old one goes on."""
        self._notify.reloading()
        self._next = safely(self.board, "configuration", self._reload)
        if self._next is None:
            self._notify.ready()
        else:
            self.stop()

    _offset: float | None = None

    def _steady(self) -> None:
        """Set the timers anew when somebody has set the wall clock."""
        offset = time.time() - time.monotonic()
        if self._offset is not None and abs(offset - self._offset) > JUMP:
            log("the clock was set", seconds=round(offset - self._offset), level="warning")
            for job in self._clocks.get_jobs():
                timers.reset(job)
        self._offset = offset

    # -- errands ---------------------------------------------------------------------------------------------------

    def _looked(self, name: str) -> None:
        quiet = self._service.config.inboxes[name].quiet
        if self._stopping or (quiet is not None and is_quiet(quiet, self._service.now().astimezone(self._zone))):
            return
        self._check_watch(name)
        look = self.engine.look(name)
        if name in self._unparted:
            self._part[name]()
        if look is None:
            return
        now = time.monotonic()
        if look.runs:
            self._hard_of_hearing[name] = now + PAIRING
        if now < self._hard_of_hearing.get(name, 0.0):
            look.again(now + GAP / 2)
        if look.due is not None:
            self._due[name] = look.due
        self._bell.put(None)
        if look.runs:
            self._dispatch()
            self._announce()

    def _part_with_files(self, name: str) -> None:
        if self.engine.part(name):
            self._unparted.discard(name)
        else:
            self._unparted.add(name)

    def _check_watch(self, name: str) -> None:
        """See that the kernel's hints come; where they cannot, files are found by the scan, and that is said."""
        watch = self._watches.get(name)
        if watch is None:
            return
        hint = watch.check()
        if hint and not watch.deaf:
            log("watch", inbox=name, message=hint, level="warning")
        self.board.only(f"hints of {name}", {f"hints of {name}": (hint, watch.deaf)} if hint and watch.deaf else {})

    def _give_work(self) -> None:
        while (run_id := self.engine.next()) is not None:
            self._lanes.submit(self._worked, run_id)
            self._bell.put(None)

    def _worked(self, run_id: int) -> None:
        try:
            self.engine.work(run_id)
        finally:
            self._dispatch()
            self._bell.put(None)

    def _spread(self, work: Sequence[Callable[[], None]]) -> None:
        """Several PBXs at the same time, each with the facts that the log carries."""
        if not work:  # the program died between the last change and the end of a run: nothing is left to be made
            return
        first, *others = work
        waiting = [self._parts.submit(contextvars.copy_context().run, piece) for piece in others]
        failures: list[BaseException | None] = []
        try:
            first()
        except Exception as error:  # noqa: BLE001 - raised below, when nobody is at work any more
            failures.append(error)
        failures += [piece.exception() for piece in waiting]
        for failure in failures:
            if failure is not None:
                raise failure

    def _ended(self, run: Run) -> None:
        self._figures.ended(run)
        self._announce()
        if run.inbox in self._part:
            self._part[run.inbox]()

    def _polled(self) -> None:
        if self.engine.poll():
            self._beat = time.monotonic()
        self._dispatch()
        self._announce()

    def _announced(self) -> None:
        """Reports are filed first, so that letters can say where; then letters go, however long a server takes."""
        if self.engine.announce().filed:
            self._unlisted = True
        self._deliver()

    def _listed(self) -> None:
        self._unlisted = False
        tell(self.board, "list of reports", self.engine.report_folder.refresh_index)

    def _delivered(self) -> None:
        tell(self.board, "post", self._post.deliver)

    def _digested(self) -> None:
        tell(self.board, "digest", self._digests.write)
        self._deliver()

    def _kept_house(self) -> None:
        self.engine.keep_house()
        for part in self._part.values():
            part()

    # -- telling ---------------------------------------------------------------------------------------------------

    def _trouble(self, trouble: Trouble, there: bool) -> None:  # noqa: FBT001 - the board's signature
        level: Any = "error" if there else "info"
        log("trouble" if there else "well again", what=trouble.what, message=trouble.message, level=level)
        self._bell.put(None)

    _written = ""
    _stamp: Mapping[str, Any] = MappingProxyType({})

    def _is_alive(self) -> bool:
        """Whether a poll came through timer, thread and database lately."""
        return time.monotonic() - self._beat < 12 * TICK

    def _write_status(self) -> None:
        facts = {
            "pid": os.getpid(),
            "queue": self.engine.queue,
            **self.board.facts(),
            "timers": [
                {"name": job.name, "next": job.next_run_time.isoformat() if job.next_run_time else None}
                for job in self._clocks.get_jobs()
            ],
        }
        if self._is_alive():  # else the time of these facts grows old, and `status` says so
            self._stamp = status.stamp(self._service.now())
        text = json.dumps({**self._stamp, **facts}, ensure_ascii=False, indent=1)
        if text != self._written:
            self._written = text
            status.write(self._service.config.state, text)
        self._figures.write()
