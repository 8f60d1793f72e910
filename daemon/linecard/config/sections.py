"""Parts of linecard.yaml that stand on their own: sheets, limits, what is kept, what is told, to whom, and when."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from linecard.config.fields import (
    Actions,
    AtLeastOne,
    Columns,
    Count,
    Days,
    Encoding,
    Flag,
    IgnoredRows,
    Language,
    LinePattern,
    Names,
    Percent,
    Positions,
    SitePath,
    Size,
    Text,
    Time,
    Whens,
    Word,
    has_action,
    mismatch,
)
from linecard.model.sheet import Action, Column
from linecard.rules.cells import fold_word


class Section(BaseModel):
    """A part of the configuration.

    A key without a value (all that stood below it is commented out) is as good as absent, unless null has a
    meaning there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        fields = cls.model_fields.items()
        never_null = {name for name, field in fields if NoneType not in get_args(field.annotation)}
        return {key: item for key, item in value.items() if item is not None or key not in never_null}


class LimitConfig(Section):
    """How many links one sheet may touch in one way before a person must approve it."""

    count: Count | None = Field(
        default=None, description="More links than this make the plan wait for a person; null: no such limit."
    )
    share: Percent | None = Field(
        default=30.0,
        description=(
            "More than this percentage of the links that the PBX holds make the plan wait for a person; "
            "null: no such limit."
        ),
    )
    at_least: Count = Field(
        default=25,
        description="The share counts only from this many links on: of three people, one is already a third.",
    )


class _CountSchema:
    """Says to editors that a number may stand for a limit."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "integer", "minimum": 0}, handler(core)]}


def _expand_count(value: Any) -> Any:
    """`force: 3` means `force: {count: 3}`."""
    return {"count": value} if isinstance(value, int) and not isinstance(value, bool) else value


CountOrLimit = Annotated[LimitConfig, BeforeValidator(_expand_count), _CountSchema()]
"""A limit, of which a plain number is the count."""


class Limits(Section):
    """What one sheet may take away on one PBX before a person must approve it; a plain number is a `count`."""

    detach: CountOrLimit = Field(
        default_factory=LimitConfig, description="The limit on members who would lose their extension."
    )
    move: CountOrLimit = Field(
        default_factory=LimitConfig, description="The limit on members who would move to another extension."
    )
    force: CountOrLimit = Field(
        default_factory=LimitConfig,
        description="The limit on extensions that force_attach would take from their holders.",
    )
    number: CountOrLimit = Field(
        default_factory=LimitConfig,
        description="The limit on public numbers that would be changed or taken from an extension; it counts numbers.",
    )


class Expect(Section):
    """When a file must have come, at the latest."""

    by: Time = Field(description="The time of day, such as 07:00, in the site's time zone.")
    days: Days = Field(
        default=("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        description="The days of the week on which one must arrive, such as [mon, tue]; default: every day.",
    )


class Tell(Section):
    """Who is told of an inbox's runs, by which sink."""

    sink: Text = Field(description="The sink, by its name under `sinks`.")
    to: Names = Field(
        default=(), description="The addresses there, each of which gets a message of its own; default: its only one."
    )
    when: Whens = Field(
        default=("all",),
        description=(
            "Which runs they are notified of: all; problems, where some row was not done; held, where a person "
            "must decide; digest, none individually but all in the sink's digest."
        ),
    )
    language: Language | None = Field(default=None, description="The readers' language; null: the site's.")


class AlertRecipient(Section):
    """Who gets alerts, by which sink."""

    sink: Text = Field(description="The sink, by its name under `sinks`.")
    to: Names = Field(
        default=(), description="The addresses there, each of which gets a message of its own; default: its only one."
    )
    language: Language | None = Field(default=None, description="The readers' language; null: the site's.")


