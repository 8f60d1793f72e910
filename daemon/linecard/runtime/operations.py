"""What people do with runs: preview, receive, approve, discard, apply, and finish what was interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from linecard.errors import BackendError, ConfigError
from linecard.model.follower import FollowerSummary
from linecard.model.outcome import ChangeStatus
from linecard.model.run import Run, State
from linecard.pipeline import quarantine, sheet_file, survey
from linecard.pipeline.apply import Checkpoint
from linecard.pipeline.feed import Feed
from linecard.pipeline.followers import update_followers
from linecard.pipeline.plan import plan, replay
from linecard.pipeline.planner import Planner
from linecard.pipeline.receive import keep, receive
from linecard.pipeline.recovery import find_interrupted
from linecard.pipeline.report import outcome_counts
from linecard.pipeline.run_loop import drive
from linecard.rules import states
from linecard.runtime import input_file
from linecard.runtime.interactive_operator import Confirm, InteractiveOperator, Stage
from linecard.store.follower_changes import summarize_followers
from linecard.store.journal import Journal
from linecard.store.newer_runs import find_newer_runs

if TYPE_CHECKING:
    from linecard.runtime.service import Service


class Resumed(NamedTuple):
    """A run that was interrupted, as far as it could be taken now; `error` says which PBX does not answer."""

    run: Run
    error: BackendError | None = None


class Operations:
    """What is done with the runs of a site, in the name of the person at work.

    Whoever changes a run holds the site (`Service.exclusive`), but for a decision on a run that waits for one.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    # -- a sheet -----------------------------------------------------------------------------------------------------

    def preview(self, file: Path, feed: Feed) -> Planner:
        """What importing a file would do; nothing is written anywhere."""
        digest = hashlib.sha256()
        for block in input_file.read_input(file):
            digest.update(block)
        return Planner(input_file.open_sheet(file, feed), feed, digest.hexdigest())

    def receive(self, file: Path, feed: Feed, *, description: str, stage: Stage) -> Run:
        """Keep a file and plan it. The run is `planned`, `held`, `unchanged` or `rejected`."""
        service = self._service
        blocks = input_file.read_input(file)
        drop = keep(service.config.archive, file.name, blocks, service.store, most=feed.form.max_bytes)
        run_id = receive(service.store, feed.name, drop, description=description, who=service.who)
        return self.plan(service.store.get_run(run_id), feed, stage)

    def plan(self, run: Run, feed: Feed, stage: Stage) -> Run:
        """Plan a run on what the PBXs hold now (see `pipeline.plan`)."""
        service = self._service
        planned = plan(
            service.store,
            run,
            feed,
            service.config.archive,
            who=service.who,
            progress=stage("plan", run),
            premises=service.premises,
        )
        for pbx in feed.pbxs.values() if planned.state in states.FINAL else ():
            update_followers(service.store, pbx, lambda: False)
        return planned

    def preview_again(self, run: Run) -> Planner:
        """What a run would come to now; nothing is written."""
        feed = self._service.feed(run.inbox)
        return Planner(sheet_file.open_sheet(self._file(run), feed), feed, run.drop.sha256)

    def current_checksum(self, run: Run) -> str:
        """The checksum of the plan that a run would have now; empty if its file would be refused."""
        service = self._service
        found = replay(service.store, run, service.feed(run.inbox), service.config.archive, lambda _count: None)
        return found.checksum if found is not None else ""

    # -- decisions ---------------------------------------------------------------------------------------------------

    def approve(self, run: Run, *, why: str, seen: bool = False) -> Run:
        """Let the plan of a run be applied; where a person has `seen` it, as everybody has who approves a held one, no
        other plan is applied in its place."""
        service = self._service
        with service.store.transaction() as connection:
            seen = seen or run.state is State.HELD
            service.store.approve(connection, run, who=service.who, why=why, seen=seen)
        return service.store.get_run(run.id)

    def hold(self, run: Run, *, why: str) -> Run:
        """Let a planned run wait for a person."""
        service = self._service
        with service.store.transaction() as connection:
            service.store.transition(connection, run.id, State.HELD, who=service.who, why=why)
        return service.store.get_run(run.id)

    def discard(self, run: Run, *, why: str) -> Run:
        """Give up a run that waits. What it has made stays made, and its rows are counted as what they came to; a file
        that could not be read to its end goes into the quarantine."""
        service = self._service
        store = service.store
        if quarantine.has_crashed(run):
            folders = service.config.archive, service.config.quarantine
            return quarantine.discard_file(store, run, *folders, who=service.who, why=why)
        values: dict[str, Any] = {}
        if made := Journal(store, run.id).tally().get(ChangeStatus.DONE, 0):
            values["counts"] = dict(outcome_counts(store, replace(run, state=State.DISCARDED)))
            why = f"{why}; {made} {'change was' if made == 1 else 'changes were'} made before"
        with store.transaction() as connection:
            if run.state is State.PLANNED:
                store.transition(connection, run.id, State.HELD, who=service.who, why="asked whether to go on")
            store.transition(connection, run.id, State.DISCARDED, who=service.who, why=why, **values)
        return store.get_run(run.id)

    def read_again(self, run: Run, *, why: str) -> Run:
        """Let a file that could not be read to its end be read once more."""
        return quarantine.read_again(self._service.store, run, who=self._service.who, why=why)

    def newer_runs(self, run: Run) -> list[int]:
        """Newer runs that were carried out for the same members or extensions."""
        return find_newer_runs(self._service.store, run)

    def has_newer_sheet(self, run: Run) -> bool:
        """Whether a newer run of the same inbox has been applied."""
        applied = self._service.store.list_runs(of_states=states.SPOKEN)
        return any(newer.inbox == run.inbox and newer.id > run.id for newer in applied)

    # -- to the end --------------------------------------------------------------------------------------------------

    def drive(
        self, run: Run, feed: Feed, *, confirm: Confirm, stage: Stage, stop: Checkpoint, asks: bool = False
    ) -> Run:
        """Take a run as far as it goes now, planning again as often as the PBX moves under it.

        `confirm` is asked when a new plan wants something that the approved one did not, or is held. If it says
        no, the run stays as it is and is found by the next `resume`. `asks`: it shows the plan to a person.
        """
        service = self._service
        operator = InteractiveOperator(service.who, confirm, stage, stop, asks)
        return drive(service.store, run, feed, service.pbxs, service.config.archive, operator, service.premises).run

    def resume(self, *, confirm: Confirm, stage: Stage, stop: Checkpoint, asks: bool = False) -> Iterator[Resumed]:
        """Finish the runs that were interrupted, the oldest first.

        One whose PBX does not answer keeps back later ones that need the same PBX.
        """
        blocked: dict[int, BackendError] = {}
        for found in find_interrupted(self._service.store):
            feed = self._feed_of(found)
            try:
                self.raise_if_blocked(self._file(found), feed, blocked)
                yield Resumed(self.drive(found, feed, confirm=confirm, stage=stage, stop=stop, asks=asks))
            except BackendError as error:
                blocked[found.id] = error
                yield Resumed(found, error)

    def update_followers(self, stop: Checkpoint) -> list[FollowerSummary]:
        """Give the followers of all PBXs what they lack; those that still lack something after it."""
        for pbx in self._service.pbxs.values():
            update_followers(self._service.store, pbx, stop)
        return summarize_followers(self._service.store)

    def _feed_of(self, run: Run) -> Feed:
        """The feed of a run that must be finished. Raises `ConfigError` where it cannot be."""
        service = self._service
        missing = sorted(set(Journal(service.store, run.id).pbxs()) - set(service.pbxs))
        if missing or run.inbox not in service.config.inboxes:
            what = f"the PBX {missing[0]}" if missing else f"the inbox {run.inbox}"
            raise ConfigError(
                f"Run {run.id} was interrupted and cannot be finished: {what} is no longer in the configuration.",
                remedy="Restore it until the run is finished.",
            )
        return service.feed(run.inbox)

    def raise_if_blocked(self, file: Path, feed: Feed, blocked: Mapping[int, BackendError]) -> None:
        """Raise `BackendError` when a sheet needs a PBX that one of these runs needs, which must come first."""
        needed = set(self._survey(file, feed)) if blocked else set()
        for run_id, error in blocked.items():
            run = self._service.store.get_run(run_id)
            named = self._survey(self._file(run), self._service.feed(run.inbox))
            both = sorted(needed & {*named, *Journal(self._service.store, run_id).pbxs()})
            if both:
                words = f"Run {run_id} was interrupted and comes first on {', '.join(both)}: {error}"
                raise BackendError(words, remedy=error.remedy or "When the PBX answers, `linecard resume` finishes it.")

    def plan_pending(self, stage: Stage) -> Iterator[Run]:
        """Runs whose import was killed before they were approved, the oldest first; planned, if they were not yet.

        A run whose inbox is gone is passed over: nothing of it was done.
        """
        service = self._service
        for run in reversed(service.store.list_runs(of_states=(State.RECEIVED, State.PLANNED))):
            if states.is_unapproved(run) and run.inbox in service.config.inboxes:
                yield run if run.attempt else self.plan(run, service.feed(run.inbox), stage)

    def _file(self, run: Run) -> Path:
        return self._service.config.archive / run.drop.path

    def _survey(self, file: Path, feed: Feed) -> tuple[str, ...]:
        return survey.survey_pbxs(input_file.open_sheet(file, feed), feed)
