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

from linecard.errors import LinecardError, StateError
from linecard.model.run import Run, State
from linecard.pipeline import opening, survey
from linecard.pipeline.announce import FilingResult
from linecard.pipeline.drive import Driven, drive
from linecard.pipeline.intake import Intake, Look
from linecard.pipeline.places import Inbox
from linecard.pipeline.report import outcome_counts
from linecard.ports.inbox import Inbox as InboxPort
from linecard.ports.inbox import InboxError
from linecard.rules import states
from linecard.rules.lanes import Lanes
from linecard.runtime.board import Board
from linecard.runtime.concerns import Concerns
from linecard.runtime.failing import bug, safely, tell
from linecard.runtime.housekeeping import clear_out
from linecard.runtime.intakes import intake_of
from linecard.runtime.log import bound, log
from linecard.runtime.patience import LONGEST_WAIT, Patience
from linecard.runtime.report_folder import ReportFolder
from linecard.runtime.suspects import Suspects
from linecard.runtime.unattended import Spread, Unattended, in_words
from linecard.store.journal import Journal

if TYPE_CHECKING:
    from linecard.runtime.service import Service


def _is_let_on(run: Run) -> bool:
    """Whether a person has approved the plan of a run, or has its file read once more."""
    return run.state is State.APPROVED or (run.state is State.PLANNED and run.attempt == 0)