class Digest(Section):
    """When those who are told by `digest` get theirs: what happened since the one before."""

    at: Time = Field(default="07:00", description="The time of day, such as 07:00, in the site's time zone.")
    days: Days = Field(
        default=("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        description="The days of the week, such as [mon] for a weekly one; default: every day.",
    )


class SinkConfig(Section):
    """A way out for reports."""

    kind: Word = Field(description="The kind of sink, by the name under which a plugin serves it, such as mail.")
    options: Mapping[str, Any] = Field(
        default_factory=dict, description="The settings of this kind of sink; the plugin says which there are."
    )
    digest: Digest = Field(
        default_factory=Digest, description="When this sink sends digests to the readers who want them."
    )

    _settings: BaseModel | None = PrivateAttr(default=None)

    @property
    def settings(self) -> BaseModel:
        """The options as the plugin's own model. There only once the configuration was loaded."""
        if self._settings is None:
            raise LookupError("the options of a sink are built by linecard.config.load")
        return self._settings

    def with_settings(self, settings: BaseModel) -> Self:
        """This sink with its options built."""
        made = self.model_copy()
        made._settings = settings  # noqa: SLF001 - its own class
        return made


class ProcessorConfig(Section):
    """A rule of the site's own about rows, between the sheet and the plan."""

    kind: Word = Field(
        description="The kind of processor, by the name under which a plugin serves it, such as require_domain."
    )
    options: Mapping[str, Any] = Field(
        default_factory=dict, description="The settings of this kind of processor; the plugin says which there are."
    )
    seconds: float = Field(
        default=10.0,
        gt=0,
        le=3600,
        allow_inf_nan=False,
        description="How long it may take for one row; then the run waits and is tried again, and you are told.",
    )

    _settings: BaseModel | None = PrivateAttr(default=None)

    @property
    def settings(self) -> BaseModel:
        """The options as the plugin's own model. There only once the configuration was loaded."""
        if self._settings is None:
            raise LookupError("the options of a processor are built by linecard.config.load")
        return self._settings

    def with_settings(self, settings: BaseModel) -> Self:
        """This processor with its options built."""
        made = self.model_copy()
        made._settings = settings  # noqa: SLF001 - its own class
        return made


class KeepFolder(Section):
    """How long the files of a folder are kept; whichever limit is reached first counts."""

    days: AtLeastOne | None = Field(default=365, description="Files older than this many days are removed; null: none.")
    size: Size | None = Field(
        default=10_000_000_000,
        description="The oldest files are removed when all together are larger than this; null: none.",
    )


class Keep(Section):
    """What the daemon removes when it has become old. What belongs to a run that is not finished always stays."""

    archive: KeepFolder = Field(default_factory=KeepFolder, description="The files received.")
    reports: KeepFolder = Field(default_factory=KeepFolder, description="The reports.")
    quarantine: KeepFolder = Field(default_factory=KeepFolder, description="The files that could not be read.")
    runs: AtLeastOne | None = Field(
        default=365, description="Days after which a finished run is forgotten with its rows; null: never."
    )


class LogConfig(Section):
    """What the daemon writes to standard output."""

    format: Literal["text", "json"] = Field(
        default="text", description="One line of text for each event, as journald likes it, or one JSON object."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important events that are written; debug names people and numbers."
    )


class MetricsConfig(Section):
    """Figures for Prometheus, on a port of this machine alone or in a file for the node exporter."""

    port: Annotated[int, Field(strict=True, ge=1, le=65535)] | None = Field(
        default=None, description="The port on 127.0.0.1 that serves them; null: none."
    )
    textfile: SitePath | None = Field(
        default=None, description="The file they are written to, such as linecard.prom; null: none."
    )


class SheetOptions(Section):
    """How the files of an inbox are written."""

    encoding: Encoding = Field(
        default="utf-8",
        description="The encoding of the files, such as utf-8, windows-1252 or utf-16; it is never guessed.",
    )
    delimiter: Literal["auto", ",", ";", "tab", "|"] = Field(
        default="auto",
        description="What separates the cells: ',' or ';' or '|' or tab; auto finds it from the header.",
    )
    quote: Literal['"', "'"] = Field(default='"', description="The character around cells that contain the delimiter.")
    escape: Literal["double", "backslash"] = Field(
        default="double",
        description="How a quote inside a quoted cell is written: twice, or after a backslash.",
    )
    skip_lines: Count = Field(default=0, description="How many lines before the header to ignore, such as a title.")
    second_header: Flag = Field(
        default=False, description="Whether a second header row follows the first, to be ignored."
    )
    positions: Positions | None = Field(
        default=None,
        description=(
            "For files without a header: linecard's column names in the order of the cells; null ignores a cell."
        ),
    )
    columns: Columns = Field(
        default_factory=dict,
        description=(
            "The feed's own header names for linecard's columns Action, LoginEmail, PbxId, Extension, Number "
            "and pbxInternalNumber, or the name of a ready map such as workday."
        ),
    )
    ignore_columns: Names = Field(
        default=(),
        description=(
            "Header names that linecard ignores silently; all: every one that does not resemble the name of a "
            "missing column."
        ),
    )
    actions: Actions = Field(
        default_factory=dict,
        description="The feed's own words for attach, force_attach and detach, such as `terminated: detach`.",
    )
    action: Literal["attach", "force_attach", "detach"] | None = Field(
        default=None,
        description="The action of all rows, for feeds that have no column for it; null: each row has its own.",
    )
    ignore_rows: IgnoredRows = Field(
        default_factory=dict,
        description=(
            "Words by column that mean that the row asks for nothing and everything stays as it is, such as "
            "`Action: [on leave]` or `Extension: ['', n/a]`, where an empty word is a blank cell. In the column "
            "Extension they count only for attach and force_attach."
        ),
    )
    unknown_pbx: Literal["refuse", "ignore"] = Field(
        default="refuse",
        description="How to treat a row for a PBX unknown to the inbox: as a fault, or as one that asks for nothing.",
    )
    skip_last: Count = Field(
        default=0, description="How many lines at the end are not rows, such as totals; blank lines do not count."
    )
    trailer: LinePattern | None = Field(
        default=None,
        description=(
            "What the last line looks like where it is not a row, such as 'TRL|{rows}': * is anything, {rows} the"
            " number of rows, which is compared. A file without it was cut off and is refused."
        ),
    )
    max_bytes: Size = Field(
        default=200_000_000,
        description="The largest file that is read, in bytes or such as 200 MB; a larger one is refused.",
    )
    max_rows: AtLeastOne = Field(
        default=1_000_000, description="The most rows a file may have; a longer one is refused."
    )
    max_columns: AtLeastOne = Field(
        default=256, description="The most columns a file may have; a wider one is refused."
    )
    max_cell: AtLeastOne = Field(
        default=1024,
        description="The most characters a cell that is read may have; a file with a longer one is refused.",
    )

    @model_validator(mode="after")
    def _check_actions(self) -> Self:
        if self.positions is not None and self.action is None and not has_action(self.positions):
            raise mismatch("a column Action among the positions, or an action for all rows")
        ignored = {fold_word(word) for word in self.ignore_rows.get(Column.ACTION, ())}
        both = next((word for word in (*self.actions, *Action) if fold_word(word) in ignored), None)
        if both is not None:
            raise mismatch(f"one meaning for each word; {str(both)!r} is an action and is listed under ignore_rows")
        return self
