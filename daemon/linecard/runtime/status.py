"""What a daemon says of itself: written by it, read by `linecard status`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from linecard.infrastructure.files import write_whole
from linecard.runtime.clock import since_boot
from linecard.runtime.lock import STATUS_FILE as FILE
from linecard.runtime.lock import is_served

__all__ = [
    "FILE",
    "STALE_AFTER",
    "StatusWriter",
    "age",
    "build_timestamp",
    "describe_missing_markers",
    "read_status",
    "write_status",
]

STALE_AFTER = 60.0
"""Seconds after which what a daemon has said of itself is old: it says it anew every five."""


def build_timestamp(now: datetime) -> dict[str, Any]:
    """When something is said: for people, and by a clock that nobody sets."""
    return {"at": now.isoformat(timespec="seconds"), "since_boot": round(since_boot(), 1)}


def age(facts: Mapping[str, Any]) -> float:
    """How many seconds ago a daemon said this. A clock that was set since makes it no older."""
    try:
        by_wall = abs(time.time() - datetime.fromisoformat(facts["at"]).timestamp())
        return min(by_wall, abs(since_boot() - float(facts["since_boot"])))
    except (KeyError, TypeError, ValueError):  # of another version
        return STALE_AFTER + 1


def read_status(state: Path) -> dict[str, Any] | None:
    """What the daemon of this site does now; None when none is at work."""
    if not is_served(state):
        return None
    try:
        found = json.loads((state / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


class StatusWriter:
    """Writes what the daemon does now, when that has changed."""

    def __init__(self, state: Path, now: Callable[[], datetime]) -> None:
        self._state, self._now = state, now
        self._text = ""
        self._timestamp: Mapping[str, Any] = MappingProxyType({})

    def update(self, facts: Mapping[str, Any], *, alive: bool) -> None:
        """Write these facts. Of a daemon that is not `alive` they grow old, and `linecard status` says so."""
        if alive:
            self._timestamp = build_timestamp(self._now())
        text = json.dumps({**self._timestamp, **facts}, ensure_ascii=False, indent=1)
        if text != self._text:
            self._text = text
            write_status(self._state, text)


def write_status(state: Path, text: str) -> None:
    """What the daemon does now: of no worth after a crash, so it need not be durable."""
    file = state / FILE
    with suppress(OSError), write_whole(file, text=True, fsync=False) as out:  # a full disk is told elsewhere
        out.write(text)


def describe_missing_markers(counts: Mapping[str, int], names: list[str]) -> list[str]:
    """That files wait for their marker or checksum file, a sentence for each."""
    found = []
    for use, what in (("marker", "marker"), ("checksum", "checksum file")):
        count = counts.get(use, 0)
        if count:
            they = f"{count:,} files wait for their" if count > 1 else "1 file waits for its"
            found.append(f"{they} {what}")
    if found and names:
        more = sum(counts.values()) - len(names)
        found[-1] += f" ({', '.join(names)}{f' and {more:,} more' if more > 0 else ''})"
    return [f"{sentence}." for sentence in found]
