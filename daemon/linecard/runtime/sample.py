"""A sample report for trying out a sink: what a run of everyday comes to, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TextIO

from linecard.errors import ConfigError
from linecard.languages import wording
from linecard.model.directory import VACANT, Change, Holding
from linecard.model.follower import FollowerSummary
from linecard.model.notice import Notice
from linecard.model.outcome import Code, Effect, Outcome, Verdict
from linecard.model.report import Headline, Line
from linecard.model.run import Drop, Event, Run, State
from linecard.model.sheet import Action, Fault, FaultCode, Row, Severity
from linecard.pipeline.row_messages import describe_row
from linecard.ports.context import Level
from linecard.ports.sink import Letter, Note, Sink, SupportsNotify
from linecard.rules.sentences import headline
from linecard.rules.wording import Wording
from linecard.runtime.contexts import Contexts
from linecard.runtime.digests import Digests
from linecard.runtime.service import Service

NOTE = "A sample that linecard sends as a test; nothing was changed."
_ADA, _BOB = Holding("ada@example.com"), Holding("bob@example.com")
_ROWS: tuple[tuple[Row, Verdict], ...] = (
    (
        Row(2, Action.ATTACH, "ada@example.com", "hq", "1001", ""),
        Verdict(Outcome.DONE, Code.LINKED, (Effect("hq", "1001", VACANT, _ADA),)),
    ),
    (
        Row(3, Action.FORCE_ATTACH, "ada@example.com", "hq", "1002", ""),
        Verdict(Outcome.DONE, Code.TOOK_OVER, (Effect("hq", "1002", _BOB, _ADA),), holder="bob@example.com"),
    ),
    (
        Row(4, Action.ATTACH, "cyd@example.com", "hq", "1003", ""),
        Verdict(Outcome.REFUSED, Code.HELD_BY_OTHER, (Effect("hq", "1003", _BOB, _BOB),), holder="bob@example.com"),
    ),
)
_WARNING = Fault(
    1,
    "",
    "Cost",
    FaultCode.UNKNOWN_COLUMN,
    Severity.WARNING,
    "linecard does not know the column Cost and does not read it.",
    "Remove it, or map it with `columns` on the inbox if it is one of linecard's columns.",
)


@dataclass(frozen=True)
class SampleReport:
    """The report of a run that never was (see `linecard.model.report.Report`)."""

    run: Run
    site: str
    timezone: str
    words: Wording
    path: str = "sample/sample"
    to_retry: int = 1
    seconds_left: float | None = None
    followers: tuple[FollowerSummary, ...] = ()

    @property
    def headline(self) -> Headline:
        return headline(self.run, self.counts, self.words)

    @property
    def counts(self) -> Mapping[str, int]:
        return self.run.counts

    @property
    def total(self) -> int:
        return len(_ROWS)

    def lines(self, *outcomes: Outcome, codes: tuple[str, ...] = (), limit: int | None = None) -> Iterator[Line]:
        found = [
            describe_row(row, verdict, "", (), state=self.run.state, words=self.words)
            for row, verdict in _ROWS
            if (not outcomes or verdict.outcome in outcomes) and (not codes or verdict.code in codes)
        ]
        return iter(found[:limit])

    def count(self, *outcomes: Outcome, codes: tuple[str, ...] = ()) -> int:
        return sum(1 for _ in self.lines(*outcomes, codes=codes))

    def faults(self, *, whole_file: bool = False) -> Iterator[Fault]:  # noqa: ARG002 - there is but one
        again = self.words.translate_stored
        yield _WARNING._replace(message=again(_WARNING.message), remedy=again(_WARNING.remedy))

    def changes(self) -> Iterator[Change]:
        return iter(())

    def lost_numbers(self) -> Iterator[Change]:
        return iter(())

    def events(self) -> Iterator[Event]:
        return iter(())


def build_report(service: Service, now: datetime, words: Wording) -> SampleReport:
    """A sample as if it had been applied just now."""
    counts = {outcome.value: sum(v.outcome is outcome for _, v in _ROWS) for outcome in Outcome}
    inbox = next(iter(service.config.inboxes), "sample")
    drop = Drop("sample.csv", sha256(now.isoformat().encode()).hexdigest(), 0, "")
    run = Run(0, inbox, drop, State.PARTIAL, now, now, description=words(NOTE), counts=counts)
    return SampleReport(run, service.config.site, service.config.timezone, words)


def find_sink(service: Service, kind: str, name: str | None) -> str:
    """The sink of that name, or the only one of that kind. Raises `ConfigError`."""
    sinks = service.config.sinks
    found = [sink for sink, config in sinks.items() if config.kind == kind]
    if name is None and len(found) == 1:
        return found[0]
    if name is not None and name in sinks:
        return name
    what = f"There is no sink {name}." if name else f"{len(found) or 'No'} sinks are of the kind {kind}."
    known = ", ".join(sinks)
    raise ConfigError(what, remedy=f"Name one with --sink: {known}." if known else "Add one under `sinks`.")


def send_sample(service: Service, sink: str, address: str, language: str, *, say: Callable[[str], None]) -> str:
    """Deliver a sample by a sink; where it went. Raises `SinkError`."""
    config, now = service.config, service.now()
    sample = build_report(service, now, wording(language))

    def render(form: str, out: TextIO) -> None:
        service.renderer(form).render(sample, out, templates=config.templates)

    with closing(_build_sink(service, sink, say)) as built:
        return built.deliver(Letter(int(now.timestamp()), sample, State.PARTIAL, address, language, ""), render)


def send_digest(service: Service, sink: str, address: str, language: str, *, say: Callable[[str], None]) -> str:
    """Deliver the digest of all inboxes and the last seven days by a sink; where it went. Raises `SinkError`."""
    config, now = service.config, service.now()
    summary = Digests(service).summarize(tuple(config.inboxes), now - timedelta(days=7), now, language)
    notice = Notice(summary, config.site, config.timezone, now)
    with closing(_build_sink(service, sink, say)) as built:
        if not isinstance(built, SupportsNotify):
            raise ConfigError(f"The sink {sink} takes reports of runs alone.", remedy="Name another with --sink.")
        return built.notify(Note(int(now.timestamp()), notice, address, language))


def _build_sink(service: Service, sink: str, say: Callable[[str], None]) -> Sink:
    def say_step(event: str, *, level: Level = "info", **facts: Any) -> None:  # noqa: ARG001 - the log's signature
        say(event)

    return service.build_sink(sink, Contexts(service.config, service.now, say_step).sink(sink))
