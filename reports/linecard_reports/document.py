"""The report as JSON: all facts of a run, one row a line, written as it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from linecard.api import Outcome, Report, plain


class Document:
    """The run as one JSON object (see docs/reference.md for its shape)."""

    name = "json"
    suffix = ".json"
    media_type = "application/json"

    def render(self, report: Report, out: TextIO, *, templates: Path | None = None) -> None:  # noqa: ARG002
        said = report.headline
        head = plain.run(report.run) | {
            "site": report.site,
            "counts": {outcome.value: report.counts.get(outcome, 0) for outcome in Outcome},
            "total": report.total,
            "headline": {"tone": said.tone, "title": said.title, "todo": said.todo or None},
        }
        separator = "{"
        for key, value in head.items():
            out.write(f"{separator}{json.dumps(key)}: {_text(value)}")
            separator = ",\n "
        lists: dict[str, Iterable[Any]] = {
            "faults": map(plain.fault, report.faults()),
            "rows": map(plain.line, report.lines()),
            "events": _events(report),
        }
        for key, items in lists.items():
            out.write(f"{separator}{json.dumps(key)}: [")
            comma = "\n  "
            for item in items:
                out.write(comma + _text(item))
                comma = ",\n  "
            out.write("]")
        out.write("}\n")


def _text(value: Any) -> str:
    """JSON in which control, bidi and other invisible characters are escaped; all others stay readable."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _events(report: Report) -> Iterator[dict[str, Any]]:
    for event in report.events():
        yield {
            "at": event.at.isoformat(),
            "was": event.was.value if event.was else None,
            "state": event.state.value,
            "who": event.who,
            "why": event.why,
        }
