"""The daemon: the engine driven by hints, timers and signals, for as long as the machine runs.

Settling and looking again count on the monotonic clock, which nobody sets. The timers of APScheduler count on the
wall clock; when that jumps, they are set anew.
"""

from __future__ import annotations

import contextvars
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor as Timers
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from linecard.model.run import Run
from linecard.pipeline.intake import MIN_RESCAN
from linecard.ports.inbox import Watch
from linecard.rules.hours import is_quiet
from linecard.runtime import status, timers
from linecard.runtime.clock import since_boot
from linecard.runtime.coalesced_call import CoalescedCall
from linecard.runtime.delivery import Delivery
from linecard.runtime.digests import Digests
from linecard.runtime.engine import Engine
from linecard.runtime.guard import attempt, attempt_and_clear
from linecard.runtime.health import ActiveAlert, Health
from linecard.runtime.log import log
from linecard.runtime.metrics import Metrics
from linecard.runtime.reload import ReloadAnswer, take_request, write_answer
from linecard.runtime.service import Service
from linecard.runtime.signals import handle_signals
from linecard.runtime.systemd import SystemdNotifier

POLL_INTERVAL = 5.0
"""Seconds between two looks at the daemon's own health, and for approvals that a person has given."""
WORKERS = 8
"""Threads for reporting, keeping house and handing out work."""
SCANNERS = 16
"""Threads for looking into inboxes, however many there are; one that hangs keeps one of them."""
STATUS_INTERVAL = 0.25
"""Seconds between two times of saying what the daemon does now, at least."""
MOVE_PAIRING = 0.6
"""Seconds in which hints come late when a file was moved out of an inbox: watchdog holds everything back for half a
second, to see whether the file turns up under another name."""
REQUEST_INTERVAL = 1.0
"""Seconds until the daemon sees that somebody asks it to read its configuration again."""
HOURLY = 3600.0
CLOCK_JUMP = 2.0
"""Seconds by which the wall clock must run away from the monotonic one to count as set."""


class Successor(NamedTuple):
    """What follows a life of the daemon: the service to go on with, if any, and whether somebody has asked for the
    configuration to be read again meanwhile."""

    service: Service | None
    reload_requested: bool


