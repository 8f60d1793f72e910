"""The report as JSON: all facts of a run, one row a line, written as it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring as _string
from pathlib import Path
from typing import Any, TextIO

from linecard.api import sanitize_json
from linecard.api.report import Holding, Line, Outcome, Report, as_dict


class Document:
    """The run as one JSON object (see docs/reference.md for its shape)."""

    name = "json"
    suffix = ".json"
    media_type = "application/json"

    def render(self, report: Report, out: TextIO, *, templates: Path | None = None) -> None:  # noqa: ARG002
        said = report.headline
        counts = {outcome.value: report.counts.get(outcome, 0) for outcome in Outcome}
        head = as_dict.run(report.run, counts, report.seconds_left) | {
            "site": report.site,
            "headline": {"tone": said.tone, "title": said.title, "remedy": said.remedy or None},
            "followers": [as_dict.follower(found) for found in report.followers],
        }
        separator = "{"
        for key, value in head.items():
            out.write(f"{separator}{json.dumps(key)}: {_render_value(value)}")
            separator = ",\n "
        lists: dict[str, Iterable[str]] = {
            "faults": map(_render_value, map(as_dict.fault, report.faults())),
            "rows": map(render_row, report.lines()),
            "events": map(_render_value, _event_facts(report)),
        }
        for key, items in lists.items():
            out.write(f"{separator}{json.dumps(key)}: [")
            comma = "\n  "
            for item in items:
                out.write(comma + item)
                comma = ",\n  "
            out.write("]")
        out.write("}\n")


def render_row(line: Line) -> str:
    """The JSON of `as_dict.line`, set without a dictionary being made of it first: which takes a third of the time."""
    at, action, member, pbx, extension, number, outcome, code, message, remedy, before, after, also, warnings = line
    return sanitize_json(
        f'{{"line": {at}, "action": {_string(action) if action else NULL}, '
        f'"member": {_string(member) if member else NULL}, "pbx": {_string(pbx) if pbx else NULL}, '
        f'"extension": {_string(extension) if extension else NULL}, "number": {_string(number) if number else NULL}, '
        f'"outcome": "{outcome}", "code": {_string(code)}, "message": {_string(message)}, '
        f'"remedy": {_string(remedy) if remedy else NULL}, '
        f'"before": {_render_holding(before) if before else NULL}, '
        f'"after": {_render_holding(after) if after else NULL}, '
        f'"also": {_encode([as_dict.effect(effect) for effect in also]) if also else EMPTY}, '
        f'"warnings": {_encode([as_dict.warning(fault) for fault in warnings]) if warnings else EMPTY}}}'
    )


def _render_holding(held: Holding) -> str:
    member, numbers = held
    listed = [_string(number) for number in numbers]
    rings = f'"number": {listed[0]}, "numbers": [{", ".join(listed)}]' if listed else NO_NUMBER
    return f'{{"member": {NULL if member is None else _string(member)}, {rings}}}'


def _render_value(value: Any) -> str:
    return sanitize_json(_encode(value))


NULL, EMPTY, NO_NUMBER = "null", "[]", '"number": null, "numbers": []'
_encode = json.JSONEncoder(ensure_ascii=False).encode


def _event_facts(report: Report) -> Iterator[dict[str, Any]]:
    for event in report.events():
        yield {
            "at": event.at.isoformat(),
            "was": event.was.value if event.was else None,
            "state": event.state.value,
            "who": event.who,
            "why": event.why,
        }
