"""What linecard.yaml may say. Every description is written for the administrator, and shown by editors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, PrivateAttr

from linecard.config.fields import (
    Cron,
    Duration,
    Emergencies,
    Hours,
    Language,
    Name,
    NamePattern,
    Names,
    Ranges,
    Region,
    SitePath,
    Size,
    SomeNames,
    Text,
    Timezone,
    Word,
)
from linecard.config.sections import (
    AlertRecipient,
    Expect,
    Keep,
    KeepFolder,
    LimitConfig,
    Limits,
    LogConfig,
    MetricsConfig,
    ProcessorConfig,
    Section,
    SheetOptions,
    SinkConfig,
    Tell,
)
from linecard.rules.play import SecondExtension, SecondNumber
from linecard.rules.recipients import REPLY

__all__ = [
    "AlertRecipient",
    "Config",
    "Expect",
    "InboxConfig",
    "Keep",
    "KeepFolder",
    "LimitConfig",
    "Limits",
    "LogConfig",
    "MetricsConfig",
    "PbxConfig",
    "SecondExtension",
    "SecondNumber",
    "Section",
    "SheetOptions",
    "SinkConfig",
    "Tell",
]


class PbxConfig(Section):
    """A telephone system, and how linecard may change it."""

    backend: Word = Field(description="The kind of PBX, by the name under which a plugin serves it, such as directory.")
    options: Mapping[str, Any] = Field(
        default_factory=dict, description="The settings of this kind of PBX; the plugin says which there are."
    )
    region: Region | None = Field(
        default=None,
        description="The country in whose format numbers are read: two letters (ISO 3166); default: the site's.",
    )
    extensions: Ranges = Field(
        default=(),
        description=(
            "The extensions that members may get, such as 1000-4999 or 0100; with none listed, any. "
            "Where a number is the extension: +33123456700-+33123456799."
        ),
    )
    emergency: Emergencies = Field(
        default=(),
        description="Numbers that nobody may get, besides 112, 911 and the country's own emergency numbers.",
    )
    second_extension: SecondExtension = Field(
        default=SecondExtension.MOVE,
        description=(
            "What attach does when the member holds another extension on this PBX: "
            "move frees that one, add keeps it, refuse stops the row."
        ),
    )
    second_number: SecondNumber = Field(
        default=SecondNumber.REPLACE,
        description=(
            "What the Number of a row does to an extension that has another one: replace takes its place "
            "(and stops the row when there are several), add lets all of them ring, refuse stops the row."
        ),
    )
    aliases: Names = Field(
        default=(), description="Other spellings of this PBX in the PbxId column, compared without case."
    )
    followers: Names = Field(
        default=(),
        description=(
            "PBXs that are given what was made on this one, after it, such as a directory (backend ldap). "
            "No row names a follower, and it follows one PBX."
        ),
    )
    patience: Duration = Field(
        default=3600.0,
        description=(
            "How long the daemon waits for a PBX that stops answering in the middle of a run, before it reports "
            "the rest as not done."
        ),
    )

    _settings: BaseModel | None = PrivateAttr(default=None)

    @property
    def settings(self) -> BaseModel:
        """The options as the plugin's own model. There only once the configuration was loaded."""
        if self._settings is None:
            raise LookupError("the options of a PBX are built by linecard.config.load")
        return self._settings

    def with_settings(self, settings: BaseModel, region: str | None) -> Self:
        """This PBX with its options built, and the site's region where it has none of its own."""
        made = self.model_copy(update={"region": self.region or region})
        made._settings = settings  # noqa: SLF001 - its own class
        return made


