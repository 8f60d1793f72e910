"""The message and its signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from linecard.api.report import Summary, as_dict, find_result
from linecard.api.sink import Letter, Note

MOST_PROBLEMS = 20
"""Rows that were not done and stand in the message; the report has all."""


def make_body(letter: Letter, problems: list[dict[str, Any]]) -> bytes:
    """What happened, in one JSON object (docs/reference.md shows one)."""
    report = letter.report
    said = report.headline
    return json.dumps(
        {
            "delivery": letter.id,
            "event": f"run.{find_result(letter.state, report.counts)}",
            "site": report.site,
            "run": as_dict.run(report.run, report.counts, report.seconds_left),
            "headline": {"tone": said.tone, "title": said.title, "remedy": said.remedy or None},
            "problems": problems,
            "report": letter.filed or None,
        },
        ensure_ascii=False,
    ).encode()


def make_notice_body(note: Note) -> bytes:
    """An alert, or a digest."""
    notice, about = note.notice, note.notice.about
    event, facts = ("digest", as_dict.summary(about)) if isinstance(about, Summary) else ("alert", as_dict.alert(about))
    return json.dumps(
        {"delivery": note.id, "event": event, "site": notice.site, "at": notice.at.isoformat(), event: facts},
        ensure_ascii=False,
    ).encode()


def sign(secret: str, at: int, content: bytes) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA-256 over the seconds, a dot and the body, so that an old one is known as such."""
    sum_of = hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256)
    return f"t={at},v1={sum_of.hexdigest()}"
