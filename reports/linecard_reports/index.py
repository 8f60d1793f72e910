"""The page by which filed reports are browsed: it searches and filters by itself, without a server."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from datetime import date
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, TextIO
from zoneinfo import ZoneInfo

from linecard.api import sanitize
from linecard.api.report import FINE, ArchiveEntry, Index, Outcome, State, find_result
from linecard_reports.template_renderer import render
from linecard_reports.weeks import HEIGHT, PARTS, Counted, draw

SHOWN = 50
"""Entries that stand in the page itself, for readers whose browser runs no scripts."""

BEGIN, BETWEEN, END = "[\n", ",\n", "\n]"
"""Around and between the entries in a page; no entry has an end of line in it."""

RESULTS = {
    State.APPLIED: ("done", "All done"),
    State.UNCHANGED: ("done", "Nothing to change"),
    State.PARTIAL: ("partial", "Not all done"),
    State.REJECTED: ("rejected", "File refused"),
    State.HELD: ("held", "Waits for a decision"),
    State.DISCARDED: ("discarded", "Discarded"),
    State.SUPERSEDED: ("superseded", "Superseded"),
}
"""What a run came to: under which word it is found, and how it is said."""
OTHERWISE = ("other", "Under way")
CHOICES = {
    "done": "All done",
    "partial": "Not all done",
    "rejected": "File refused",
    "held": "Waits for a decision",
    "discarded": "Discarded",
    "superseded": "Superseded",
}
MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905


class IndexPage:
    """One HTML file with its list in it; the script that filters is named by its sum and no other runs."""

    name = "index.html"

    def render_entry(self, filed: ArchiveEntry, timezone: str) -> str:
        """A JSON list: number, time, inbox, file, note, word and sentence of the result, counts, path, retry sheet."""
        counts = [filed.counts.get(outcome, 0) for outcome in Outcome]
        while counts and not counts[-1]:
            counts.pop()
        at = filed.created.astimezone(ZoneInfo(timezone)).isoformat(" ", "minutes")[:16]
        said = (sanitize(filed.inbox), sanitize(filed.file), sanitize(filed.description), *_find_result(filed))
        values = [filed.id, at, *said, counts, filed.path, int(filed.retry)]
        return _escape_markup(json.dumps(values, ensure_ascii=False, separators=(",", ":")))

    def read_lines(self, page: Path) -> list[str]:
        _, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        lines, end, _ = rest.partition(END)
        return lines.split(BETWEEN) if begin and end and lines else []

    def render(self, index: Index, out: TextIO, *, templates: Path | None = None) -> None:
        script = _load_script()
        rows = [_Row(*json.loads(line)) for line in index.lines]
        facts: dict[str, Any] = {
            "index": index,
            "title": f"Reports of {_month_name(index.month)}" if index.month else "Reports",
            "base": "../../" if index.month else "",
            "choices": CHOICES,
            "months": [(month, _month_name(month.name)) for month in index.months],
            "shown": rows[:SHOWN],
            "weeks": draw(map(_count, rows), whole=bool(index.month) or index.total <= len(rows)),
            "parts": PARTS,
            "highest": HEIGHT,
            "data": f"{BEGIN}{BETWEEN.join(index.lines)}{END}",
            "outcomes": [outcome.value for outcome in Outcome],
            "script": script,
            "sum": b64encode(sha256(script.encode()).digest()).decode(),
        }
        out.writelines(render("index.html.j2", facts, templates))


class _Row(NamedTuple):
    """An entry as it stands in its line."""

    id: int
    at: str
    inbox: str
    file: str
    note: str
    kind: str
    result: str
    counts: list[int]
    path: str
    retry: int

    @property
    def rows(self) -> str:
        return " · ".join(f"{n:,} {outcome}" for outcome, n in zip(Outcome, self.counts, strict=False) if n)


def _count(row: _Row) -> Counted:
    """The rows of a report by what whoever looks after them must know. Of one that was given up, those made count."""
    parts: Counter[str] = Counter()
    for outcome, n in zip(Outcome, row.counts, strict=False):
        if outcome in FINE:
            parts["done"] += n
        elif row.kind not in ("discarded", "superseded"):
            # Pages of earlier versions say skipped of a plan that waits.
            waits = outcome is Outcome.PLANNED or (outcome is Outcome.SKIPPED and row.kind == "held")
            parts["held" if waits else "not-done"] += n
    return Counted(date.fromisoformat(row.at[:10]), parts)


def _find_result(entry: ArchiveEntry) -> tuple[str, str]:
    return RESULTS.get(find_result(State(entry.state), entry.counts), OTHERWISE)


def _month_name(month: str) -> str:
    year, _, number = month.partition("/")
    return f"{MONTHS[int(number) - 1]} {year}"


def _escape_markup(text: str) -> str:
    """JSON that ends no element of the page it stands in."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


@cache
def _load_script() -> str:
    return resources.files("linecard_reports").joinpath("templates", "index.js").read_text(encoding="utf-8")