class InboxConfig(Section):
    """Where files arrive, and what they may do."""

    kind: Word = Field(
        default="local", description="The kind of inbox, by the name under which a plugin serves it, such as local."
    )
    path: Text = Field(
        description="The folder where the files arrive, relative to linecard.yaml or absolute; on a server, relative "
        "to where the account is after its login."
    )
    options: Mapping[str, Any] = Field(
        default_factory=dict, description="The settings of this kind of inbox; the plugin says which there are."
    )
    open: Mapping[Word, Mapping[str, Any] | Literal["off"] | None] = Field(
        default_factory=dict,
        description=(
            "What may be wrapped around the files, such as `pgp`, `gzip` or `zip`, each with its settings; it comes "
            "off in whatever order it was put on, known by the content, not by the name. `workbook` stands here by "
            "itself for inboxes of the kind local; `workbook: off` takes it away."
        ),
    )
    pbxs: SomeNames | None = Field(
        default=None, description="The PBXs that these files may change, by name; null: all of them."
    )
    default_pbx: Text | None = Field(
        default=None,
        description="The PBX that a blank PbxId means; with only one PBX, you need not give it.",
    )
    sheet: SheetOptions = Field(default_factory=SheetOptions, description="How the files are written.")
    processors: Names = Field(
        default=(),
        description=(
            "The rules of your own that each row goes through, by their names under `processors`, in this order; "
            "they may change a row or refuse it, and the plan and the report say so."
        ),
    )
    limits: Limits = Field(
        default_factory=Limits, description="How much a file may take away before a person must approve it."
    )
    settle: Duration = Field(
        default=5.0, description="How long a file must stay unchanged before the daemon takes it, seen at least twice."
    )
    scan: Duration = Field(
        default=30.0,
        gt=0,
        description="How often the daemon scans the inbox, apart from when the kernel reports an arrival.",
    )
    names: SomeNames = Field(
        default=("*",),
        description="The names of files to take, as patterns such as *.csv; others are left alone.",
    )
    ignore: Names = Field(
        default=(),
        description="Names of files to leave alone, besides those of temporary and system files.",
    )
    marker: Text | None = Field(
        default=None,
        description=(
            "What the name of a marker file ends in, such as .done: joiners.csv is then taken only once "
            "joiners.csv.done or joiners.done is there, in any case, and the marker goes with it; null: no "
            "markers."
        ),
    )
    checksum: Text | None = Field(
        default=None,
        description=(
            "What the name of a checksum file ends in, such as .sha256: joiners.csv is then taken only once "
            "joiners.csv.sha256 or joiners.sha256 is there, in any case, and refused unless it has the SHA-256 "
            "given there; null: no checksum files."
        ),
    )
    duplicates: Literal["refuse", "import"] = Field(
        default="refuse",
        description=(
            "What happens to a file with the same content as the last one that was imported in full: refuse "
            "reports it and changes nothing, import takes it like any other."
        ),
    )
    pattern: NamePattern | None = Field(
        default=None,
        description=(
            "How the files' names are built, such as people_{date}_{rows}.csv: * is anything, {date} the day, "
            "which orders files that arrive together, {rows} the number of rows, which is compared with the file;"
            " null: names say nothing."
        ),
    )
    replaces: Literal["same", "name", "date", "all"] = Field(
        default="same",
        description=(
            "Which earlier files that still wait a new one supersedes: same, those with the same content; name, "
            "also those of the same name; date, of the same {date} of `pattern`; all, any. With all and a {date},"
            " the date decides which file is newer, and a file older than an earlier one is refused."
        ),
    )
    cron: Cron | None = Field(
        default=None,
        description=(
            "When the daemon scans the inbox, as five fields of a crontab in the site's time zone (0 and 7 are "
            "Sunday; with both a day of the month and a day of the week, either is enough), instead of `scan` and"
            " `watch`; null: every `scan`."
        ),
    )
    jitter: Duration = Field(
        default=0.0, description="By how much scans are spread at random, to spare a shared server."
    )
    quiet: Hours | None = Field(
        default=None,
        description="Hours in which nothing is taken, such as 22:00-06:00, in the site's time zone; null: none.",
    )
    tell: tuple[Tell, ...] = Field(
        default=(), description="Who is notified of this inbox's runs; the folder `reports` always gets them."
    )
    reply: Text | None = Field(
        default=None,
        description="The folder, relative to `path` or absolute, for each run's CSV report and retry sheet, for the "
        "system that sends the files; null: none.",
    )
    expect: Expect | None = Field(
        default=None,
        description="When a file must have arrived, so that a missing one raises an alert; null: any time.",
    )

    _settings: BaseModel | None = PrivateAttr(default=None)

    @property
    def settings(self) -> BaseModel:
        """The options as the plugin's own model. There only once the configuration was loaded."""
        if self._settings is None:
            raise LookupError("the options of an inbox are built by linecard.config.load")
        return self._settings

    _openers: Mapping[str, BaseModel] = PrivateAttr(default_factory=dict)

    @property
    def openers(self) -> Mapping[str, BaseModel]:
        """The settings of each wrapping in `open` as its plugin's own model. Filled by loading."""
        return self._openers

    def with_settings(
        self, settings: BaseModel, default_pbx: str | None, openers: Mapping[str, BaseModel] | None = None
    ) -> Self:
        """This inbox with its options built, and its default PBX where it names none."""
        made = self.model_copy(update={"default_pbx": self.default_pbx or default_pbx})
        made._settings = settings  # noqa: SLF001 - its own class
        made._openers = openers or {}  # noqa: SLF001
        return made


