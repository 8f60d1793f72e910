"""One session on a small site, from which the reference shows what each command gives as JSON."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from house.console import typed

_FIRST = (
    r"Action;LoginEmail;Extension;Number\nattach;ada@example.com;1234;+33123456789\nattach;alan@example.com;1235;\n"
)
_SHEET = r"Action;LoginEmail;Extension\nattach;\047ada@example.com;1240\nattach;grace@example.com;1235\n"
PREPARATION = (
    "linecard init mysite",
    "export LINECARD_CONFIG=$PWD/mysite/linecard.yaml",
    f"printf '{_FIRST}' > first.csv",
    "linecard import first.csv --yes",
    f"printf '{_SHEET}' > sheet.csv",
    "sed -i 's/    # limits:.*/    limits: {move: {count: 0}}/' mysite/linecard.yaml",
)
SHOWN = (
    "linecard check sheet.csv --json",
    "linecard plan sheet.csv --json",
    "linecard import sheet.csv --yes --json",
    "linecard show 1 --json",
    "linecard runs --last 1 --json",
    "linecard members --json",
    "linecard plugins --json",
    "linecard doctor --json",
    "linecard resume --json",
)
_TIME = re.compile(r"2026-12-01 08:00\+00:00")


def results() -> dict[str, str]:
    """What each of the `SHOWN` commands prints, the same on every day and in every folder."""
    with tempfile.TemporaryDirectory() as folder:
        seen = typed([*PREPARATION, *SHOWN], Path(folder))
    found = {}
    for command, lines in zip(SHOWN, seen[len(PREPARATION) :], strict=True):
        found[command] = _TIME.sub("2026-12-01T08:00:00+00:00", "\n".join(lines))
        json.loads(found[command])  # what is no JSON must not get into the reference
    return found


def shapes() -> str:
    """A block of JSON for each command."""
    return "\n".join(f"`{command}`\n\n```json\n{text}\n```\n" for command, text in results().items())