def one_by_one(work: Sequence[Callable[[], None]]) -> None:
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
        board: Board,
        *,
        monotonic: Callable[[], float],
        stop: Callable[[], bool] = lambda: False,
        spread: Spread = one_by_one,
        freed: Callable[[], None] = lambda: None,
        ended: Callable[[Run], None] = lambda _run: None,
        chance: random.Random | None = None,
    ) -> None:
        self.service, self.board, self._concerns = service, board, Concerns(service, board)
        self._freed, self.ended = freed, ended
        self._store, self._monotonic, self._stop = service.store, monotonic, stop
        self._patience = Patience(monotonic, chance)
        self._guard = threading.Lock()
        self._lanes = Lanes()
        self._outside: dict[int, float] = {}
        self._held: set[int] = set()
        self.report_folder = ReportFolder(service)
        self._places: dict[str, Inbox] = {name: service.inbox(name) for name in service.config.inboxes}
        opened = {name: intake_of(service, name, monotonic) for name in self._places}
        self.ports: dict[str, InboxPort] = {name: port for name, (port, _) in opened.items()}
        self._intakes: dict[str, Intake] = {name: intake for name, (_, intake) in opened.items()}
        self._looking: dict[str, threading.Lock] = {name: threading.Lock() for name in self._places}
        self._door = Unattended(
            self._store,
            service.who,
            board,
            self._patience,
            {name: pbx.patience for name, pbx in service.config.pbxs.items()},
            stop,
            spread,
            self._leave,
            Suspects(self._store, service.file, board, service.who, stop).may_read,
        )

    def start(self) -> None:
        """Find what was left unfinished: runs that broke off, and files that were taken and not yet planned."""
        # Before the first file is taken: its run must not get the number of one that a report tells of already.
        self.service.pass_over_later_numbers()
        ours = self._store.taken_runs()
        for run in sorted(self._store.runs(of_states=set(State) - states.FINAL - {State.HELD}), key=lambda r: r.id):
            if run.id in ours or run.state not in (State.RECEIVED, State.PLANNED):
                self.admit(run.id)

    def admit(self, run_id: int) -> None:
        """Let a run in; one that cannot be let in now is tried again by `poll`."""
        known = safely(self.board, f"run {run_id}", partial(self.enter, run_id))
        if known:
            self._outside.pop(run_id, None)
            self.board.well(f"run {run_id}")
        elif known is None:
            self._outside[run_id] = self._monotonic() + self._patience.wait(run_id)

    def enter(self, run_id: int) -> bool:
        """Let a run wait for its turn on the PBXs that its rows name; False if the configuration lacks one."""
        run = self._store.run(run_id)
        with bound(run=run.id, inbox=run.inbox, drop=run.drop.name):
            if run.state in states.FINAL:  # a duplicate
                self._ended(run)
                return True
            place = self._places.get(run.inbox)
            touched = Journal(self._store, run.id).pbxs() if run.attempt else []
            missing = sorted({*(run.pbxs or ()), *touched} - set(self.service.pbxs))
            if place is None or missing:
                what = f"the PBX {missing[0]}" if missing else f"the inbox {run.inbox}"
                self.board.trouble(
                    f"run {run.id}",
                    f"Run {run.id} cannot be finished: {what} is no longer in the configuration.",
                    "Put it back until the run is finished.",
                )
                return False
            names = self._surveyed(run, place) if run.pbxs is None else run.pbxs
            if {*names, *touched}:
                with self._guard:
                    self._lanes.add(run.id, run.inbox, {*names, *touched})
                return True
            if not self._drive(run).again:  # no row names a PBX: nothing to wait for
                self._ended(self._store.run(run.id))
            return True

    def _surveyed(self, run: Run, place: Inbox) -> tuple[str, ...]:
        """The PBXs that the rows name; all that they could name of a file that should not be read here."""
        if len(place.pbxs) == 1 or run.tries:
            return tuple(place.pbxs)
        with self._store.transaction() as connection:
            self._store.try_again(connection, run.id)
        try:
            names = survey.pbxs(opening.sheet(self.service.config.archive / run.drop.path, place), place)
        except LinecardError:
            with suppress(StateError), self._store.transaction() as connection:
                self._store.tried(connection, run.id)  # the step ended in an orderly way
            raise
        with self._store.transaction() as connection:
            self._store.tried(connection, run.id, names)
        return names

    # -- looking ---------------------------------------------------------------------------------------------------

    def look(self, name: str) -> Look | None:
        """Look into an inbox once; None when it cannot be looked into."""
        with self._looking[name], bound(inbox=name):
            return self._look(name, self._intakes[name])

    def _look(self, name: str, intake: Intake) -> Look | None:
        look = safely(self.board, f"inbox {name}", intake.look)
        if look is None:
            return None
        self.board.well(f"inbox {name}")
        self.board.only(f"inbox {name}: ", {f"inbox {name}: {what}": (m, "") for what, m in look.problems.items()})
        self.board.looked(name, look.waiting, len(look.runs), look.awaiting, look.overdue)
        for run_id in look.runs:
            log("file received", run=run_id)
            self.admit(run_id)
        return look

    def part(self, name: str) -> bool:
        """Part with the files of an inbox whose runs have ended; False if some of them could not be."""

        def parted() -> bool:
            problems = self._intakes[name].part()
            if problems:
                raise InboxError(problems[0])
            self.board.well(what)
            return True

        what = f"parting with files of {name}"
        with self._looking[name], bound(inbox=name):
            return safely(self.board, what, parted) or False

    # -- working ---------------------------------------------------------------------------------------------------

    def next(self) -> int | None:
        """The next run to be given to `work`; None while there is none."""
        with self._guard:
            return None if self._stop() else self._lanes.start(self._monotonic())

    def due(self) -> float | None:
        """The monotonic time at which a run that was put off may go on."""
        with self._guard:
            return self._lanes.next_retry(self._monotonic())

    @property
    def unfinished(self) -> int:
        with self._guard:
            return len(self._lanes)

    @property
    def queue(self) -> list[int]:
        with self._guard:
            return self._lanes.backlog()

    def poll(self) -> bool:
        """Let in runs that a person has let go on meanwhile or that could not be let in before; False: try again."""
        return safely(self.board, "memory", self._polled) or False

    def _polled(self) -> bool:
        now = self._monotonic()
        for run_id in [run_id for run_id, due in list(self._outside.items()) if due <= now]:
            self.admit(run_id)
        for found in filter(_is_let_on, self._store.runs(of_states={State.APPROVED, State.PLANNED})):
            with self._guard:
                known = found.id in self._lanes
            # Read anew: it may have been at work when it was found, and have ended since.
            if not known and found.id not in self._outside and _is_let_on(self._store.run(found.id)):
                self.admit(found.id)
        self._notice_discarded()
        self._concerns.files()
        self.board.well("memory")
        return True

    def _notice_discarded(self) -> None:
        """Runs that a person has discarded from another terminal have ended, too."""
        with self._guard:  # a run that a worker finds held meanwhile must not be forgotten
            held = {run.id for run in self._store.runs(of_states={State.HELD})}
            gone, self._held = self._held - held, held
        for run in (self._store.run(run_id) for run_id in sorted(gone)):
            if run.state is State.DISCARDED:
                self._ended(run)

    def work(self, run_id: int) -> None:
        """Take a run as far as it goes now; its PBXs are its own meanwhile, and free afterwards whatever happens."""
        wait: float | None = LONGEST_WAIT
        try:
            run = self._store.run(run_id)
            with bound(run=run.id, inbox=run.inbox, drop=run.drop.name):
                wait = self._step(run)
        except LinecardError as error:  # the memory does not answer
            wait = self._wait(run_id, error)
        except Exception as error:  # noqa: BLE001 - a bug stops one run, never the daemon
            bug(self.board, f"run {run_id}", error)
            wait = self._patience.wait(run_id)
        finally:
            self.board.end(f"run {run_id}")
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
            ended = self._store.run(run.id)
            if ended.state not in states.FINAL:  # else a newer file took its place meanwhile
                return self._wait(run.id, error)
        else:
            if again:
                return LONGEST_WAIT if self._stop() else 0.0
        self._patience.forget(run.id)
        self.board.well(f"run {run.id}")
        self._ended(ended)
        return None

    def _drive(self, run: Run) -> Driven:
        config = self.service.config
        service = self.service
        place = self._places[run.inbox]
        return drive(self._store, run, place, service.pbxs, config.archive, self._door, service.premises)

    def _leave(self, run: Run, pbx: str) -> None:
        """A PBX is done with while the run still works on others."""
        with self._guard:
            self._lanes.release_pbx(run.id, pbx)
        self._freed()

    # -- ending ----------------------------------------------------------------------------------------------------

    def _ended(self, run: Run) -> None:
        log(
            "run ended" if run.state in states.FINAL else "run waits for a person",
            state=run.state,
            rows=in_words(outcome_counts(self._store, run)),
        )
        if run.state is State.HELD:
            with self._guard:
                self._held.add(run.id)
        self.ended(run)

    def _wait(self, run_id: int, error: LinecardError) -> float:
        self.board.trouble(f"run {run_id}", f"Run {run_id} waits: {error}", error.remedy)
        with suppress(StateError), self._store.transaction() as connection:
            self._store.tried(connection, run_id)  # the step ended in an orderly way
        return self._patience.wait(run_id)

    def announce(self) -> FilingResult:
        """File the reports that wait."""
        filed = safely(self.board, "reports", self.report_folder.file_reports)
        if filed is None:
            return FilingResult(0, {})
        self.board.well("reports")
        self.board.only(
            "report of run ", {f"report of run {run_id}": (str(e), e.remedy) for run_id, e in filed.unfiled.items()}
        )
        return filed

    def keep_house(self) -> None:
        """Remove what has become old."""
        tell(self.board, "housekeeping", partial(clear_out, self.service, self.report_folder))
        tell(self.board, "keys of senders and of this site", self._concerns.keys)

    def close(self) -> None:
        for intake in self._intakes.values():
            intake.close()
