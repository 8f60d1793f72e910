"""The JSON that the commands promise: all of these keys, of these types, and no others."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from linecard.model.outcome import Outcome
from linecard.model.run import State


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class Holding(Shape):
    member: str | None
    number: str | None
    numbers: list[str]


class Effect(Shape):
    pbx: str
    extension: str
    before: Holding
    after: Holding


class Change(Effect):
    seq: int


class Fault(Shape):
    line: int | None
    column: str | None
    value: str
    code: str
    severity: Literal["error", "warning"]
    message: str
    remedy: str | None
    setting: str | None


class Warned(Shape):
    code: str
    message: str
    column: str | None
    value: str
    remedy: str | None


class Row(Shape):
    line: int
    action: str | None
    member: str | None
    pbx: str | None
    extension: str | None
    number: str | None
    outcome: Outcome
    code: str
    message: str
    remedy: str | None
    before: Holding | None
    after: Holding | None
    also: list[Effect]
    warnings: list[Warned]


class Hold(Shape):
    pbx: str | None
    kind: Literal["detach", "move", "force", "number", "not_as_approved", "older_run", "caveat"]
    count: int
    share: float
    limit: str
    message: str


class Counts(Shape):
    done: int
    unchanged: int
    invalid: int
    refused: int
    failed: int
    unknown: int
    skipped: int
    planned: int

    @property
    def total(self) -> int:
        return sum(self.model_dump().values())


class Checked(Shape):
    file: str
    inbox: str
    faults: list[Fault]
    rows: int
    invalid: int
    refused_rows: int
    refused: bool


class Planned(Shape):
    file: str
    inbox: str
    rows: list[Row]
    changes: list[Change]
    faults: list[Fault]
    checksum: str
    refused: bool
    counts: Counts
    holds: list[Hold]


class Affected(Shape):
    pbx: str
    changed: int
    held: int


class RunFacts(Shape):
    id: int
    inbox: str
    file: str
    sha256: str
    description: str | None
    delivered_by: str | None
    state: State
    result: State
    created: datetime
    changed: datetime
    attempt: int
    checksum: str | None
    counts: Counts
    total: int
    holds: list[Hold]
    affected: list[Affected]


class Listed(RunFacts):
    """One run as `runs` lists it."""

    report: str | None


class Headline(Shape):
    tone: Literal["good", "attention", "bad"]
    title: str
    remedy: str | None


class Event(Shape):
    at: datetime
    was: State | None
    state: State
    who: str
    why: str


class Run(RunFacts):
    """One run with its rows, as `import`, `show` and the JSON report give it."""

    site: str
    headline: Headline
    faults: list[Fault]
    rows: list[Row]
    events: list[Event]


class Resumed(Shape):
    runs: list[RunFacts]


class Member(Shape):
    pbx: str
    extension: str
    member: str | None
    number: str | None
    numbers: list[str]


class Offer(Shape):
    name: str
    summary: str


class Plugin(Shape):
    name: str
    distribution: str
    version: str
    backends: list[Offer]
    inboxes: list[Offer]
    openers: list[Offer]
    keyrings: list[Offer]
    processors: list[Offer]
    sinks: list[Offer]
    formats: list[str]
    problem: str | None


class Finding(Shape):
    check: str
    ok: bool
    message: str
    remedy: str | None


Runs = TypeAdapter(list[Listed])
Members = TypeAdapter(list[Member])
Plugins = TypeAdapter(list[Plugin])
Findings = TypeAdapter(list[Finding])
