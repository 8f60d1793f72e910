"""What a mail says of a run: the facts that its templates are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from linecard.api import Context, sanitize, sanitize_line
from linecard.api.report import COUNTED, FINE, Code, Excerpt, Line, Outcome, Report, State, Wording, result
from linecard.api.sink import Letter
from linecard_mail.options import MailOptions
from linecard_mail.template_renderer import sanitize_header

NOT_SENT = (Outcome.PLANNED, Outcome.SKIPPED)
WRONG = tuple(outcome for outcome in Outcome if outcome not in FINE and outcome not in NOT_SENT)
ASKS = frozenset({State.HELD, State.REJECTED, State.PARTIAL})
"""States in which somebody has to do something."""
DECIDED = frozenset({State.DISCARDED, State.SUPERSEDED})
"""States in which nobody has to, whatever its rows came to: a person, or a newer file, has settled them."""
MOST_SUBJECT = 180

COLOURS = {
    Outcome.DONE: "#2b8a57",
    Outcome.UNCHANGED: "#8b98a9",
    Outcome.INVALID: "#c23a3a",
    Outcome.REFUSED: "#c98616",
    Outcome.FAILED: "#8c1217",
    Outcome.UNKNOWN: "#7d4cad",
    Outcome.SKIPPED: "#5f7fb5",
    Outcome.PLANNED: "#3f8f9b",
}
TONES = {"good": "#2b8a57", "attention": "#c98616", "bad": "#c23a3a"}

_WAITING = {
    State.PLANNED: "Would be done",
    State.HELD: "Would be done",
    State.DISCARDED: "Would have been done",
    State.SUPERSEDED: "Would have been done",
}


@dataclass(frozen=True, slots=True)
class Room:
    """How many rows of each kind a mail has; all are in the attached files."""

    problems: int = 40
    others: int = 20

    def halve(self) -> Room:
        return Room(self.problems // 2, self.others // 2)


class RowExcerpt:
    """The first rows of some outcomes and codes; `count` is how many there are, `hidden` how many are left out."""

    def __init__(self, report: Report, most: int, outcomes: tuple[Outcome, ...], codes: tuple[str, ...] = ()) -> None:
        self.count = report.count(*outcomes, codes=codes)
        self.lines: list[Line] = list(report.lines(*outcomes, codes=codes, limit=most)) if self.count and most else []
        self.hidden = self.count - len(self.lines)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)


def make_subject(report: Report, words: Wording) -> str:
    """`linecard hr: 41 done, 2 refused - joiners.csv`; one line, whatever a file is called."""
    run = report.run
    head = f"linecard {run.inbox}: {result(run.state, report.counts, words)}"
    name = sanitize_line(sanitize(run.drop.name))  # a line end in a name is odd, and worth being seen
    most = max(20, MOST_SUBJECT - len(head))
    return sanitize_header(f"{head} - {name if len(name) <= most else name[: most - 1] + '…'}")


def collect_facts(letter: Letter, context: Context, options: MailOptions, words: Wording, room: Room) -> dict[str, Any]:
    """All that a template may use (docs/mail.md lists it)."""
    report = letter.report
    run = report.run
    zone = ZoneInfo(report.timezone)
    counts = {outcome: report.counts.get(outcome, 0) for outcome in Outcome}
    wrong = any(n for outcome, n in counts.items() if outcome not in FINE)
    asks = run.state in ASKS or (wrong and run.state not in DECIDED)
    by = run.changed + timedelta(days=options.within) if options.within and asks else None
    errors = (fault for fault in report.faults(whole_file=True) if fault.severity == "error")
    warnings = (fault for fault in report.faults() if fault.severity == "warning")
    rejected = run.state is State.REJECTED
    return {
        "language": words.language,
        "_": words,
        "many": words.many,
        "number": words.number,
        "moment": make_moment_formatter(words, zone),
        "subject": make_subject(report, words),
        "report": report,
        "run": run,
        "said": report.headline,
        "asks": asks,
        "by": by,
        "tone": TONES[report.headline.tone],
        "total": report.total,
        "counts": {outcome: n for outcome, n in counts.items() if n},
        "counted": lambda outcome: words.many(*COUNTED[outcome], counts[outcome]),
        "bar": bar_shares(counts),
        "colours": COLOURS,
        "names": {outcome: words(outcome.value) for outcome in Outcome},
        "errors": Excerpt(errors, room.others) if rejected else Excerpt(iter(()), 0),
        "problems": RowExcerpt(report, room.problems, WRONG),
        "taken": RowExcerpt(report, room.others, (Outcome.DONE,), (Code.TOOK_OVER,)),
        "waiting": RowExcerpt(report, room.others, NOT_SENT),
        "waiting_title": words(_WAITING.get(run.state, "Not applied")),
        "warnings": Excerpt(warnings, room.others),
        "lost": Excerpt(report.lost_numbers(), room.others),
        "link": report_link(letter.filed, context, options),
        "answers": bool(options.reply_to),
        "sink": context.name,
    }


def make_moment_formatter(words: Wording, zone: ZoneInfo) -> Callable[[datetime], str]:
    return lambda at: words.moment(at.astimezone(zone))


def bar_shares(counts: dict[Outcome, int]) -> list[tuple[Outcome, int]]:
    """Shares in percent, whole numbers that add up to 100; what is there at all is seen."""
    there = {outcome: n for outcome, n in counts.items() if n}
    if not there:
        return []
    total = sum(there.values())
    shares = {outcome: max(1, 100 * n // total) for outcome, n in there.items()}
    largest = max(shares, key=lambda outcome: shares[outcome])
    shares[largest] += 100 - sum(shares.values())
    return list(shares.items())


def report_link(found: str, context: Context, options: MailOptions) -> str:
    """The web address of a report that is filed there; empty where it has none."""
    if options.link is None or not found:
        return ""
    filed = PurePath(found)
    if not filed.is_relative_to(context.site.reports):
        return ""
    return f"{options.link.rstrip('/')}/{quote(str(filed.relative_to(context.site.reports)))}"
