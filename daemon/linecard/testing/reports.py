"""A report of one row and a letter with it, for tests of sinks and report formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from linecard.api.backend import VACANT, Change, Holding
from linecard.api.report import Code, Drop, Event, Fault, FollowerSummary, Headline, Line, Outcome, Report, Run, State
from linecard.api.sink import Letter

BEGAN = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OneRowReport:
    """The report of a run whose sheet has one row, which was done."""

    run: Run
    line: Line
    headline: Headline
    site: str = "Test"
    timezone: str = "UTC"
    path: str = "2026/12/000001-hr-sheet"
    to_retry: int = 0
    seconds_left: float | None = None
    total: int = 1
    followers: tuple[FollowerSummary, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        return {self.line.outcome: 1}

    def lines(self, *outcomes: Outcome, codes: tuple[str, ...] = (), limit: int | None = None) -> Iterator[Line]:
        is_wanted = not outcomes or self.line.outcome in outcomes
        if is_wanted and (not codes or self.line.code in codes) and limit != 0:
            yield self.line

    def count(self, *outcomes: Outcome, codes: tuple[str, ...] = ()) -> int:
        return len(list(self.lines(*outcomes, codes=codes)))

    def faults(self, *, whole_file: bool = False) -> Iterator[Fault]:  # noqa: ARG002 - the port's
        yield from ()

    def changes(self) -> Iterator[Change]:
        yield Change(1, self.line.pbx, self.line.extension, VACANT, Holding(self.line.member))

    def lost_numbers(self) -> Iterator[Change]:
        yield from ()

    def events(self) -> Iterator[Event]:
        yield Event(BEGAN, State.RECEIVED, None, "the inbox hr", "")


def make_report(*, member: str = "ada@example.com", extension: str = "1000", file: str = "sheet.csv") -> Report:
    """The report of a run that has given this member this extension; no two calls differ."""
    drop = Drop(file, sha256="0" * 64, size=57, path=f"2026/12/{file}")
    run = Run(1, "hr", drop, State.APPLIED, BEGAN, BEGAN, counts={Outcome.DONE: 1})
    held = Holding(member)
    message = f"{member} has {extension} now."
    said = (Outcome.DONE, Code.LINKED, message, "")
    line = Line(2, "attach", member, "hq", extension, "", *said, VACANT, held, also=(), warnings=())
    return OneRowReport(run, line, Headline("good", "The only row is as it should be.", ""))


def make_letter(report: Report | None = None, *, address: str = "") -> Letter:
    """A letter with this report, or with one of a single row."""
    return Letter(1, report or make_report(), State.APPLIED, address, "en", "")


def write_form(form: str, out: TextIO) -> None:
    """What a sink is given to write the report with, for a test that does not look at it: the name of the format."""
    out.write(form)
