"""A site at work: configuration, plugins, store and PBXs joined. The only place that knows concrete things.

What needs the state database is imported when it is opened: `linecard check` opens none, and to load SQLAlchemy would
take a quarter of its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Self

from linecard import config as configuration
from linecard.config import Config, InboxConfig
from linecard.errors import ConfigError, PluginError
from linecard.infrastructure.files import sweep
from linecard.infrastructure.site_plugins import FOLDER as SITE_PLUGINS
from linecard.model.run import Run, State
from linecard.pipeline import sheet_file
from linecard.pipeline.feed import Feed, Pbx
from linecard.pipeline.premises import Premises
from linecard.pipeline.processors import Processing, ProcessorStep
from linecard.ports.backend import Can
from linecard.ports.context import Context, Log
from linecard.ports.keyring import Keyring
from linecard.ports.opener import AnyOpener
from linecard.ports.renderer import Renderer
from linecard.ports.secret import Secret
from linecard.ports.sink import Sink
from linecard.registry import Registry, build
from linecard.rules import states
from linecard.rules.limits import Limit
from linecard.rules.numbering import NumberingPlan
from linecard.rules.play import SecondExtension, SecondNumber
from linecard.rules.recipients import REPLY, choose_recipients
from linecard.runtime.clock import ClockWatch
from linecard.runtime.contexts import Contexts
from linecard.runtime.identity import person
from linecard.runtime.lock import site_lock
from linecard.runtime.log import log
from linecard.runtime.sheet_format import sheet_format
from linecard.runtime.time_limit import TimeLimit

if TYPE_CHECKING:
    from linecard.pipeline.report import RunReport
    from linecard.store.store import Clock, Store


def utc_now() -> datetime:
    return datetime.now(UTC)


class Service:
    """One site. A context manager: leaving it lets go of the PBXs and the store.

    `now` and `who` are the clock and the person or service at work, as the events of runs tell them; `file` is where
    the configuration was read, `write` the log of the plugins.
    """

    def __init__(
        self,
        config: Config,
        registry: Registry,
        *,
        now: Clock = utc_now,
        who: str = "",
        file: Path | None = None,
        write: Log = log,
    ) -> None:
        self.config, self.registry, self.file = config, registry, file
        self.premises = Premises()
        """What the plans that were made here rest on."""
        self.now, self.who = now, who or person()
        self._open = ExitStack()
        self._openers: dict[str, Mapping[str, AnyOpener]] = {}
        self._processors: dict[str, ProcessorStep] = {}
        self.contexts = Contexts(config, now, write)

    @classmethod
    def load(cls, file: Path, *, now: Clock = utc_now, who: str = "", write: Log = log) -> Service:
        """The site of this configuration file. Raises `ConfigError` with every problem."""
        registry = Registry(file.absolute().parent / SITE_PLUGINS)
        return cls(configuration.load(file, registry), registry, now=now, who=who, file=file.absolute(), write=write)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    # -- parts -----------------------------------------------------------------------------------------------------

    @cached_property
    def store(self) -> Store:
        from linecard.store.store import Store

        store = Store.open(self.config.state, self.now, recipients=self._recipients)
        self._open.callback(store.close)
        return store

    @cached_property
    def clock(self) -> ClockWatch:
        return ClockWatch(self.config.state, self.store, now=self.now)

    def _recipients(self, inbox: str, state: State, counts: Mapping[str, int]) -> list[tuple[str, str]]:
        """To whom a run's end is told: the archive always, and whom its inbox names."""
        from linecard.store.outbox import ARCHIVE

        found = self.config.inboxes.get(inbox)
        if found is None:
            return [(ARCHIVE, "")]
        replies = [(f"{REPLY}{inbox}", "")] if found.reply is not None and state in states.FINAL else []
        return [(ARCHIVE, ""), *replies, *choose_recipients(found.tell, state, counts)]

    @cached_property
    def pbxs(self) -> dict[str, Pbx]:
        made: dict[str, Pbx] = {}
        for name in sorted(self.config.pbxs, key=lambda name: bool(self.config.pbxs[name].followers)):
            made[name] = self._pbx(name, made)  # after its followers, who have none themselves
        return {name: made[name] for name in self.config.pbxs}

    def _pbx(self, name: str, made: Mapping[str, Pbx]) -> Pbx:
        found = self.config.pbxs[name]
        backend = build(self.registry.backend_kind(found.backend), found.settings, self.contexts.pbx(name))
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
        if found.second_number is SecondNumber.ADD and Can.SEVERAL_NUMBERS not in backend.can:
            raise ConfigError(
                f"pbxs.{name}.second_number: found add, but extensions of this kind of PBX have one number at most.",
                remedy="Write replace or refuse.",
            )
        followers = tuple(made[follower] for follower in found.followers)
        return Pbx(name, backend, numbering, second, found.second_number, found.aliases, followers)

    @cached_property
    def renderers(self) -> dict[str, Renderer]:
        """Linecard's own report formats, by name."""
        return self.registry.renderers()

    def renderer(self, name: str) -> Renderer:
        """A report format, of linecard's own or of a plugin. Raises `PluginError`."""
        found = self.registry.renderer(name)
        if found is None:
            raise PluginError(
                f"There is no report format {name}.",
                remedy=f"Install the plugin that writes it, or use {', '.join(self.renderers)}.",
            )
        return found

    def feed(self, name: str | None) -> Feed:
        """The feed of an inbox, by name; of the only one, if there is one. Raises `ConfigError`."""
        inboxes = self.config.inboxes
        if name is None and len(inboxes) == 1:
            name = next(iter(inboxes))
        if name is None or name not in inboxes:
            what = f"There is no inbox {name}." if name else "This site has several inboxes."
            raise ConfigError(what, remedy=f"Name one with --inbox: {', '.join(inboxes)}.")
        found: InboxConfig = inboxes[name]
        pbxs = {pbx: self.pbxs[pbx] for pbx in found.pbxs or self.config.leaders}
        limits = {
            kind: Limit(limit.count, limit.share, limit.at_least)
            for kind in ("detach", "move", "force", "number")
            if (limit := getattr(found.limits, kind))
        }
        feed = Feed(name, sheet_format(found), pbxs, found.default_pbx, limits, self.openers(name))
        steps = [self._processor(processor) for processor in found.processors]
        return replace(feed, process=Processing(steps, feed.destinations)) if steps else feed

    def _processor(self, name: str) -> ProcessorStep:
        """A processor by name, the same for all sheets."""
        if name not in self._processors:
            found = self.config.processors[name]
            kind = self.registry.processor_kind(found.kind)
            process = build(kind, found.settings, self.contexts.processor(name))
            self._processors[name] = ProcessorStep(name, process, TimeLimit(name, found.seconds))
        return self._processors[name]

    def openers(self, name: str) -> Mapping[str, AnyOpener]:
        """What takes off the wrappings of an inbox's files, by kind."""
        if name not in self._openers:
            built: dict[str, AnyOpener] = {}
            for kind, settings in self.config.inboxes[name].openers.items():
                built[kind] = build(self.registry.opener_kind(kind), settings, self.contexts.opener(name, kind))
                self._open.callback(built[kind].close)
            self._openers[name] = built
        return self._openers[name]

    def report(self, run: Run) -> RunReport:
        from linecard.pipeline.report import RunReport

        return RunReport(self.store, run, site=self.config.site, timezone=self.config.timezone)

    def keyring(self, kind: str) -> Keyring:
        """The site's keys of one kind; the caller closes it."""
        found = self.registry.keyring_kind(kind)
        known = [inbox.openers[kind] for inbox in self.config.inboxes.values() if kind in inbox.openers]
        with_secret = [options for options in known if any(isinstance(value, Secret) for _, value in options)]
        options = next(iter((*with_secret, *known)), None) or found.options()
        return build(found, options, self.contexts.keyring(kind))

    def build_sink(self, name: str, context: Context | None = None) -> Sink:
        """A sink as its plugin makes it; the caller closes it."""
        found = self.config.sinks[name]
        kind = self.registry.sink_kind(found.kind)
        return build(kind, found.settings, context or self.contexts.sink(name))

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the site to change it; what a killed linecard has left behind is removed first."""
        with site_lock(self.config.state):
            with suppress(OSError):  # the remains of a killed import take room, and do no other harm
                self.sweep()
            self.clock.observe()
            self.skip_used_numbers()
            yield

    def skip_used_numbers(self) -> None:
        """Give no run a number that a report has already, as where an older database was put back."""
        from linecard.pipeline.unknown_runs import skip_used_numbers

        skip_used_numbers(self.store, self.config.reports)

    def sweep(self) -> None:
        """Remove what a killed linecard has left behind. The caller holds the site."""
        from linecard.pipeline.receive import BEGUN
        from linecard.store.unfinished_restore import STAGED

        config = self.config
        sweep(config.archive / BEGUN)
        sweep(config.state / sheet_file.TEMPORARY)
        for folder in (config.state, config.archive, config.reports, config.quarantine):
            rmtree(folder / STAGED, ignore_errors=True)