class Config(Section):
    """A site: its PBXs, its inboxes, and where linecard keeps what it must remember."""

    site: Text = Field(default="linecard", description="The name of the site, shown in reports.")
    region: Region | None = Field(
        default=None,
        description="The country of every PBX that names none, as two letters (ISO 3166) such as FR.",
    )
    timezone: Timezone = Field(
        default="UTC", description="The time zone of the times in reports, such as Europe/Paris."
    )
    state: SitePath = Field(
        default=Path("state"),
        validate_default=True,
        description="The folder of linecard's state; it must be on a local disk.",
    )
    archive: SitePath = Field(
        default=Path("archive"),
        validate_default=True,
        description="The folder where linecard keeps every file it received, byte for byte.",
    )
    reports: SitePath = Field(
        default=Path("reports"), validate_default=True, description="The folder where reports are written."
    )
    quarantine: SitePath = Field(
        default=Path("quarantine"),
        validate_default=True,
        description="The quarantine: files that could not be taken or read, each with the reason beside it.",
    )
    language: Language = Field(default="en", description="The language of mails to readers.")
    templates: SitePath | None = Field(
        default=None,
        description="The folder of your own report templates; they replace linecard's of the same name.",
    )
    pbxs: Mapping[Name, PbxConfig] = Field(
        min_length=1, description="The telephone systems, each under a name of your choice."
    )
    inboxes: Mapping[Name, InboxConfig] = Field(
        min_length=1, description="Where files arrive, each inbox under a name of your choice."
    )

    processors: Mapping[Name, ProcessorConfig] = Field(
        default_factory=dict,
        description="Rules of your own about rows, each under a name of your choice; an inbox names those it wants.",
    )
    sinks: Mapping[Name, SinkConfig] = Field(
        default_factory=dict, description="Where reports are sent, each under a name of your choice."
    )
    alerts: tuple[AlertRecipient, ...] = Field(
        default=(),
        description="Who gets alerts about what concerns no single run but needs attention: a key that expires in 60, "
        "30 or 7 days, a file that did not arrive by the time it is expected.",
    )
    keep: Keep = Field(default_factory=Keep, description="How long linecard keeps files, reports and runs.")
    reserve: Size = Field(
        default=100_000_000,
        description="Free space on the disks of state and archive below which the daemon takes no new files.",
    )
    log: LogConfig = Field(default_factory=LogConfig, description="What the daemon writes to standard output.")
    metrics: MetricsConfig = Field(default_factory=MetricsConfig, description="Metrics for Prometheus.")

    _file: Path = PrivateAttr(default=Path("linecard.yaml"))

    @property
    def queues(self) -> tuple[str, ...]:
        """What letters wait for: each sink, and the replies of each inbox that gives some."""
        return (*self.sinks, *(f"{REPLY}{name}" for name, inbox in self.inboxes.items() if inbox.reply is not None))

    @property
    def followers(self) -> tuple[str, ...]:
        """The PBXs that follow another."""
        return tuple(name for pbx in self.pbxs.values() for name in pbx.followers)

    @property
    def leaders(self) -> tuple[str, ...]:
        """The PBXs that rows may name: all but those that follow another."""
        followers = self.followers
        return tuple(name for name in self.pbxs if name not in followers)

    @property
    def alert_recipients(self) -> list[tuple[str, str]]:
        """Sinks, each with an address or an empty one, that get alerts."""
        return [(entry.sink, address) for entry in self.alerts for address in entry.to or ("",)]

    @property
    def file(self) -> Path:
        """The configuration file; absolute once loaded."""
        return self._file

    @property
    def folder(self) -> Path:
        """The site's folder, where the configuration file lies."""
        return self._file.parent

    def from_file(
        self,
        file: Path,
        of_pbxs: Mapping[str, BaseModel],
        of_inboxes: Mapping[str, BaseModel],
        of_sinks: Mapping[str, BaseModel],
        of_openers: Mapping[str, Mapping[str, BaseModel]],
        of_processors: Mapping[str, BaseModel],
    ) -> Self:
        """This configuration as read from `file`, with the built options of each part by name.

        Each PBX then has its region, and each inbox with one PBX its default.
        """
        pbxs = {name: pbx.with_settings(of_pbxs[name], self.region) for name, pbx in self.pbxs.items()}
        inboxes = {
            name: inbox.with_settings(of_inboxes[name], self._only_pbx(inbox), of_openers.get(name))
            for name, inbox in self.inboxes.items()
        }
        sinks = {name: sink.with_settings(of_sinks[name]) for name, sink in self.sinks.items()}
        processors = {name: rule.with_settings(of_processors[name]) for name, rule in self.processors.items()}
        parts = {"pbxs": pbxs, "inboxes": inboxes, "sinks": sinks, "processors": processors}
        made = self.model_copy(update=parts)
        made._file = file  # noqa: SLF001 - its own class
        return made

    def _only_pbx(self, inbox: InboxConfig) -> str | None:
        names = inbox.pbxs or self.leaders
        return names[0] if len(names) == 1 else None
