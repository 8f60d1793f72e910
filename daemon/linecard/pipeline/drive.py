"""Drive: a run taken as far as it goes now. The one loop that the commands and the daemon share.

What is done next is decided by `rules/steps`; here it is done. How one waits, asks, shows progress and works on
several PBXs at once is the business of the *door* through which the run came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from linecard.errors import BackendError
from linecard.model.outcome import Fate
from linecard.model.run import Run, State
from linecard.pipeline import apply as applying
from linecard.pipeline.places import Inbox, Pbx
from linecard.pipeline.plan import Progress, plan
from linecard.pipeline.recover import interrupt
from linecard.rules.steps import Circumstances, Step, next_step
from linecard.store.journal import Journal
from linecard.store.store import Store


class Door(Protocol):
    """Who drives a run. A door may be used by several threads, each with a run of its own."""

    @property
    def who(self) -> str:
        """The person or service at work, as the events of the run name them."""
        ...

    @property
    def attended(self) -> bool:
        """Whether a person can be asked, who also is there to call again when a PBX does not answer."""
        ...

    def stop(self) -> bool:
        """Whether to stop at the next safe point."""
        ...

    def may_plan(self, run: Run) -> bool:
        """Asked before a step that reads the file, which may end the program; False leaves the run as it is."""
        ...

    def planning(self, run: Run) -> Progress:
        """Planning begins; gives what is called with the number of rows done."""
        ...

    def planned(self, run: Run) -> None:
        """Planning has come to an end."""
        ...

    def applying(self, run: Run, pbxs: Sequence[str]) -> Progress:
        """Changes are about to be sent to these PBXs; gives what is called with the number of changes made."""
        ...

    def approval(self, run: Run) -> str:
        """Why the plan that the run has may be applied; empty if it must wait."""
        ...

    def spread(self, work: Sequence[Callable[[], None]]) -> None:
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


class Driven(NamedTuple):
    """A run as far as it went, and whether it is to be driven on by itself: asked to stop, or its turn was over."""

    run: Run
    again: bool


def drive(store: Store, run: Run, inbox: Inbox, pbxs: Mapping[str, Pbx], archive: Path, door: Door) -> Driven:
    """Take a run as far as it goes now. Nobody else may work on it meanwhile.

    Raises `BackendError` when a PBX does not answer and the door does not give it up, and `SheetError` when the file
    of a planned run would be refused now. The run is at a safe point then, to be driven on later.
    """
    return _Drive(store, inbox, pbxs, archive, door).take(run)


class _Drive:
    def __init__(self, store: Store, inbox: Inbox, pbxs: Mapping[str, Pbx], archive: Path, door: Door) -> None:
        self._store, self._inbox, self._pbxs, self._archive, self._door = store, inbox, pbxs, archive, door

    def take(self, run: Run) -> Driven:
        planned_now = False
        while (step := next_step(run, Circumstances(self._door.attended, planned_now))) is not Step.LEAVE:
            if step is not Step.APPLY and self._door.stop():  # applying stops by itself, and says so
                return Driven(run, again=True)
            match step:
                case Step.PLAN:
                    if not self._door.may_plan(run):
                        return Driven(self._store.run(run.id), again=False)
                    run, planned_now = self._plan(run), True
                case Step.APPROVE | Step.ASK:
                    why = self._door.approval(run)
                    if not why:
                        return Driven(run, again=False)
                    run = self._approve(run, why)
                case Step.READ_BACK:
                    run = self._read_back(run)
                case Step.APPLY:
                    run, again = self._apply(run)
                    if again:
                        return Driven(run, again)
        return Driven(run, again=False)

    def _plan(self, run: Run) -> Run:
        try:
            run = plan(
                self._store, run, self._inbox, self._archive, who=self._door.who, progress=self._door.planning(run)
            )
        except BackendError as error:
            if run.state is State.RECEIVED:
                raise  # nothing of it was done, so that it can wait without end
            # A part of it may be made, so that its report is due.
            self._door.give_up(run, dict.fromkeys(run.pbxs or tuple(self._inbox.pbxs), str(error)), error)
            return applying.abandon(self._store, run, str(error), who=self._door.who)
        self._door.planned(run)
        return run

    def _approve(self, run: Run, why: str) -> Run:
        with self._store.transaction() as connection:
            self._store.move(connection, run.id, State.APPROVED, who=self._door.who, why=why)
        return self._store.run(run.id)

    def _apply(self, run: Run) -> Driven:
        """Send what is planned. The PBXs go their own ways: one that fails does not keep another from its changes."""
        names = applying.begin(self._store, run, who=self._door.who)
        progress = self._door.applying(run, names)
        broken: dict[str, str] = {}
        released: list[str] = []

        def send(name: str) -> None:
            words = applying.send(self._store, run, self._pbxs[name], progress=progress, stop=self._door.stop)
            if words:
                broken[name] = words
            elif len(names) > 1 and not self._door.stop() and self._door.release(run, name):
                released.append(name)

        self._door.spread([partial(send, name) for name in names])
        if broken:
            if self._door.stop():  # it stays `applying`, so that the next start reads back what was under way
                return Driven(self._store.run(run.id), again=True)
            self._give_up(run, broken, None)
        run = applying.end(self._store, run, who=self._door.who, stopped=self._door.stop())
        # A run that must be planned again may need a PBX that another run has taken: it waits for its turn again.
        return Driven(run, run.state is State.INTERRUPTED or (run.state is State.STALE and bool(released)))

    def _read_back(self, run: Run) -> Run:
        try:
            return interrupt(self._store, run, self._pbxs, who=self._door.who)
        except BackendError as error:
            self._give_up(run, dict.fromkeys(Journal(self._store, run.id).pbxs(Fate.SENT), str(error)), error)
            return applying.end(self._store, run, who=self._door.who)

    def _give_up(self, run: Run, broken: Mapping[str, str], error: BackendError | None) -> None:
        self._door.give_up(run, broken, error)
        for name, words in broken.items():
            applying.give_up(self._store, run, self._pbxs[name], words)
