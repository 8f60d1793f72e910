"""A site at work: configuration, plugins, store and PBXs joined. The only place that knows concrete things."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from linecard import config as configuration
from linecard.config import Config, InboxConfig
from linecard.errors import BackendError, ConfigError, ReportError
from linecard.infrastructure.files import sweep
from linecard.model.outcome import Fate
from linecard.model.run import Run, State
from linecard.model.sheet import Fault
from linecard.pipeline import archive, opening, survey
from linecard.pipeline.announce import announce
from linecard.pipeline.apply import Checkpoint
from linecard.pipeline.drive import drive
from linecard.pipeline.later_runs import pass_over_later_numbers
from linecard.pipeline.places import Inbox, Pbx
from linecard.pipeline.plan import plan, replay
from linecard.pipeline.planning import Planning
from linecard.pipeline.premises import Premises
from linecard.pipeline.receive import BEGUN, keep, receive
from linecard.pipeline.recover import broken_off
from linecard.pipeline.report import RunReport, outcome_counts
from linecard.ports.backend import Can
from linecard.ports.keyring import Keyring
from linecard.ports.opener import Opener
from linecard.ports.renderer import Renderer
from linecard.ports.secret import Secret
from linecard.registry import Registry
from linecard.rules import states
from linecard.rules.check import Sheet
from linecard.rules.limits import Limit
from linecard.rules.numbering import NumberingPlan
from linecard.rules.play import SecondExtension
from linecard.rules.recipients import REPLY, choose_recipients
from linecard.runtime import given
from linecard.runtime.attended import Attended, Confirm, Stage
from linecard.runtime.clock import ClockWatch
from linecard.runtime.contexts import Contexts
from linecard.runtime.identity import person
from linecard.runtime.lock import site_lock
from linecard.runtime.sheet_format import sheet_format
from linecard.store.journal import Journal
from linecard.store.outbox import ARCHIVE
from linecard.store.overtaking import overtaken_by
from linecard.store.store import Clock, Store

FILED = ("html", "csv", "retry")
"""The formats in which every report is filed."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Service:
    """One site. A context manager: leaving it lets go of the PBXs and the store.

    `now` and `who` are the clock and the person or service at work, as the events of runs tell them; `file` is where
    the configuration was read.
    """

    def __init__(
        self, config: Config, registry: Registry, *, now: Clock = utc_now, who: str = "", file: Path | None = None
    ) -> None:
        self.config, self.registry, self.file = config, registry, file
        self.unfiled: dict[int, ReportError] = {}
        """Reports that could not be filed, by run, and why. They wait in the store until they can be."""
        self.waiting: dict[int, BackendError] = {}
        """Runs that broke off and could not be finished by `recover`, because a PBX does not answer, and why."""
        self.unlisted = True
        """Whether a report may have been filed that the pages of the archive do not list yet."""
        self.premises = Premises()
        """What the plans that were made here rest on."""
        self._listing = threading.Lock()
        self.now, self.who = now, who or person()
        self._open = ExitStack()
        self._openers: dict[str, Mapping[str, Opener]] = {}
        self.contexts = Contexts(config, now)

    @classmethod
    def load(cls, file: Path, *, now: Clock = utc_now, who: str = "") -> Service:
        """The site of this configuration file. Raises `ConfigError` with every problem."""
        registry = Registry()
        return cls(configuration.load(file, registry), registry, now=now, who=who, file=file.absolute())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    # -- parts -----------------------------------------------------------------------------------------------------

    @cached_property
    def store(self) -> Store:
        store = Store.open(self.config.state, self.now)
        store.addressed = self._addressed
        self._open.callback(store.close)
        return store

    @cached_property
    def clock(self) -> ClockWatch:
        return ClockWatch(self.config.state, self.store, now=self.now)

    def _addressed(self, inbox: str, state: State, counts: Mapping[str, int]) -> list[tuple[str, str]]:
        """To whom a run's end is told: the archive always, and whom its inbox names."""
        found = self.config.inboxes.get(inbox)
        if found is None:
            return [(ARCHIVE, "")]
        replies = [(f"{REPLY}{inbox}", "")] if found.reply is not None and state in states.FINAL else []
        return [(ARCHIVE, ""), *replies, *choose_recipients(found.tell, state, counts)]

    @cached_property
    def pbxs(self) -> dict[str, Pbx]:
        return {name: self._pbx(name) for name in self.config.pbxs}

    def _pbx(self, name: str) -> Pbx:
        found = self.config.pbxs[name]
        backend = self.registry.backend_kind(found.backend).build(found.settings, self.contexts.pbx(name))
        self._open.callback(backend.close)
        try:
            numbering = NumberingPlan(found.region or self.config.region or "", found.extensions, found.emergency)
        except ValueError as error:
            raise ConfigError(f"pbxs.{name}.region: {error}") from None
        second = SecondExtension(found.second_extension)
        if second is SecondExtension.ADD and Can.SEVERAL not in backend.can:
            raise ConfigError(
                f"pbxs.{name}.second_extension: found add, but members of this kind of PBX have one extension at most.",
                remedy="Write move or refuse.",
            )
        return Pbx(name, backend, numbering, second, found.second_number, found.aliases)

    @cached_property
    def renderers(self) -> dict[str, Renderer]:
        return self.registry.renderers()

    def inbox(self, name: str | None) -> Inbox:
        """An inbox by name; the only one, if there is one. Raises `ConfigError`."""
        inboxes = self.config.inboxes
        if name is None and len(inboxes) == 1:
            name = next(iter(inboxes))
        if name is None or name not in inboxes:
            what = f"There is no inbox {name}." if name else "This site has several inboxes."
            raise ConfigError(what, remedy=f"Name one with --inbox: {', '.join(inboxes)}.")
        found: InboxConfig = inboxes[name]
        pbxs = {pbx: self.pbxs[pbx] for pbx in found.pbxs or self.pbxs}
        limits = {
            kind: Limit(limit.count, limit.share, limit.at_least)
            for kind in ("detach", "move", "force", "number")
            if (limit := getattr(found.limits, kind))
        }
        return Inbox(name, sheet_format(found), pbxs, found.default_pbx, limits, self.openers(name))

    def openers(self, name: str) -> Mapping[str, Opener]:
        """What takes off the wrappings of an inbox's files, by kind."""
        if name not in self._openers:
            built: dict[str, Opener] = {}
            for kind, settings in self.config.inboxes[name].openers.items():
                built[kind] = self.registry.opener_kind(kind).build(settings, self.contexts.opener(name, kind))
                self._open.callback(built[kind].close)
            self._openers[name] = built
        return self._openers[name]

    def report(self, run: Run) -> RunReport:
        return RunReport(self.store, run, site=self.config.site, timezone=self.config.timezone)

    # -- work ------------------------------------------------------------------------------------------------------

    def sheet(self, file: Path, inbox: Inbox) -> Sheet:
        """A file as a sheet, to be read once. No PBX is asked."""
        given.must_be_readable(file)
        noted: list[Fault] = []
        found = given.told(file, opening.opened(file, inbox, noted.append))
        return Sheet(found, inbox.form, inbox.destinations, noted)

    def preview(self, file: Path, inbox: Inbox) -> Planning:
        """What importing a file would do; nothing is written anywhere."""
        import hashlib

        digest = hashlib.sha256()
        for block in given.readable(file):
            digest.update(block)
        return Planning(self.sheet(file, inbox), inbox, digest.hexdigest())

    @contextmanager
    def working(self) -> Iterator[None]:
        """Hold the site while changing it; reports that wait are filed before it is let go."""
        with site_lock(self.config.state):
            with suppress(OSError):  # the remains of a killed import take room, and do no other harm
                self.sweep()
            self.clock.observe()
            self.pass_over_later_numbers()
            self.announce()
            yield
            self.announce()
            with suppress(ReportError):  # the next one that can be written makes up for it; `doctor` tells of the disk
                self.index()

    def keyring(self, kind: str) -> Keyring:
        """The site's keys of one kind; the caller closes it."""
        found = self.registry.keyring_kind(kind)
        known = [inbox.openers[kind] for inbox in self.config.inboxes.values() if kind in inbox.openers]
        with_secret = [options for options in known if any(isinstance(value, Secret) for _, value in options)]
        options = next(iter((*with_secret, *known)), None) or found.options()
        return found.build(options, self.contexts.keyring(kind))

    def pass_over_later_numbers(self) -> None:
        """Give no run a number that a report has already, as where an older database was put back."""
        pass_over_later_numbers(self.store, self.config.reports)

    def sweep(self) -> None:
        """Remove what a killed linecard has left behind. The caller holds the site."""
        sweep(self.config.archive / BEGUN)
        sweep(self.config.state / opening.PLAIN)

    def take(self, file: Path, inbox: Inbox, *, description: str, stage: Stage) -> Run:
        """Keep a file and plan it. The run is `planned`, `held`, `unchanged` or `rejected`."""
        drop = keep(self.config.archive, file.name, given.readable(file), self.store, most=inbox.form.max_bytes)
        run_id = receive(self.store, inbox.name, drop, description=description, who=self.who)
        return self.plan(self.store.run(run_id), inbox, stage)

    def plan(self, run: Run, inbox: Inbox, stage: Stage) -> Run:
        return plan(
            self.store,
            run,
            inbox,
            self.config.archive,
            who=self.who,
            progress=stage("plan", run),
            premises=self.premises,
        )

    def approve(self, run: Run, *, why: str, seen: bool = False) -> Run:
        """Let the plan of a run be applied; where a person has `seen` it, as everybody has who approves a held one, no
        other plan is applied in its place."""
        with self.store.transaction() as connection:
            seen = seen or run.state is State.HELD
            self.store.approve(connection, run, who=self.who, why=why, seen=seen)
        return self.store.run(run.id)

    def hold(self, run: Run, *, why: str) -> Run:
        with self.store.transaction() as connection:
            self.store.move(connection, run.id, State.HELD, who=self.who, why=why)
        return self.store.run(run.id)

    def discard(self, run: Run, *, why: str) -> Run:
        """Give up a run that waits. What it has made stays made, and its rows are counted as what they came to."""
        values: dict[str, Any] = {}
        if made := Journal(self.store, run.id).tally().get(Fate.DONE, 0):
            values["counts"] = dict(outcome_counts(self.store, replace(run, state=State.DISCARDED)))
            why = f"{why}; {made} {'change was' if made == 1 else 'changes were'} made before"
        with self.store.transaction() as connection:
            if run.state is State.PLANNED:
                self.store.move(connection, run.id, State.HELD, who=self.who, why="asked whether to go on")
            self.store.move(connection, run.id, State.DISCARDED, who=self.who, why=why, **values)
        return self.store.run(run.id)

    def finish(
        self, run: Run, inbox: Inbox, *, confirm: Confirm, stage: Stage, stop: Checkpoint, asks: bool = False
    ) -> Run:
        """Take a run as far as it goes now, planning again as often as the PBX moves under it.

        `confirm` is asked when a new plan wants something that the approved one did not, or is held. If it says
        no, the run stays as it is and is found by the next `recover`. `asks`: it shows the plan to a person.
        """
        door = Attended(self.who, confirm, stage, stop, asks)
        return drive(self.store, run, inbox, self.pbxs, self.config.archive, door, self.premises).run

    def recover(self, *, confirm: Confirm, stage: Stage, stop: Checkpoint, asks: bool = False) -> Iterator[Run]:
        """Finish the runs that broke off, the oldest first. The caller holds the site.

        One whose PBX does not answer is `waiting` afterwards, and so are later ones that need the same PBXs.
        """
        self.waiting = {}
        for found in broken_off(self.store):
            missing = sorted(set(self._pbxs_of(found)) - set(self.pbxs))
            if missing or found.inbox not in self.config.inboxes:
                what = f"the PBX {missing[0]}" if missing else f"the inbox {found.inbox}"
                raise ConfigError(
                    f"Run {found.id} broke off and cannot be finished: {what} is no longer in the configuration.",
                    remedy="Put it back until the run is finished.",
                )
            try:
                if self.waiting:
                    self.let_pass(self.config.archive / found.drop.path, self.inbox(found.inbox))
                run = self.finish(found, self.inbox(found.inbox), confirm=confirm, stage=stage, stop=stop, asks=asks)
            except BackendError as error:
                self.waiting[found.id] = error
            else:
                yield run

    def let_pass(self, file: Path, inbox: Inbox) -> None:
        """Raise `BackendError` when a sheet needs a PBX that a run which is `waiting` needs: that one comes first."""
        needed = set(self._named(file, inbox)) if self.waiting else set()
        for run_id, error in self.waiting.items():
            run = self.store.run(run_id)
            named = self._named(self.config.archive / run.drop.path, self.inbox(run.inbox))
            both = sorted(needed & {*named, *self._pbxs_of(run)})
            if both:
                words = f"Run {run_id} broke off and comes first on {', '.join(both)}: {error}"
                raise BackendError(words, remedy=error.remedy or "When the PBX answers, `linecard resume` finishes it.")

    def _named(self, file: Path, inbox: Inbox) -> tuple[str, ...]:
        return survey.pbxs(self.sheet(file, inbox), inbox)

    def unapproved(self, stage: Stage) -> Iterator[Run]:
        """Runs whose import was killed before they were approved, the oldest first; planned, if they were not yet.

        The caller holds the site. A run whose inbox is gone is passed over: nothing of it was done.
        """
        for run in reversed(self.store.runs(of_states=(State.RECEIVED, State.PLANNED))):
            if states.is_unapproved(run) and run.inbox in self.config.inboxes:
                yield run if run.attempt else self.plan(run, self.inbox(run.inbox), stage)

    def overtaken_by(self, run: Run) -> list[int]:
        """Newer runs that were carried out for the same members or extensions."""
        return overtaken_by(self.store, run)

    def replan(self, run: Run) -> Planning:
        """What a run would come to now; nothing is written."""
        inbox = self.inbox(run.inbox)
        return Planning(opening.sheet(self.config.archive / run.drop.path, inbox), inbox, run.drop.sha256)

    def replan_checksum(self, run: Run) -> str:
        """The checksum of the plan that a run would have now; empty if its file would be refused."""
        found = replay(self.store, run, self.inbox(run.inbox), self.config.archive, lambda _count: None)
        return found.checksum if found is not None else ""

    def overtaken(self, run: Run) -> bool:
        """Whether a newer run of the same inbox has been applied."""
        return any(r.inbox == run.inbox and r.id > run.id for r in self.store.runs(of_states=states.SPOKEN))

    def _pbxs_of(self, run: Run) -> list[str]:
        return Journal(self.store, run.id).pbxs()

    def announce(self) -> None:
        """File the reports that wait; those that cannot be are in `unfiled` afterwards."""
        renderers = [self.renderers[name] for name in FILED if name in self.renderers]
        self.unfiled = announce(
            self.store,
            self.config.reports,
            renderers,
            site=self.config.site,
            timezone=self.config.timezone,
            templates=self.config.templates,
            filed=self._listed_later,
        )

    def _listed_later(self, _run_id: int) -> None:
        self.unlisted = True

    def index(self, *, anew: bool = False) -> int:
        """Bring the pages that list filed reports up to date; how many were written. Raises `ReportError`.

        Threads that call at once wait for each other: two would write the same pages under the same names.
        """
        with self._listing:
            self.unlisted = False
            renderer, config = self.registry.index(), self.config
            if renderer is None:
                return 0
            return archive.refresh(
                self.store,
                config.reports,
                renderer,
                site=config.site,
                timezone=config.timezone,
                templates=config.templates,
                anew=anew,
            )
