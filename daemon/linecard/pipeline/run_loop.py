"""The run loop: a run taken as far as it goes now. One loop for the commands and the daemon.

What is done next is decided by `rules/steps`; here it is done. How one waits, asks, shows progress and works on
several PBXs at once is the business of the *operator* who drives the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from linecard.errors import BackendError, BackendFault
from linecard.infrastructure.plugin_faults import name_plugin_faults
from linecard.model.outcome import ChangeStatus
from linecard.model.run import Run, State
from linecard.pipeline import apply as applying
from linecard.pipeline.feed import Feed, Pbx
from linecard.pipeline.followers import update_followers
from linecard.pipeline.plan import Progress, plan, replay
from linecard.pipeline.premises import Premises
from linecard.pipeline.recovery import interrupt
from linecard.rules import states
from linecard.rules.limits import older_run, restored_site
from linecard.rules.steps import Circumstances, Step, next_step
from linecard.store.journal import Journal
from linecard.store.newer_runs import find_newer_runs
from linecard.store.restore_marker import find_doubt
from linecard.store.store import Store


class Approval(NamedTuple):
    """Why a plan may be applied, and whether a person has seen it: then no other plan is applied in its place."""

    why: str
    seen: bool


class Operator(Protocol):
    """Who drives a run. An operator may be used by several threads, each with a run of its own."""

    @property
    def who(self) -> str:
        """The person or service at work, as the events of the run name them."""
        ...

    @property
    def is_attended(self) -> bool:
        """Whether a person can be asked, who also is there to call again when a PBX does not answer."""
        ...

    def stop(self) -> bool:
        """Whether to stop at the next safe point."""
        ...

    def may_plan(self, run: Run) -> bool:
        """Asked before a step that reads the file, which may end the program; False leaves the run as it is."""
        ...

    def begin_plan(self, run: Run) -> Progress:
        """Planning begins; gives what is called with the number of rows done."""
        ...

    def end_plan(self, run: Run) -> None:
        """Planning has come to an end."""
        ...

    def begin_apply(self, run: Run, pbxs: Sequence[str]) -> Progress:
        """Changes are about to be sent to these PBXs; gives what is called with the number of changes made."""
        ...

    @property
    def is_asked(self) -> bool:
        """Whether the person is asked about a new plan, at once."""
        ...

    def request_approval(self, run: Run) -> Approval | None:
        """Why the plan that the run has may be applied; None if it must wait."""
        ...

    def run_parallel(self, work: Sequence[Callable[[], None]]) -> None:
        """Do pieces of work, one for each PBX, and come back when all are done."""
        ...

    def release(self, run: Run, pbx: str) -> bool:
        """The run is done with a PBX while it is at work on others; whether another run may have taken it."""
        ...

    def give_up(self, run: Run, broken: Mapping[str, str], error: BackendError | None) -> None:
        """These PBXs stopped answering, with what words: come back to go on without them, or raise `BackendError`.

        `error` is what was raised when they were asked what they hold; None when they were sent changes.
        """
        ...


MAX_SET_ASIDE = 3
"""How often in a row a plan may be gone before a change of it is sent, until the run is put off."""


class _GivenUp(Exception):
    """The run has broken linecard down too often; it is left as it is."""


class Driven(NamedTuple):
    """A run as far as it went, and whether it is to be driven on by itself: asked to stop, or its turn was over."""

    run: Run
    again: bool


def drive(
    store: Store,
    run: Run,
    feed: Feed,
    pbxs: Mapping[str, Pbx],
    archive: Path,
    operator: Operator,
    premises: Premises,
) -> Driven:
    """Take a run as far as it goes now. Nobody else may work on it meanwhile.

    Raises `BackendError` when a PBX does not answer and the operator does not give it up, and `SheetError` when the
    file of a planned run would be refused now. The run is at a safe point then, to be driven on later.
    """
    try:
        return _RunLoop(store, feed, pbxs, archive, operator, premises).drive(run)
    except _GivenUp:
        return Driven(store.get_run(run.id), again=False)


class _RunLoop:
    def __init__(
        self,
        store: Store,
        feed: Feed,
        pbxs: Mapping[str, Pbx],
        archive: Path,
        operator: Operator,
        premises: Premises,
    ) -> None:
        self._store, self._feed, self._pbxs, self._archive = store, feed, pbxs, archive
        self._operator, self._premises = operator, premises
        self._updated: set[str] = set()
        """PBXs whose followers were given what they are owed, or failed just now."""

    def drive(self, run: Run) -> Driven:
        driven = self._drive(run)
        if driven.run.state in states.FINAL:
            # One that had nothing to send gives followers what they lack all the same.
            for name in driven.run.pbxs or self._feed.pbxs:
                if name in self._pbxs and name not in self._updated:
                    update_followers(self._store, self._pbxs[name], self._operator.stop)
        return driven

    def _drive(self, run: Run) -> Driven:
        planned_now, gone = False, 0
        while (step := next_step(run, Circumstances(self._operator.is_attended, planned_now))) is not Step.LEAVE:
            if step is not Step.APPLY and self._operator.stop():  # applying stops by itself, and says so
                return Driven(run, again=True)
            match step:
                case Step.PLAN:
                    if not self._operator.may_plan(run):
                        return Driven(self._store.get_run(run.id), again=self._operator.stop())
                    run, planned_now = self._plan(run), True
                case Step.APPROVE if held := self._hold_older(run):
                    run = held
                case Step.APPROVE | Step.ASK:
                    approval = self._operator.request_approval(run)
                    if approval is None:
                        return Driven(run, again=False)
                    run = self._approve(run, approval)
                case Step.READ_BACK:
                    run = self._read_back(run)
                case Step.APPLY if not self._operator.stop() and not self._is_still_valid(run):
                    gone += 1
                    run = self._set_aside(run, gone)
                case Step.APPLY:
                    run, again = self._apply(run)
                    if again:
                        return Driven(run, again)
        return Driven(run, again=False)

    def _plan(self, run: Run) -> Run:
        try:
            progress = self._operator.begin_plan(run)
            with name_plugin_faults(BackendFault):
                run = plan(
                    self._store,
                    run,
                    self._feed,
                    self._archive,
                    who=self._operator.who,
                    progress=progress,
                    premises=self._premises,
                    asking=self._operator.is_asked,
                )
        except BackendError as error:
            if run.state is State.RECEIVED:
                raise  # nothing of it was done, so that it can wait without end
            # A part of it may be made, so that its report is due.
            self._operator.give_up(run, dict.fromkeys(run.pbxs or tuple(self._feed.pbxs), str(error)), error)
            return applying.abandon_run(self._store, run, str(error), who=self._operator.who)
        self._operator.end_plan(run)
        return run

    def _hold_older(self, run: Run) -> Run | None:
        """Nobody is here who could be told that the run may undo a newer one: it waits for a person. None if not."""
        if doubt := find_doubt(self._store, run):
            hold = restored_site(doubt.made, doubt.restored)
        elif newer := find_newer_runs(self._store, run):
            hold = older_run(newer)
        else:
            return None
        holds = [asdict(found) for found in (*run.holds, hold)]
        with self._store.transaction() as connection:
            self._store.transition(
                connection, run.id, State.HELD, who=self._operator.who, why=hold.message, holds=holds
            )
        return self._store.get_run(run.id)

    def _approve(self, run: Run, approval: Approval) -> Run:
        with self._store.transaction() as connection:
            self._store.approve(connection, run, who=self._operator.who, why=approval.why, seen=approval.seen)
        return self._store.get_run(run.id)

    def _is_still_valid(self, run: Run) -> bool:
        """Whether an approved plan is what the sheet comes to now, by reading again all that its rows rest on.

        Raises `BackendError` when a PBX cannot be read; nothing was sent then.
        """
        # Order (approve): after the approval, and before the first change is marked as sent. What is read any earlier
        # may be gone when the changes are made, and the rows without a change are looked at nowhere else. Shown by
        # tests/integration/test_premises.py.
        if find_doubt(self._store, run):  # approved before a restore: it may have been applied since, and undone
            return False
        journal = Journal(self._store, run.id)
        with name_plugin_faults(BackendFault):
            if self._premises.are_unchanged(run, lambda pbx: journal.changes(pbx, ChangeStatus.PLANNED)):
                return True
        # Planned by another process, or something is not as it was: only the sheet tells whether that matters.
        if not self._operator.may_plan(run):
            raise _GivenUp
        progress = self._operator.begin_plan(run)
        with name_plugin_faults(BackendFault):
            now = replay(self._store, run, self._feed, self._archive, progress)
        with self._store.transaction() as connection:
            self._store.finish_try(connection, run.id)
        return now is not None and now.is_same(run.checksum, run.holds) and not now.has_new_reasons(run.holds)

    def _set_aside(self, run: Run, times: int) -> Run:
        """The plan is not what the sheet comes to any more: nothing of it is sent, and it is planned again."""
        if times > MAX_SET_ASIDE:
            raise BackendError(
                f"What the rows of run {run.id} rest on is changed again and again while it is planned.",
                remedy="Nothing was sent. linecard tries again; find out who else changes the PBX.",
            )
        why = "the PBX was changed since the plan was made; nothing of it was sent"
        if find_doubt(self._store, run):
            why = "the site was restored from a backup since the plan was approved; nothing of it was sent"
        with self._store.transaction() as connection:  # by the states of a run that was begun, though nothing was sent
            self._store.transition(
                connection, run.id, State.APPLYING, who=self._operator.who, why="read again before sending"
            )
            self._store.transition(connection, run.id, State.STALE, who=self._operator.who, why=why)
        return self._store.get_run(run.id)

    def _apply(self, run: Run) -> Driven:
        """Send what is planned. The PBXs go their own ways: one that fails does not keep another from its changes."""
        names = applying.begin_run(self._store, run, who=self._operator.who)
        progress = self._operator.begin_apply(run, names)
        broken: dict[str, str] = {}
        released: list[str] = []

        def send(name: str) -> None:
            pbx, stop = self._pbxs[name], self._operator.stop
            words = applying.send_changes(self._store, run, pbx, progress=progress, stop=stop)
            update_followers(self._store, pbx, stop)
            self._updated.add(name)
            if words:
                broken[name] = words
            elif len(names) > 1 and not self._operator.stop() and self._operator.release(run, name):
                released.append(name)

        self._operator.run_parallel([partial(send, name) for name in names])
        if broken:
            if self._operator.stop():  # it stays `applying`, so that the next start reads back what was under way
                return Driven(self._store.get_run(run.id), again=True)
            self._give_up(run, broken, None)
        run = applying.finish_run(self._store, run, who=self._operator.who, stopped=self._operator.stop())
        # A run that must be planned again may need a PBX that another run has taken: it waits for its turn again.
        return Driven(run, run.state is State.INTERRUPTED or (run.state is State.STALE and bool(released)))

    def _read_back(self, run: Run) -> Run:
        try:
            with name_plugin_faults(BackendFault):
                return interrupt(self._store, run, self._pbxs, who=self._operator.who)
        except BackendError as error:
            self._give_up(run, dict.fromkeys(Journal(self._store, run.id).pbxs(ChangeStatus.SENT), str(error)), error)
            return applying.finish_run(self._store, run, who=self._operator.who)

    def _give_up(self, run: Run, broken: Mapping[str, str], error: BackendError | None) -> None:
        self._operator.give_up(run, broken, error)
        for name, words in broken.items():
            applying.abandon_pbx(self._store, run, self._pbxs[name], words)
