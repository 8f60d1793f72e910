"""The board: what the daemon does now and what is wrong, for people and for figures. Safe from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

MOST_NAMED = 5
"""Files that wait for their marker are named up to so many."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not as it should be, since when, and what to do."""

    what: str
    message: str
    remedy: str
    since: datetime


@dataclass(slots=True)
class InboxView:
    """An inbox as the last look saw it.

    `awaiting` are the files that wait for their marker or checksum file, by name, and which of the two; `overdue` those
    of them that have waited for hours.
    """

    looked: datetime | None = None
    waiting: int = 0
    received: int = 0
    awaiting: Mapping[str, str] = field(default_factory=dict)
    overdue: Sequence[str] = ()


Changed = Callable[[Trouble, bool], None]
"""Told of a trouble that appeared (True) or went away (False); once each, however often it is met."""


class Board:
    """`now` gives aware times; `changed` is told of troubles that come and go."""

    def __init__(self, now: Callable[[], datetime], changed: Changed = lambda _trouble, _there: None) -> None:
        self._now, self._changed = now, changed
        self._lock = threading.Lock()
        self._doing: dict[str, tuple[str, datetime, int, int | None]] = {}
        self._troubles: dict[str, Trouble] = {}
        self._inboxes: dict[str, InboxView] = {}
        self.steps = 0
        """Counts every piece of work that came to an end; a daemon that hangs does not count on."""

    # -- troubles --------------------------------------------------------------------------------------------------

    def trouble(self, what: str, message: str, remedy: str = "") -> None:
        """Something is wrong with `what`. Said again, it is only news if the message is another."""
        with self._lock:
            old = self._troubles.get(what)
            if old is not None and old.message == message:
                return
            new = Trouble(what, message, remedy, old.since if old is not None else self._now())
            self._troubles[what] = new
        self._changed(new, True)

    def well(self, what: str) -> None:
        """`what` is as it should be."""
        with self._lock:
            gone = self._troubles.pop(what, None)
        if gone is not None:
            self._changed(gone, False)

    def only(self, prefix: str, messages: dict[str, tuple[str, str]]) -> None:
        """These (message and remedy) are all troubles whose names begin with `prefix`; others have gone."""
        with self._lock:
            gone = [what for what in self._troubles if what.startswith(prefix) and what not in messages]
        for what in gone:
            self.well(what)
        for what, (message, remedy) in messages.items():
            self.trouble(what, message, remedy)

    @property
    def troubles(self) -> list[Trouble]:
        with self._lock:
            return sorted(self._troubles.values(), key=lambda trouble: trouble.since)

    # -- work ------------------------------------------------------------------------------------------------------

    def begin(self, where: str, what: str, total: int | None = None) -> None:
        """`where` (a PBX, an inbox, the reporter) is at work on `what` now."""
        with self._lock:
            self._doing[where] = (what, self._now(), 0, total)

    def progress(self, where: str, more: int) -> None:
        with self._lock:
            self.steps += 1
            if where in self._doing:
                what, since, done, total = self._doing[where]
                self._doing[where] = (what, since, done + more, total)

    def end(self, where: str) -> None:
        with self._lock:
            self.steps += 1
            self._doing.pop(where, None)

    def looked(
        self,
        inbox: str,
        waiting: int,
        received: int,
        awaiting: Mapping[str, str] = MappingProxyType({}),
        overdue: Sequence[str] = (),
    ) -> None:
        with self._lock:
            self.steps += 1
            view = self._inboxes.setdefault(inbox, InboxView())
            view.looked, view.waiting, view.received = self._now(), waiting, view.received + received
            view.awaiting, view.overdue = awaiting, overdue

    @property
    def inboxes(self) -> dict[str, InboxView]:
        with self._lock:
            return {name: replace(view) for name, view in self._inboxes.items()}

    def sentence(self) -> str:
        """What is done now, in a few words."""
        with self._lock:
            doing = [f"{where}: {what}" for where, (what, *_) in self._doing.items()]
            troubles = len(self._troubles)
        text = "; ".join(doing) or "watching"
        return f"{text} ({troubles} {'trouble' if troubles == 1 else 'troubles'})" if troubles else text

    def facts(self) -> dict[str, Any]:
        """All of it as plain values."""
        inboxes = self.inboxes
        troubles = self.troubles
        with self._lock:
            doing = [
                {"where": where, "what": what, "since": since.isoformat(), "done": done, "total": total}
                for where, (what, since, done, total) in self._doing.items()
            ]
        return {
            "doing": doing,
            "inboxes": [
                {
                    "name": name,
                    "looked": view.looked.isoformat() if view.looked else None,
                    "waiting": view.waiting,
                    "received": view.received,
                    "awaiting_marker": sum(use == "marker" for use in view.awaiting.values()),
                    "awaiting_checksum": sum(use == "checksum" for use in view.awaiting.values()),
                    "awaiting_files": sorted(view.awaiting)[:MOST_NAMED],
                }
                for name, view in sorted(inboxes.items())
            ],
            "troubles": [
                {"what": t.what, "message": t.message, "remedy": t.remedy or None, "since": t.since.isoformat()}
                for t in troubles
            ],
        }


def paced(progress: Callable[[int], None], every: int = 1000) -> Callable[[int], None]:
    """Passes on what is told of progress in larger portions, so that telling costs nothing."""
    kept = 0

    def told(more: int) -> None:
        nonlocal kept
        kept += more
        if kept >= every:
            progress(kept)
            kept = 0

    return told
