"""The engine: what there is to do on a site, one piece of work at a time, whoever drives it.

It starts no thread and sleeps nowhere: the daemon calls it from its threads, `linecard once` from a loop, and a test
with a clock of its own.
"""

from __future__ import annotations

import random
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from linecard.errors import BackendError, LinecardError, StateError
from linecard.model.outcome import Fate
from linecard.model.run import Run, State
from linecard.pipeline import apply as applying
from linecard.pipeline import survey
from linecard.pipeline.files import blocks
from linecard.pipeline.intake import Intake, Look
from linecard.pipeline.places import Inbox
from linecard.pipeline.plan import plan
from linecard.pipeline.quarantine import MOST_TRIES, quarantine
from linecard.pipeline.recover import interrupt
from linecard.ports.inbox import Inbox as InboxPort
from linecard.rules import states
from linecard.rules.check import Sheet
from linecard.rules.lanes import Lanes
from linecard.runtime.board import Board, paced
from linecard.runtime.housekeeping import clear_out
from linecard.runtime.intakes import intake_of
from linecard.runtime.log import bound, log
from linecard.store.journal import Journal

if TYPE_CHECKING:
    from linecard.runtime.service import Service

SHORTEST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds before a run that could not go on is tried again: doubled each time, and spread by chance."""

Spread = Callable[[Sequence[Callable[[], None]]], None]
"""Does pieces of work, at the same time if it can, and comes back when all are done."""


T = TypeVar("T")


class Stopping(Exception):
    """Asked to stop; the run is at a safe point."""


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
        self.service, self.board = service, board
        self._freed, self.ended = freed, ended
        self._store, self._monotonic, self._stop, self._spread = service.store, monotonic, stop, spread
        self._chance = chance or random.Random()  # noqa: S311 - spreads tries, keeps no secret
        self._guard = threading.Lock()
        self._lanes = Lanes()
        self._waits: dict[int, float] = {}
        self._broken: dict[int, float] = {}
        self._places: dict[str, Inbox] = {name: service.inbox(name) for name in service.config.inboxes}
        opened = {name: intake_of(service, name, monotonic) for name in self._places}
        self.ports: dict[str, InboxPort] = {name: port for name, (port, _) in opened.items()}
        self._intakes: dict[str, Intake] = {name: intake for name, (_, intake) in opened.items()}
        self._looking: dict[str, threading.Lock] = {name: threading.Lock() for name in self._places}

    def start(self) -> None:
        """Find what was left unfinished: runs that broke off, and files that were taken and not yet planned."""
        ours = self._store.taken_runs()
        for run in sorted(self._store.runs(of_states=set(State) - states.FINAL - {State.HELD}), key=lambda r: r.id):
            if run.id in ours or run.state not in (State.RECEIVED, State.PLANNED):
                self._safely(f"run {run.id}", partial(self.enter, run.id))

    def enter(self, run_id: int) -> None:
        """Let a run wait for its turn on the PBXs that its rows name."""
        run = self._store.run(run_id)
        with bound(run=run.id, inbox=run.inbox, drop=run.drop.name):
            if run.state in states.FINAL:  # a duplicate
                self._ended(run)
                return
            place = self._places.get(run.inbox)
            names = Journal(self._store, run.id).pbxs() if run.pbxs is None and run.attempt else run.pbxs
            missing = sorted(set(names or ()) - set(self.service.pbxs))
            if place is None or missing:
                what = f"the PBX {missing[0]}" if missing else f"the inbox {run.inbox}"
                self.board.trouble(
                    f"run {run.id}",
                    f"Run {run.id} cannot be finished: {what} is no longer in the configuration.",
                    "Put it back until the run is finished.",
                )
                return
            if names is None:
                names = self._surveyed(run, place)
            if names:
                with self._guard:
                    self._lanes.add(run.id, run.inbox, names)
            elif names is not None:
                self._plan(run, place)  # no row names a PBX: nothing to wait for
                self._ended(self._store.run(run.id))

    def _surveyed(self, run: Run, place: Inbox) -> tuple[str, ...] | None:
        """The PBXs that the rows name; None when the file was put into quarantine instead."""
        if len(place.pbxs) == 1:
            return tuple(place.pbxs)
        if self._given_up(run):
            return None
        sheet = Sheet(blocks(self.service.config.archive / run.drop.path), place.form, place.destinations)
        names = survey.pbxs(sheet, place)
        with self._store.transaction() as connection:
            self._store.tried(connection, run.id, names)
        return names

    def _given_up(self, run: Run) -> bool:
        """Count one more try, before a step that may end the program; True when there were enough."""
        with self._store.transaction() as connection:
            tries = self._store.try_again(connection, run.id)
        if tries <= MOST_TRIES:
            return False
        if run.state is State.RECEIVED:
            config = self.service.config
            where = quarantine(self._store, run, config.archive, config.quarantine, who=self.service.who)
            self.board.trouble(f"file {where.name}", f"It ended the program {MOST_TRIES} times and is in {where}.")
            log("file put into quarantine", path=str(where), level="error")
        else:
            self.board.trouble(
                f"run {run.id} given up",
                f"Run {run.id} ended the program {MOST_TRIES} times and is left as it is.",
                "Stop the daemon, look at its log, then run `linecard resume`.",
            )
        return True

    # -- looking ---------------------------------------------------------------------------------------------------

    def look(self, name: str) -> Look | None:
        """Look into an inbox once; None when it cannot be looked into, or somebody is just doing so."""
        if not self._looking[name].acquire(blocking=False):
            return None
        try:
            with bound(inbox=name):
                return self._look(name, self._intakes[name])
        finally:
            self._looking[name].release()

    def _look(self, name: str, intake: Intake) -> Look | None:
        try:
            look = intake.look()
        except LinecardError as error:
            self.board.trouble(f"inbox {name}", str(error), error.remedy)
            self.board.looked(name, 0, 0)
            return None
        except Exception as error:  # noqa: BLE001 - a bug stops one look, never the daemon
            self._bug(f"inbox {name}", error)
            return None
        self.board.well(f"inbox {name}")
        self.board.only(f"inbox {name}: ", {f"inbox {name}: {what}": (m, "") for what, m in look.problems.items()})
        self.board.looked(name, look.waiting, len(look.runs))
        for run_id in look.runs:
            log("file received", run=run_id)
            self._safely(f"run {run_id}", partial(self.enter, run_id))
        return look

    def part(self, name: str) -> None:
        """Part with the files of an inbox whose runs have ended."""
        with self._looking[name], bound(inbox=name):
            problems = self._safely(f"inbox {name}: parting", self._intakes[name].part) or []
            what = f"inbox {name}: parting"
            self.board.only(what, {what: (problems[0], "")} if problems else {})

    # -- working ---------------------------------------------------------------------------------------------------

    def next(self) -> int | None:
        """The next run to be given to `work`; None while there is none."""
        with self._guard:
            return None if self._stop() else self._lanes.start(self._monotonic())

    def due(self) -> float | None:
        """The monotonic time at which a run that was put off may go on."""
        with self._guard:
            return self._lanes.due(self._monotonic())

    @property
    def unfinished(self) -> int:
        with self._guard:
            return len(self._lanes)

    @property
    def queue(self) -> list[int]:
        with self._guard:
            return self._lanes.waiting()

    def poll(self) -> None:
        """Find runs that a person has approved meanwhile."""
        for run in self._store.runs(of_states={State.APPROVED}):
            with self._guard:
                known = run.id in self._lanes
            if not known:
                self._safely(f"run {run.id}", partial(self.enter, run.id))

    def work(self, run_id: int) -> None:
        """Take a run as far as it goes now; its PBXs are its own meanwhile."""
        run = self._store.run(run_id)
        where = f"run {run_id}"
        with bound(run=run.id, inbox=run.inbox, drop=run.drop.name):
            try:
                run = self._worked(run)
            except Stopping:
                self._put_off(run_id, LONGEST_WAIT)
            except BackendError as error:
                self._wait(run_id, error)
            except LinecardError as error:
                if self._store.run(run_id).state in states.FINAL:  # a newer file took its place meanwhile
                    self._done(run_id)
                else:
                    self._wait(run_id, error)
            except Exception as error:  # noqa: BLE001 - a bug stops one run, never the daemon
                self._bug(where, error)
                self._put_off(run_id, self._next_wait(run_id))
            else:
                self._done(run_id)
                self.board.well(where)
                self._ended(run)
            finally:
                self.board.end(where)

    def _worked(self, found: Run) -> Run:
        run, place = found, self._places[found.inbox]
        while True:
            if self._stop():
                raise Stopping
            if run.state in (State.RECEIVED, State.STALE, State.INTERRUPTED):
                if self._given_up(run):
                    return self._store.run(run.id)
                run = self._plan(run, place)
            elif run.state is State.PLANNED:
                run = self._approved(run)
            elif run.state is State.APPROVED:
                run = self._applied(run)
            elif run.state is State.APPLYING:
                run = self._recovered(run)
            else:
                return run

    def _plan(self, run: Run, place: Inbox) -> Run:
        self.board.begin(f"run {run.id}", f"planning {run.drop.name}")
        said = partial(self.board.progress, f"run {run.id}")
        run = plan(self._store, run, place, self.service.config.archive, who=self.service.who, progress=paced(said))
        log("run planned", state=run.state, digest=run.digest[:12], rows=_rows(run))
        return run

    def _approved(self, run: Run) -> Run:
        with self._store.transaction() as connection:
            self._store.move(
                connection, run.id, State.APPROVED, who=self.service.who, why="within the limits of the inbox"
            )
        return self._store.run(run.id)

    def _applied(self, run: Run) -> Run:
        names = applying.begin(self._store, run, who=self.service.who)
        total = Journal(self._store, run.id).tally().get(Fate.PLANNED, 0)
        where = f"run {run.id}"
        self.board.begin(where, f"applying {run.drop.name} on {', '.join(names)}", total)
        broken: dict[str, str] = {}

        def one(name: str) -> None:
            words = applying.send(
                self._store,
                run,
                self.service.pbxs[name],
                progress=partial(self.board.progress, where),
                stop=self._stop,
                patient=True,
            )
            if words:
                broken[name] = words
            elif len(names) > 1 and not self._stop():
                with self._guard:
                    self._lanes.leave(run.id, name)
                self._freed()

        self._spread([partial(one, name) for name in names])
        if broken and not self._stop():
            self._patience(run, broken)
        run = applying.end(self._store, run, who=self.service.who, stopped=self._stop())
        if run.state is State.INTERRUPTED:
            raise Stopping
        return run

    def _recovered(self, run: Run) -> Run:
        """Read back what was under way when a run broke off."""
        try:
            return interrupt(self._store, run, self.service.pbxs, who=self.service.who)
        except BackendError as error:
            names = Journal(self._store, run.id).pbxs(Fate.SENT)
            self._patience(run, dict.fromkeys(names, str(error)))
            return applying.end(self._store, run, who=self.service.who)

    def _patience(self, run: Run, broken: dict[str, str]) -> None:
        """Raise `BackendError`, to be tried again, until it has lasted too long; then give up what is left."""
        since = self._broken.setdefault(run.id, self._monotonic())
        patience = max(self.service.config.pbxs[name].patience for name in broken)
        words = "; ".join(f"{name}: {words}" for name, words in broken.items())
        if self._monotonic() - since < patience:
            raise BackendError(words, remedy="The run goes on by itself when the PBX answers.")
        log("pbx given up", words=words, level="error")
        for name, said in broken.items():
            applying.give_up(self._store, run, self.service.pbxs[name], said)

    # -- ending ----------------------------------------------------------------------------------------------------

    def _ended(self, run: Run) -> None:
        log("run ended" if run.state in states.FINAL else "run waits for a person", state=run.state, rows=_rows(run))
        self.ended(run)

    def _done(self, run_id: int) -> None:
        self._waits.pop(run_id, None)
        self._broken.pop(run_id, None)
        with self._guard:
            self._lanes.done(run_id)

    def _wait(self, run_id: int, error: LinecardError) -> None:
        self.board.trouble(f"run {run_id}", f"Run {run_id} waits: {error}", error.remedy)
        with suppress(StateError), self._store.transaction() as connection:
            self._store.tried(connection, run_id)  # the step ended in an orderly way
        self._put_off(run_id, self._next_wait(run_id))

    def _next_wait(self, run_id: int) -> float:
        wait = self._waits.get(run_id, SHORTEST_WAIT)
        self._waits[run_id] = min(2 * wait, LONGEST_WAIT)
        return wait * self._chance.uniform(0.8, 1.2)

    def _put_off(self, run_id: int, wait: float) -> None:
        with self._guard:
            self._lanes.put_off(run_id, self._monotonic() + wait)

    def announce(self) -> None:
        """File the reports that wait."""
        self._safely("reports", self.service.announce)
        self.board.only(
            "report of run ",
            {f"report of run {run_id}": (str(e), e.remedy) for run_id, e in self.service.unfiled.items()},
        )

    def keep_house(self) -> None:
        """Remove what has become old."""
        self._safely("housekeeping", partial(clear_out, self.service))

    def _safely(self, what: str, piece: Callable[[], T]) -> T | None:
        """Do something whose failure is told and stops nothing else."""
        try:
            found = piece()
        except LinecardError as error:
            self.board.trouble(what, str(error), error.remedy)
            return None
        except Exception as error:  # noqa: BLE001 - a bug stops one piece of work, never the daemon
            self._bug(what, error)
            return None
        self.board.well(what)
        return found

    def _bug(self, what: str, error: Exception) -> None:
        log("bug", what=what, error=repr(error), traceback=traceback.format_exc(), level="error")
        self.board.trouble(what, f"A bug in linecard: {error!r}.", "Report it with the traceback in the log.")

    def close(self) -> None:
        for intake in self._intakes.values():
            intake.close()


def _rows(run: Run) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in run.counts.items() if count) or "none"
