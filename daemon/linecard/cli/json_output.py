"""What each command prints with `--json`, as models: the schemas in config/schemas are made of them.

Nothing is printed by way of them, for a report of a million rows is written as it is read; a test holds the real output
of each command to its schema. Keys are only ever added.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from linecard.model.outcome import Outcome
from linecard.model.run import State


def _say_nothing() -> Any:
    """For keys that are left out where there is nothing to say."""


class Output(BaseModel):
    """All of these keys, and no others, but for those that a later version adds."""

    model_config = ConfigDict(extra="forbid")


class HoldingOutput(Output):
    """Who holds an extension, and its public numbers; `number` is the first of them."""

    member: str | None
    number: str | None
    numbers: list[str]


class EffectOutput(Output):
    """What an extension was, and what it becomes."""

    pbx: str
    extension: str
    before: HoldingOutput
    after: HoldingOutput


class ChangeOutput(EffectOutput):
    """A change of the plan; `seq` is its place in the order in which changes are made."""

    seq: int


class FaultOutput(Output):
    """Something wrong or odd in a file; `line` is null for the file as a whole."""

    line: int | None
    column: str | None
    value: str
    code: str
    severity: Literal["error", "warning"]
    message: str
    remedy: str | None
    setting: str | None = Field(description="What you could set on the inbox instead.")


class WarningOutput(Output):
    """A warning beside a row."""

    code: str
    message: str
    column: str | None
    value: str
    remedy: str | None


class RowOutput(Output):
    """A row with its outcome; `also` has what it changes on other extensions."""

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
    before: HoldingOutput | None
    after: HoldingOutput | None
    also: list[EffectOutput]
    warnings: list[WarningOutput]


class HoldOutput(Output):
    """Why a plan waits for a person."""

    pbx: str | None
    kind: str
    count: int
    share: float
    limit: str
    message: str


class CountsOutput(Output):
    """Rows by outcome; they add up to the rows of the file."""

    done: int
    unchanged: int
    invalid: int
    refused: int
    failed: int
    unknown: int
    skipped: int
    planned: int


class AffectedOutput(Output):
    """How many links of a PBX the plan changes, and how many there are."""

    pbx: str
    changed: int
    held: int


class ForecastOutput(Output):
    """What a PBX says of the plan as a whole."""

    pbx: str
    changes: int
    seconds: float | None = Field(description="How long the changes take at least; null where it is not known.")
    notes: list[str]


class CheckOutput(Output):
    """`linecard check FILE --json`"""

    file: str
    inbox: str
    faults: list[FaultOutput]
    rows: int
    invalid: int
    refused_rows: int = Field(description="Rows that are right and that a processor refused.")
    refused: bool = Field(description="Whether the file is refused as a whole.")


class PlanOutput(Output):
    """`linecard plan FILE --json`"""

    file: str
    inbox: str
    rows: list[RowOutput]
    changes: list[ChangeOutput]
    faults: list[FaultOutput]
    checksum: str
    refused: bool
    counts: CountsOutput
    holds: list[HoldOutput]
    forecasts: list[ForecastOutput]


class RunFactsOutput(Output):
    """A run without its rows."""

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
    counts: CountsOutput
    total: int
    holds: list[HoldOutput]
    affected: list[AffectedOutput]
    forecasts: list[ForecastOutput]
    seconds_left: float | None = Field(
        description="While it is applied: how long the rest takes at least; null where that is not known."
    )


class ListedRunOutput(RunFactsOutput):
    """A run, and where its report lies."""

    report: str | None


class HeadlineOutput(Output):
    """What came of a run, in a sentence."""

    tone: Literal["good", "attention", "bad"]
    title: str
    remedy: str | None


class EventOutput(Output):
    """A change of state: when, from what, by whom and why."""

    at: datetime
    was: State | None
    state: State
    who: str
    why: str


class FollowerOutput(Output):
    """What a follower of a PBX has of what was made there: how many changes, how many it lacks, and why."""

    follower: str
    pbx: str
    made: int
    open: int
    words: str | None


class RunOutput(RunFactsOutput):
    """`linecard import`, `show` and `undo` with `--json`, and the report format `json`"""

    site: str
    headline: HeadlineOutput
    followers: list[FollowerOutput]
    faults: list[FaultOutput]
    rows: list[RowOutput]
    events: list[EventOutput]


class ResumeOutput(Output):
    """`linecard resume --json`"""

    followers: list[FollowerOutput] = Field(description="Followers of PBXs that still lack something.")
    runs: list[RunFactsOutput]


class AlertOutput(Output):
    """Something that is wrong, and what to do."""

    what: str
    message: str
    remedy: str | None


class ActiveAlertOutput(AlertOutput):
    """An alert of the daemon, and since when."""

    since: datetime


class OnceOutput(Output):
    """`linecard once --json`"""

    awaiting: dict[str, list[str]] = Field(description="Files without a marker or checksum file, in words, by inbox.")
    runs: list[RunFactsOutput]
    alerts: list[AlertOutput]


class TaskOutput(Output):
    """What the daemon is doing; `total` is null where it cannot be known."""

    where: str
    what: str
    since: datetime
    done: int
    total: int | None


class InboxStatusOutput(Output):
    """An inbox as the daemon saw it at the last scan."""

    name: str
    looked: datetime | None
    waiting: int
    received: int
    awaiting_marker: int
    awaiting_checksum: int
    awaiting_files: list[str]


class TimerOutput(Output):
    """Something that the daemon does at its times, and the next one."""

    name: str
    next: datetime | None


class ConfigurationOutput(Output):
    """Why the configuration on disk cannot be used."""

    message: str
    problems: list[str]
    remedy: str | None


class StatusOutput(Output):
    """`linecard status --json`; what only a daemon can say is left out while none is running"""

    running: bool
    stale: bool
    at: datetime = Field(default_factory=_say_nothing)
    since_boot: float = Field(default_factory=_say_nothing)
    pid: int = Field(default_factory=_say_nothing)
    timezone: str = Field(default_factory=_say_nothing)
    queue: list[int] = Field(default_factory=_say_nothing, description="Runs that wait for their PBX.")
    doing: list[TaskOutput] = Field(default_factory=_say_nothing)
    inboxes: list[InboxStatusOutput] = Field(default_factory=_say_nothing)
    alerts: list[ActiveAlertOutput] = Field(default_factory=_say_nothing)
    timers: list[TimerOutput] = Field(default_factory=_say_nothing)
    later_runs: list[AlertOutput]
    configuration: ConfigurationOutput | None
    runs: list[RunFactsOutput]
    held: list[RunFactsOutput]


class EndedOutput(Output):
    """A run that ended in the time of the digest."""

    run: int
    inbox: str
    file: str
    at: datetime
    state: State
    result: State
    counts: dict[str, int]
    fine: bool
    filed: str | None


class UndecidedOutput(Output):
    """A plan that waits for a person."""

    run: int
    inbox: str
    file: str
    since: datetime
    checksum: str
    why: list[str]


class WrongRowOutput(Output):
    """A row that was not done, and that no later file has put right."""

    run: int
    inbox: str
    file: str
    line: int
    outcome: Outcome
    action: str | None
    member: str | None
    pbx: str | None
    extension: str | None
    number: str | None
    message: str | None
    remedy: str | None
    since: datetime
    times: int


class WeekOutput(Output):
    """Seven days in figures."""

    begins: datetime
    ends: datetime
    files: int
    done: int
    not_done: int


class DigestOutput(Output):
    """`linecard digest --json`"""

    begins: datetime
    ends: datetime
    inboxes: list[str]
    files: int
    counts: dict[str, int]
    ended: list[EndedOutput]
    more_ended: int
    undecided: list[UndecidedOutput]
    more_undecided: int
    wrong: list[WrongRowOutput]
    more_wrong: int
    alerts: list[AlertOutput]
    weeks: list[WeekOutput]


class MessageOutput(Output):
    """A message of the outbox."""

    id: int
    run: int | None
    sink: str
    to: str | None
    tells: str
    state: str
    attempts: int
    due: datetime | None
    problem: str | None
    delivered: datetime | None
    where: str | None


class KeyOutput(Output):
    """A key of the site or of a sender."""

    kind: str
    fingerprint: str
    owner: str
    secret: bool
    created: datetime | None
    expires: datetime | None
    warning: str | None
    place: str | None


class LinkOutput(Output):
    """An extension of a PBX, who holds it, and its numbers."""

    pbx: str
    extension: str
    member: str | None
    number: str | None
    numbers: list[str]


class PhoneSecretOutput(Output):
    """`linecard secret PBX EXTENSION --json`"""

    extension: str
    username: str
    secret: str


class OfferOutput(Output):
    """A kind that a plugin serves."""

    name: str
    summary: str


class BackendOfferOutput(OfferOutput):
    """A kind of PBX. What its backend has proven, the next tier, and what is missing for that."""

    tier: Literal["bronze", "silver", "gold"] | None
    next_tier: Literal["bronze", "silver", "gold"] | None
    missing: list[str]


class PluginOutput(Output):
    """An installed plugin; `problem` says why it cannot be used."""

    name: str
    distribution: str
    version: str
    backends: list[BackendOfferOutput]
    inboxes: list[OfferOutput]
    openers: list[OfferOutput]
    keyrings: list[OfferOutput]
    processors: list[OfferOutput]
    sinks: list[OfferOutput]
    formats: list[str]
    problem: str | None


class ReadEntryOutput(Output):
    """An extension as it was read, who holds it, and its numbers."""

    extension: str
    member: str | None
    number: str | None
    numbers: list[str]


class EventOfPluginOutput(Output):
    """What a plugin logged."""

    event: str
    level: Literal["debug", "info", "warning", "error"]
    facts: dict[str, str]


class TrialStepOutput(Output):
    """What the PBX was asked, and what came of it."""

    step: str
    ok: bool
    message: str
    remedy: str | None
    seconds: float
    extensions: int | None = Field(description="How many extensions were read; null where none were asked for.")
    members: int | None
    entries: list[ReadEntryOutput] = Field(description="The first extensions of those that were read.")
    events: list[EventOfPluginOutput] = Field(description="What the plugin logged meanwhile, secrets blacked out.")


class TrialOutput(Output):
    """`linecard plugins try NAME --json`"""

    pbx: str
    backend: str
    ok: bool
    steps: list[TrialStepOutput]


class OldOutput(Output):
    """What is older than `keep` allows."""

    runs: int
    drops: int
    reports: int
    quarantined: int


class ClockOutput(Output):
    """`linecard clock --json`"""

    now: datetime
    doubted: bool
    without_jump: datetime | None
    would_be_removed: OldOutput


class FindingOutput(Output):
    """One thing that doctor looked at."""

    check: str
    ok: bool
    message: str
    remedy: str | None


class BackupOutput(Output):
    """`linecard backup FILE --json`"""

    file: str
    made: datetime
    files: int
    bytes: int
    last_run: int
    unfinished: list[int]
    encrypted_for: list[str]
    not_included: list[str] = Field(description="What a restore also needs and this file does not have, in sentences.")


class RestoreOutput(Output):
    """`linecard restore FILE --json`"""

    site: str
    made: datetime
    files: int
    kept: int
    last_run: int
    next_run: int
    unfinished: list[int]
    undelivered_messages: int
    put_aside: list[str] = Field(description="Folders with what the state had before.")
    configuration: list[str]


class ConfirmedOutput(Output):
    """`linecard restore --confirm --json`"""

    confirmed: Literal[True]


OUTPUTS: dict[str, Any] = {
    "check": CheckOutput,
    "plan": PlanOutput,
    "import": RunOutput,
    "resume": ResumeOutput,
    "once": OnceOutput,
    "status": StatusOutput,
    "runs": list[ListedRunOutput],
    "show": RunOutput,
    "undo": RunOutput,
    "digest": DigestOutput,
    "outbox-list": list[MessageOutput],
    "keys-list": list[KeyOutput],
    "keys-make": list[KeyOutput],
    "keys-import": list[KeyOutput],
    "keys-extend": list[KeyOutput],
    "members": list[LinkOutput],
    "secret": PhoneSecretOutput,
    "plugins": list[PluginOutput],
    "plugins-try": TrialOutput,
    "clock": ClockOutput,
    "backup": BackupOutput,
    "restore": RestoreOutput | ConfirmedOutput,
    "doctor": list[FindingOutput],
}
"""What each command with `--json` prints, by its words."""


class _Untitled(GenerateJsonSchema):
    """Without the titles that pydantic makes of names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


def make_schema(command: str) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of what a command prints."""
    found = TypeAdapter(OUTPUTS[command]).json_schema(schema_generator=_Untitled, mode="serialization")
    for part in (found, *found.get("$defs", {}).values()):
        part.pop("title", None)
        part.pop("additionalProperties", None)  # a later version may add keys
    title = f"linecard {command.replace('-', ' ')} --json"
    found.pop("description", None)
    return {"$schema": _Untitled.schema_dialect, "title": title, **found}


def write_schemas(folder: Path) -> None:
    """Write a file for each command, NAME.json."""
    folder.mkdir(exist_ok=True)
    for command in OUTPUTS:
        text = json.dumps(make_schema(command), indent=2, ensure_ascii=False) + "\n"
        (folder / f"{command}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(__file__).parents[3] / "config" / "schemas")