class Daemon:
    """One life of the daemon, from one configuration to the next. The caller holds the site."""

    def __init__(self, service: Service, notify: SystemdNotifier, *, reload: Callable[[], Service | None]) -> None:
        self._service, self._notify, self._reload = service, notify, reload
        self._stopping = self._ended_by_signal = self._reloading = False
        # Rung from signal handlers too: an Event would lock up when its own waiting is interrupted.
        self._wakeups: SimpleQueue[None] = SimpleQueue()
        self.health = Health(service.now, self._log_alert)
        lanes = max(4, 2 * len(service.pbxs))
        self._workers = ThreadPoolExecutor(WORKERS, "worker")
        self._scanners = ThreadPoolExecutor(min(SCANNERS, 2 * len(service.config.inboxes)), "scanner")
        self._run_workers = ThreadPoolExecutor(lanes, "lane")
        self._pbx_workers = ThreadPoolExecutor(max(1, len(service.pbxs)), "part")
        submit = self._workers.submit
        self._dispatch = CoalescedCall(self._hand_out_runs, submit)
        self.engine = Engine(
            service,
            self.health,
            monotonic=time.monotonic,
            stop=lambda: self._stopping,
            spread=self._run_parallel,
            freed=self._dispatch,
            ended=self._end_run,
        )
        self._metrics = Metrics(service, self.engine, self.health)
        self._status = status.StatusWriter(service.config.state, service.now)
        self._delivery = Delivery(service, self.health, stop=lambda: self._stopping)
        self._digests = Digests(service)
        self._write_digests = CoalescedCall(self._run_digests, submit)
        self._deliver = CoalescedCall(self._run_delivery, submit)
        self._file_reports = CoalescedCall(self._run_reports, submit)
        self._refresh_index = CoalescedCall(self._run_index, submit)
        self._index_due = 0.0
        self._is_index_stale = True  # a report may have been filed by the life before, and not been listed any more
        self._unsettled: set[str] = set()
        self._poll = CoalescedCall(self._run_poll, submit)
        self._clean_up = CoalescedCall(self._run_cleanup, submit)
        scan = self._scanners.submit
        self._scan = {name: CoalescedCall(partial(self._run_scan, name), scan) for name in service.config.inboxes}
        self._settle_files = {
            name: CoalescedCall(partial(self._run_settlement, name), scan) for name in service.config.inboxes
        }
        self._zone = ZoneInfo(service.config.timezone)
        self._watches: dict[str, Watch] = {}
        self._scan_due: dict[str, float] = {}
        self._rescan_until: dict[str, float] = {}
        self._last_poll = time.monotonic()
        self._status_written, self._is_status_pending = 0.0, False
        self._retry_due: float | None = None
        self._successor: Service | None = None
        self._scheduler = BackgroundScheduler(
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
                self._notify.send_ready()
                log("ready", site=str(self._service.config.file), pid=os.getpid())
                while not self._stopping:
                    with suppress(Empty):
                        self._wakeups.get(timeout=self._seconds_until_due())
                    while not self._wakeups.empty():
                        self._wakeups.get()
                    if not self._stopping:
                        self._tick()
            finally:
                self._stop()
        if self._successor is not None and self._ended_by_signal:
            self._successor.__exit__()
            return Successor(None, reload_requested=False)
        return Successor(self._successor, self._reloading)

    def _start(self) -> None:
        self._service.sweep()
        self.engine.start()
        for name, config in self._service.config.inboxes.items():
            if config.cron is None:  # else the inbox is left in peace in between, whatever the kernel says
                begin = partial(self.engine.ports[name].watch, self._scan[name])
                watch = attempt(self.health, f"watch of {name}", begin)
                self._watches |= {} if watch is None else {name: watch}
            self._schedule(timers.inbox_trigger(config, self._zone), self._scan[name], f"look {name}")
        for name in self._digests.sinks:
            plan = self._service.config.sinks[name].digest
            self._schedule(timers.Daily(plan.at, plan.days, self._zone), self._write_digests, f"digest by {name}")
        self._schedule_every(POLL_INTERVAL, self._poll, "poll")
        self._schedule_every(HOURLY, self._clean_up, "keep house")
        try:
            self._metrics.serve()
        except OSError as error:
            port = self._service.config.metrics.port
            self.health.raise_alert(
                "metrics", f"The port {port} cannot be opened: {error.strerror or error}.", "Free it, then reload."
            )
        self._scheduler.start()
        self._file_reports()
        self._dispatch()

    def _schedule_every(self, seconds: float, work: Callable[[], None], name: str) -> None:
        self._schedule(timers.Every(seconds), work, name)

    def _schedule(self, times: BaseTrigger, work: Callable[[], None], name: str) -> None:
        at_once = {} if isinstance(times, timers.Crontab) else {"next_run_time": self._service.now()}
        self._scheduler.add_job(work, times, id=name, name=name, **at_once)

    def stop(self) -> None:
        """End at the next safe point."""
        self._stopping = True
        self._wakeups.put(None)

    def _stop_by_signal(self) -> None:
        self._ended_by_signal = True
        self.stop()

    def reload(self) -> None:
        """Read the configuration anew; what is wrong with it is told, and the old one goes on."""
        self._reloading = True
        self._wakeups.put(None)

    def _stop(self) -> None:
        self._stopping = True
        if self._successor is None:
            self._notify.send_stopping()
        log("stopping", working=self.health.describe())
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for pool in (self._run_workers, self._pbx_workers, self._scanners, self._workers):
            pool.shutdown(wait=True)
        for watch in self._watches.values():  # no look can begin them anew any more
            attempt(self.health, "end", watch.close)
        self.engine.file_reports()
        self._run_index()
        attempt(self.health, "end", self.engine.close)
        attempt(self.health, "end", self._delivery.close)
        self._metrics.close()
        (self._service.config.state / status.FILE).unlink(missing_ok=True)
        log("stopped", unfinished=self.engine.backlog)

    # -- the main thread's round -----------------------------------------------------------------------------------

    def _seconds_until_due(self) -> float:
        self._retry_due = self.engine.next_due()
        retry = [] if self._retry_due is None else [self._retry_due]
        due = min(
            [
                self._status_written + (STATUS_INTERVAL if self._is_status_pending else POLL_INTERVAL),
                *list(self._scan_due.values()),
                *retry,
            ]
        )
        return max(0.0, min(REQUEST_INTERVAL, due - time.monotonic()))

    def _tick(self) -> None:
        if take_request(self._service.config.state) or self._reloading:
            self._reloading = False
            self._switch_configuration()
        now = time.monotonic()
        for name, due in list(self._scan_due.items()):
            if due <= now:
                self._scan_due.pop(name, None)
                self._scan[name]()
        if self._retry_due is not None and self._retry_due <= now:
            self._dispatch()
        if self._is_index_stale and self._index_due <= now:  # many reports at once are one change of these pages
            self._index_due = now + POLL_INTERVAL
            self._refresh_index()
        self._follow_clock()
        self._is_status_pending = now - self._status_written < STATUS_INTERVAL
        if not self._is_status_pending:
            self._status_written = now
            if self._is_alive():
                self._notify.send_alive()
            self._notify.send_status(self.health.describe())
            self._write_status()

    def _switch_configuration(self) -> None:
        """A new configuration goes on in a new life; one that is wrong is refused, and the old one goes on."""
        began = since_boot()
        self._notify.send_reloading()
        self._successor = attempt(self.health, "configuration", self._reload)
        wrong = next((alert for alert in self.health.alerts if alert.what == "configuration"), None)
        answer = (
            ReloadAnswer(began)
            if self._successor or wrong is None
            else ReloadAnswer(began, wrong.message, wrong.remedy)
        )
        write_answer(self._service.config.state, answer)
        if self._successor is None:
            self._notify.send_ready()
        else:
            self.stop()

    _offset: float | None = None

    def _follow_clock(self) -> None:
        """Set the timers anew when somebody has set the wall clock."""
        offset = time.time() - time.monotonic()
        if self._offset is not None and abs(offset - self._offset) > CLOCK_JUMP:
            log("clock was set", seconds=round(offset - self._offset), level="warning")
            for job in self._scheduler.get_jobs():
                timers.reset_timer(job)
        self._offset = offset

    # -- work ------------------------------------------------------------------------------------------------------

    def _run_scan(self, name: str) -> None:
        quiet = self._service.config.inboxes[name].quiet
        if self._stopping or (quiet is not None and is_quiet(quiet, self._service.now().astimezone(self._zone))):
            return
        self._check_watch(name)
        look = self.engine.scan(name)
        if name in self._unsettled:
            self._settle_files[name]()
        if look is None:
            return
        now = time.monotonic()
        if look.runs:
            self._rescan_until[name] = now + MOVE_PAIRING
        if now < self._rescan_until.get(name, 0.0):
            look.rescan_at(now + MIN_RESCAN / 2)
        if look.due is not None:
            self._scan_due[name] = look.due
        self._wakeups.put(None)
        if look.runs:
            self._dispatch()
            self._file_reports()

    def _run_settlement(self, name: str) -> None:
        if self.engine.settle_files(name):
            self._unsettled.discard(name)
        else:
            self._unsettled.add(name)

    def _check_watch(self, name: str) -> None:
        """See that the kernel's hints come; where they cannot, files are found by the scan, and that is said."""
        watch = self._watches.get(name)
        if watch is None:
            return
        hint = attempt(self.health, f"watch of {name}", watch.check)
        if hint is None:
            return
        if hint and not watch.remedy:
            log("watch", inbox=name, message=hint, level="warning")
        self.health.replace_alerts(
            f"hints of {name}", {f"hints of {name}": (hint, watch.remedy)} if hint and watch.remedy else {}
        )

    def _hand_out_runs(self) -> None:
        while (run_id := self.engine.next_run()) is not None:
            self._run_workers.submit(self._work_on, run_id)
            self._wakeups.put(None)

    def _work_on(self, run_id: int) -> None:
        try:
            self.engine.work_on(run_id)
        finally:
            self._dispatch()
            self._wakeups.put(None)

    def _run_parallel(self, work: Sequence[Callable[[], None]]) -> None:
        """Several PBXs at the same time, each with the facts that the log carries."""
        if not work:  # the program died between the last change and the end of a run: nothing is left to be made
            return
        first, *others = work
        waiting = [self._pbx_workers.submit(contextvars.copy_context().run, piece) for piece in others]
        failures: list[BaseException | None] = []
        try:
            first()
        except Exception as error:  # noqa: BLE001 - raised below, when nobody is at work any more
            failures.append(error)
        failures += [piece.exception() for piece in waiting]
        for failure in failures:
            if failure is not None:
                raise failure

    def _end_run(self, run: Run) -> None:
        self._metrics.count_run(run)
        self._file_reports()
        if run.inbox in self._settle_files:
            self._settle_files[run.inbox]()

    def _run_poll(self) -> None:
        if self.engine.poll():
            self._last_poll = time.monotonic()
        self._dispatch()
        self._file_reports()

    def _run_reports(self) -> None:
        """Reports are filed first, so that letters can say where; then letters go, however long a server takes."""
        if self.engine.file_reports().filed:
            self._is_index_stale = True
        self._deliver()

    def _run_index(self) -> None:
        self._is_index_stale = False
        attempt_and_clear(self.health, "list of reports", self.engine.report_folder.refresh_index)

    def _run_delivery(self) -> None:
        attempt_and_clear(self.health, "delivery", self._delivery.deliver)

    def _run_digests(self) -> None:
        attempt_and_clear(self.health, "digest", self._digests.write_due)
        self._deliver()

    def _run_cleanup(self) -> None:
        self.engine.clean_up()
        for part in self._settle_files.values():
            part()

    # -- telling ---------------------------------------------------------------------------------------------------

    def _log_alert(self, alert: ActiveAlert, there: bool) -> None:  # noqa: FBT001 - as `AlertListener` has it
        level: Any = "error" if there else "info"
        log("alert" if there else "alert cleared", what=alert.what, message=alert.message, level=level)
        self._wakeups.put(None)

    def _is_alive(self) -> bool:
        """Whether a poll came through timer, thread and database lately."""
        return time.monotonic() - self._last_poll < 12 * POLL_INTERVAL

    def _write_status(self) -> None:
        facts = {
            "pid": os.getpid(),
            "timezone": self._service.config.timezone,
            "queue": self.engine.queue,
            **self.health.as_dict(),
            "timers": [
                {"name": job.name, "next": job.next_run_time.isoformat() if job.next_run_time else None}
                for job in self._scheduler.get_jobs()
            ],
        }
        self._status.update(facts, alive=self._is_alive())
        self._metrics.write_textfile()
