"""The engine: what there is to do on a site, one piece of work at a time, whoever drives it.

It starts no thread and sleeps nowhere: the daemon calls it from its threads, `linecard once` from a loop, and a test
with a clock of its own.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from linecard.errors import BackendFault, LinecardError, PluginFault, StateError
from linecard.model.run import Run, State
from linecard.pipeline import sheet_file, survey
from linecard.pipeline.feed import Feed
from linecard.pipeline.intake import Intake, Scan
from linecard.pipeline.report import outcome_counts
from linecard.pipeline.report_files import FilingResult
from linecard.pipeline.run_loop import Driven, drive
from linecard.ports.inbox import Inbox, InboxError
from linecard.rules import states
from linecard.rules.lanes import Lanes
from linecard.runtime.alerts import AlertChecks
from linecard.runtime.crash_guard import CrashGuard
from linecard.runtime.daemon_operator import DaemonOperator, RunParallel, describe_counts
from linecard.runtime.guard import attempt, attempt_and_clear, log_plugin_fault, report_unexpected
from linecard.runtime.health import Health
from linecard.runtime.housekeeping import remove_old
from linecard.runtime.intakes import build_intake
from linecard.runtime.log import log, log_context
from linecard.runtime.report_folder import ReportFolder
from linecard.runtime.run_backoff import LONGEST_WAIT, RunBackoff
from linecard.store.journal import Journal

if TYPE_CHECKING:
    from linecard.runtime.service import Service


def _is_released(run: Run) -> bool:
    """Whether a person has approved the plan of a run, or has its file read once more."""
    return run.state is State.APPROVED or (run.state is State.PLANNED and run.attempt == 0)


def run_in_turn(work: Sequence[Callable[[], None]]) -> None:
    for piece in work:
        piece()


class Engine:
    """The work of one site. `monotonic` is in seconds; `stop` is asked at safe points.

    `freed` is told when a PBX has become free while the run that held it still works on others, `ended` of each run
    that has come to its end or waits for a person.
    """

    def __init__(
        self,
        service: Service,
        health: Health,
        *,
        monotonic: Callable[[], float],
        stop: Callable[[], bool] = lambda: False,
        spread: RunParallel = run_in_turn,
        freed: Callable[[], None] = lambda: None,
        ended: Callable[[Run], None] = lambda _run: None,
        chance: random.Random | None = None,
    ) -> None:
        self.service, self.health, self._checks = service, health, AlertChecks(service, health)
        self._on_pbx_free, self.on_run_end = freed, ended
        self._store, self._monotonic, self._stop = service.store, monotonic, stop
        self._backoff = RunBackoff(monotonic, chance)
        self._guard = threading.Lock()
        self._lanes = Lanes()
        self._retries: dict[int, float] = {}
        self._held: set[int] = set()
        self.report_folder = ReportFolder(service)
        self._feeds: dict[str, Feed] = {name: service.feed(name) for name in service.config.inboxes}
        built = {name: build_intake(service, name, monotonic) for name in self._feeds}
        self.ports: dict[str, Inbox] = {name: port for name, (port, _) in built.items()}
        self._intakes: dict[str, Intake] = {name: intake for name, (_, intake) in built.items()}
        self._scan_locks: dict[str, threading.Lock] = {name: threading.Lock() for name in self._feeds}
        self._operator = DaemonOperator(
            self._store,
            service.who,
            health,
            self._backoff,
            {name: pbx.patience for name, pbx in service.config.pbxs.items()},
            stop,
            spread,
            self._release_pbx,
            CrashGuard(self._store, service.file, health, service.who, stop).may_read,
        )

    def start(self) -> None:
        """Find what was left unfinished: runs that broke off, and files that were taken and not yet planned."""
        # Before the first file is taken: its run must not get the number of one that a report tells of already.
        self.service.skip_used_numbers()
        ours = self._store.list_inbox_runs()
        for run in sorted(
            self._store.list_runs(of_states=set(State) - states.FINAL - {State.HELD}), key=lambda r: r.id
        ):
            if run.id in ours or run.state not in (State.RECEIVED, State.PLANNED):
                self.enqueue(run.id)

    def enqueue(self, run_id: int) -> None:
        """Let a run in; one that cannot be let in now is tried again by `poll`."""
        known = attempt(self.health, f"run {run_id}", partial(self._enqueue, run_id))
        if known:
            self._retries.pop(run_id, None)
            self.health.clear_alert(f"run {run_id}")
        elif known is None:
            self._retries[run_id] = self._monotonic() + self._backoff.next_delay(run_id)

    def _enqueue(self, run_id: int) -> bool:
        """Let a run wait for its turn on the PBXs that its rows name; False if the configuration lacks one."""
        run = self._store.get_run(run_id)
        with log_context(run=run.id, inbox=run.inbox, drop=run.drop.name):
            if run.state in states.FINAL:  # a duplicate
                self._report_end(run)
                return True
            feed = self._feeds.get(run.inbox)
            touched = Journal(self._store, run.id).pbxs() if run.attempt else []
            missing = sorted({*(run.pbxs or ()), *touched} - set(self.service.pbxs))
            if feed is None or missing:
                what = f"the PBX {missing[0]}" if missing else f"the inbox {run.inbox}"
                self.health.raise_alert(
                    f"run {run.id}",
                    f"Run {run.id} cannot be finished: {what} is no longer in the configuration.",
                    "Restore it until the run is finished.",
                )
                return False
            names = self._survey(run, feed) if run.pbxs is None else run.pbxs
            if {*names, *touched}:
                with self._guard:
                    self._lanes.add(run.id, run.inbox, {*names, *touched})
                return True
            if not self._drive(run).again:  # no row names a PBX: nothing to wait for
                self._report_end(self._store.get_run(run.id))
            return True

    def _survey(self, run: Run, feed: Feed) -> tuple[str, ...]:
        """The PBXs that the rows name; all that they could name of a file that should not be read here."""
        if len(feed.pbxs) == 1 or run.tries:
            return tuple(feed.pbxs)
        with self._store.transaction() as connection:
            self._store.count_try(connection, run.id)
        try:
            names = survey.survey_pbxs(sheet_file.open_sheet(self.service.config.archive / run.drop.path, feed), feed)
        except PluginFault:
            raise  # the file may provoke it, so that this counts as a try that did not end
        except LinecardError:
            with suppress(StateError), self._store.transaction() as connection:
                self._store.finish_try(connection, run.id)  # the step ended in an orderly way
            raise
        with self._store.transaction() as connection:
            self._store.finish_try(connection, run.id, names)
        return names

    # -- looking ---------------------------------------------------------------------------------------------------

    def scan(self, name: str) -> Scan | None:
        """Scan an inbox once; None when it cannot be scanned."""
        with self._scan_locks[name], log_context(inbox=name):
            return self._scan(name, self._intakes[name])

    def _scan(self, name: str, intake: Intake) -> Scan | None:
        look = attempt(self.health, f"inbox {name}", intake.scan)
        if look is None:
            return None
        self.health.clear_alert(f"inbox {name}")
        self.health.replace_alerts(
            f"inbox {name}: ", {f"inbox {name}: {what}": (m, "") for what, m in look.problems.items()}
        )
        attempt(self.health, f"claims of {name}", partial(self._checks.check_claims, name, self.ports[name]))
        self.health.record_scan(name, look.waiting, len(look.runs), look.awaiting, look.overdue)
        for run_id in look.runs:
            log("file received", run=run_id)
            self.enqueue(run_id)
        return look

    def settle_files(self, name: str) -> bool:
        """Settle the files of an inbox whose runs have ended; False if some of them could not be."""

        def settle() -> bool:
            problems = self._intakes[name].settle_files()
            if problems:
                raise InboxError(problems[0])
            self.health.clear_alert(what)
            return True

        what = f"settling files of {name}"
        with self._scan_locks[name], log_context(inbox=name):
            return attempt(self.health, what, settle) or False

    # -- working ---------------------------------------------------------------------------------------------------

    def next_run(self) -> int | None:
        """The next run to be given to `work`; None while there is none."""
        with self._guard:
            return None if self._stop() else self._lanes.start(self._monotonic())

    def next_due(self) -> float | None:
        """The monotonic time at which a run that was put off may go on."""
        with self._guard:
            return self._lanes.next_retry(self._monotonic())

    @property
    def backlog(self) -> int:
        with self._guard:
            return len(self._lanes)

    @property
    def queue(self) -> list[int]:
        with self._guard:
            return self._lanes.backlog()

    def poll(self) -> bool:
        """Let in runs that a person has let go on meanwhile or that could not be let in before; False: try again."""
        return attempt(self.health, "memory", self._poll) or False

    def _poll(self) -> bool:
        now = self._monotonic()
        for run_id in [run_id for run_id, due in list(self._retries.items()) if due <= now]:
            self.enqueue(run_id)
        for found in filter(_is_released, self._store.list_runs(of_states={State.APPROVED, State.PLANNED})):
            with self._guard:
                known = found.id in self._lanes
            # Read anew: it may have been at work when it was found, and have ended since.
            if not known and found.id not in self._retries and _is_released(self._store.get_run(found.id)):
                self.enqueue(found.id)
        self._find_discarded()
        self._checks.check_files()
        self.health.clear_alert("memory")
        return True

    def _find_discarded(self) -> None:
        """Runs that a person has discarded from another terminal have ended, too."""
        with self._guard:  # a run that a worker finds held meanwhile must not be forgotten
            held = {run.id for run in self._store.list_runs(of_states={State.HELD})}
            gone, self._held = self._held - held, held
        for run in (self._store.get_run(run_id) for run_id in sorted(gone)):
            if run.state is State.DISCARDED:
                self._report_end(run)

    def work_on(self, run_id: int) -> None:
        """Take a run as far as it goes now; its PBXs are its own meanwhile, and free afterwards whatever happens."""
        wait: float | None = LONGEST_WAIT
        try:
            run = self._store.get_run(run_id)
            with log_context(run=run.id, inbox=run.inbox, drop=run.drop.name):
                wait = self._step(run)
        except LinecardError as error:  # the memory does not answer
            wait = self._put_off(run_id, error)
        except Exception as error:  # noqa: BLE001 - a bug stops one run, never the daemon
            report_unexpected(self.health, f"run {run_id}", error)
            wait = self._backoff.next_delay(run_id)
        finally:
            self.health.end_task(f"run {run_id}")
            with self._guard:
                if wait is None:
                    self._lanes.finish(run_id)
                else:
                    self._lanes.postpone(run_id, self._monotonic() + wait)

    def _step(self, run: Run) -> float | None:
        """How many seconds a run waits before it is tried again; None when it need not be."""
        try:
            ended, again = self._drive(run)
        except LinecardError as error:
            ended = self._store.get_run(run.id)
            if ended.state not in states.FINAL:  # else a newer file took its place meanwhile
                return self._put_off(run.id, error)
        else:
            if again:
                return LONGEST_WAIT if self._stop() else 0.0
        self._backoff.reset(run.id)
        self.health.clear_alert(f"run {run.id}")
        self._report_end(ended)
        return None

    def _drive(self, run: Run) -> Driven:
        config = self.service.config
        service = self.service
        feed = self._feeds[run.inbox]
        return drive(self._store, run, feed, service.pbxs, config.archive, self._operator, service.premises)

    def _release_pbx(self, run: Run, pbx: str) -> None:
        """A PBX is done with while the run still works on others."""
        with self._guard:
            self._lanes.release_pbx(run.id, pbx)
        self._on_pbx_free()

    # -- ending ----------------------------------------------------------------------------------------------------

    def _report_end(self, run: Run) -> None:
        counts = outcome_counts(self._store, run)
        log(
            "run ended" if run.state in states.FINAL else "run waits for a person",
            result=states.find_result(run.state, counts),
            rows=describe_counts(counts),
        )
        if run.state is State.HELD:
            with self._guard:
                self._held.add(run.id)
        self.on_run_end(run)

    def _put_off(self, run_id: int, error: LinecardError) -> float:
        log_plugin_fault(error)
        self.health.raise_alert(f"run {run_id}", f"Run {run_id} waits: {error}", error.remedy)
        if isinstance(error, PluginFault) and not isinstance(error, BackendFault):
            return self._backoff.next_delay(run_id)  # the file may provoke it: the next step is tried by itself first
        with suppress(StateError), self._store.transaction() as connection:
            self._store.finish_try(connection, run_id)  # the step ended in an orderly way
        return self._backoff.next_delay(run_id)

    def file_reports(self) -> FilingResult:
        """File the reports that wait."""
        filed = attempt(self.health, "reports", self.report_folder.file_reports)
        if filed is None:
            return FilingResult(0, {})
        self.health.clear_alert("reports")
        self.health.replace_alerts(
            "report of run ", {f"report of run {run_id}": (str(e), e.remedy) for run_id, e in filed.unfiled.items()}
        )
        return filed

    def clean_up(self) -> None:
        """Remove what has become old."""
        attempt_and_clear(self.health, "housekeeping", partial(remove_old, self.service, self.report_folder))
        attempt_and_clear(self.health, "keys of senders and of this site", self._checks.check_keys)

    def close(self) -> None:
        for intake in self._intakes.values():
            intake.close()
