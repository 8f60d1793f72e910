"""Whether linecard and the plain script came to the same: the bad lines, and the directory in the end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

_DIRECTORY = "SELECT extension, member, number FROM extensions ORDER BY extension"


def bad_lines(checked: Path) -> set[int]:
    """The lines with an error in what `linecard check --json` wrote."""
    with checked.open(encoding="utf-8") as file:
        return {fault["line"] for fault in json.load(file)["faults"] if fault["severity"] == "error"}


def plain_bad_lines(bad: Path) -> set[int]:
    return {int(line) for line in bad.read_text().split()}


def difference(ours: Path, plain: Path) -> str:
    """The first extension that two directory files hold differently, in words; empty if they hold the same."""
    for mine, other in zip_longest(_entries(ours), _entries(plain)):
        if mine != other:
            return f"linecard has {mine}, the plain script has {other}"
    return ""


def size(file: Path) -> int:
    """How many extensions a directory file holds."""
    return sum(1 for _ in _entries(file))


def _entries(file: Path) -> Iterator[tuple[str, str | None, str | None]]:
    connection = sqlite3.connect(file)
    try:
        yield from connection.execute(_DIRECTORY)
    finally:
        connection.close()
