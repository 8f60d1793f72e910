"""A report: what is said about a run. It is a view of what the store remembers, row by row, never a copy in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from linecard.model.directory import Change, Holding
from linecard.model.follower import FollowerSummary
from linecard.model.outcome import Effect, Outcome
from linecard.model.run import Event, Run
from linecard.model.sheet import Fault


class Line(NamedTuple):
    """What a report says of one row. `message` is one sentence; `remedy` is what to do, or empty.

    `before` and `after` are the named extension (or, where the row names none, the first it touches);
    `also` are further extensions that the row freed or took a number from.
    """

    line: int
    action: str
    member: str
    pbx: str
    extension: str
    number: str
    outcome: Outcome
    code: str
    message: str
    remedy: str
    before: Holding | None
    after: Holding | None
    also: tuple[Effect, ...]
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """The first five seconds: did it work, in one short sentence; and who must do what, in another."""

    tone: str
    """`good`, `attention` (some rows need attention) or `bad` (nothing was done, or it broke off)."""
    title: str
    remedy: str


class Report(Protocol):
    """What a renderer is given. Iterators read the store anew each time they are asked for."""

    @property
    def run(self) -> Run: ...

    @property
    def site(self) -> str: ...

    @property
    def timezone(self) -> str:
        """IANA name of the zone in which times are shown."""
        ...

    @property
    def path(self) -> str:
        """Where the site files the report, below its reports folder, without the suffix of a format."""
        ...

    @property
    def to_retry(self) -> int:
        """Rows of the retry sheet that is filed beside the report; 0: none is filed."""
        ...

    @property
    def headline(self) -> Headline: ...

    @property
    def seconds_left(self) -> float | None:
        """Of a run that is being applied: how long the rest takes at least, where that is known."""
        ...

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by outcome, as the report shows them: before a run is applied, what would be done is planned, or skipped
        if the run was given up, unless it was made all the same."""
        ...

    @property
    def total(self) -> int:
        """Number of rows; the counts add up to it."""
        ...

    def lines(self, *outcomes: Outcome, codes: tuple[str, ...] = (), limit: int | None = None) -> Iterator[Line]:
        """Rows in file order: all, or those with one of these outcomes and, if given, one of these codes."""
        ...

    def count(self, *outcomes: Outcome, codes: tuple[str, ...] = ()) -> int: ...

    def faults(self, *, whole_file: bool = False) -> Iterator[Fault]:
        """Every fault and warning of the sheet, by line; `whole_file`: only those that concern no single row."""
        ...

    def changes(self) -> Iterator[Change]:
        """What the run has made of each extension, from what it was before to what it was left as, if that differs."""
        ...

    def lost_numbers(self) -> Iterator[Change]:
        """Changes that took a public number from an extension; of a run that waits, also those that would."""
        ...

    @property
    def followers(self) -> Sequence[FollowerSummary]:
        """What each follower of the PBXs has of what the run has made."""
        ...

    def events(self) -> Iterator[Event]: ...
