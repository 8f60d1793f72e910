"""Reports for reading: one HTML page without outside resources, and plain text for terminals and mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from linecard.api.report import FINE, Code, Excerpt, Line, Outcome, Report, State, find_result
from linecard_reports.tables import Retry, Table
from linecard_reports.template_renderer import render

MOST_PROBLEMS = 2000
MOST_OTHERS = 500
"""Rows a page shows of each kind; the CSV report beside it has all."""

FEW = 25
"""So many rows that are fine are shown without being asked for."""

_WAITING = {
    State.PLANNED: "Would be done",
    State.HELD: "Would be done",
    State.DISCARDED: "Would have been done",
    State.SUPERSEDED: "Would have been done",
}

NOT_SENT = (Outcome.PLANNED, Outcome.SKIPPED)
WRONG = tuple(outcome for outcome in Outcome if outcome not in FINE and outcome not in NOT_SENT)


class _Template:
    """Renders through a template; a file of the same name in the site's folder comes first."""

    template: str

    def render(self, report: Report, out: TextIO, *, templates: Path | None = None) -> None:
        """Raises `ReportError`, with file and line, when a template of the site's own is wrong."""
        out.writelines(render(self.template, self._facts(report), templates))

    def _facts(self, report: Report) -> dict[str, Any]:
        zone = ZoneInfo(report.timezone)
        total = report.total
        counts = {outcome: report.counts.get(outcome, 0) for outcome in Outcome}
        where = PurePath(report.path)
        warnings = (fault for fault in report.faults() if fault.severity == "warning")
        return {
            "report": report,
            "run": report.run,
            "result": find_result(report.run.state, report.counts),
            "said": report.headline,
            "counts": counts,
            "shares": {o: round(100 * n / total, 3) for o, n in counts.items() if n} if total else {},
            "total": total,
            "few": FEW,
            "problems": _Section(report, MOST_PROBLEMS, WRONG),
            "waiting": _Section(report, MOST_PROBLEMS, NOT_SENT),
            "waiting_title": _WAITING.get(report.run.state, "Not applied"),
            "taken": _Section(report, MOST_OTHERS, (Outcome.DONE,), (Code.TOOK_OVER,)),
            "moved": _Section(report, MOST_OTHERS, (Outcome.DONE,), (Code.MOVED, Code.NUMBER_CHANGED)),
            "lost": Excerpt(report.lost_numbers(), MOST_OTHERS),
            "rest": _Section(report, MOST_OTHERS, (Outcome.DONE, Outcome.UNCHANGED)),
            "warnings": Excerpt(warnings, MOST_OTHERS),
            "undo": f"linecard undo {report.run.id}" if counts[Outcome.DONE] else "",
            "folder": str(where.parent),
            "table": where.name + Table.suffix,
            "retry": where.name + Retry.suffix if report.to_retry else "",
            "when": lambda at: _format_time(at, zone),
        }


class Page(_Template):
    """One HTML file: what a reader needs in five seconds first, everything else below."""

    name = "html"
    suffix = ".html"
    media_type = "text/html; charset=utf-8"
    template = "report.html.j2"


class Text(_Template):
    """Plain text, safe for a terminal."""

    name = "text"
    suffix = ".txt"
    media_type = "text/plain; charset=utf-8"
    template = "report.txt.j2"


class _Section:
    """Rows of some outcomes and codes, the first ones of them; `hidden` says how many are not shown."""

    def __init__(self, report: Report, most: int, outcomes: tuple[Outcome, ...], codes: tuple[str, ...] = ()) -> None:
        self._report, self._most, self._outcomes, self._codes = report, most, outcomes, codes
        self.count = report.count(*outcomes, codes=codes)
        self.hidden = max(0, self.count - most)

    def __iter__(self) -> Iterator[Line]:
        return self._report.lines(*self._outcomes, codes=self._codes, limit=self._most)


def _format_time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
