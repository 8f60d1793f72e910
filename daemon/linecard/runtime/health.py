"""Health: what the daemon does now and what is wrong, for people and for metrics. Safe from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

MAX_NAMED = 5
"""Files that wait for their marker are named up to so many."""


@dataclass(frozen=True, slots=True)
class ActiveAlert:
    """An alert while it lasts: what is not as it should be, since when, and what to do."""

    what: str
    message: str
    remedy: str
    since: datetime


@dataclass(slots=True)
class InboxStatus:
    """An inbox as the last look saw it.

    `awaiting` are the files that wait for their marker or checksum file, by name, and which of the two; `overdue` those
    of them that have waited for hours.
    """

    last_scan: datetime | None = None
    waiting: int = 0
    received: int = 0
    awaiting: Mapping[str, str] = field(default_factory=dict)
    overdue: Sequence[str] = ()


AlertListener = Callable[[ActiveAlert, bool], None]
"""Told of an alert that appeared (True) or went away (False); once each, however often it is met."""


class Health:
    """`now` gives aware times; `changed` is told of alerts that come and go."""

    def __init__(self, now: Callable[[], datetime], changed: AlertListener = lambda _trouble, _there: None) -> None:
        self._now, self._changed = now, changed
        self._lock = threading.Lock()
        self._tasks: dict[str, tuple[str, datetime, int, int | None]] = {}
        self._alerts: dict[str, ActiveAlert] = {}
        self._inboxes: dict[str, InboxStatus] = {}
        self.steps = 0
        """Counts every piece of work that came to an end; a daemon that hangs does not count on."""

    # -- alerts --------------------------------------------------------------------------------------------------

    def raise_alert(self, what: str, message: str, remedy: str = "") -> None:
        """Something is wrong with `what`. Said again, it is only news if the message is another."""
        with self._lock:
            old = self._alerts.get(what)
            if old is not None and old.message == message:
                return
            new = ActiveAlert(what, message, remedy, old.since if old is not None else self._now())
            self._alerts[what] = new
        self._changed(new, True)

    def clear_alert(self, what: str) -> None:
        """`what` is as it should be."""
        with self._lock:
            gone = self._alerts.pop(what, None)
        if gone is not None:
            self._changed(gone, False)

    def replace_alerts(self, prefix: str, messages: dict[str, tuple[str, str]]) -> None:
        """These (message and remedy) are all alerts whose names begin with `prefix`; others have gone."""
        with self._lock:
            gone = [what for what in self._alerts if what.startswith(prefix) and what not in messages]
        for what in gone:
            self.clear_alert(what)
        for what, (message, remedy) in messages.items():
            self.raise_alert(what, message, remedy)

    @property
    def alerts(self) -> list[ActiveAlert]:
        with self._lock:
            return sorted(self._alerts.values(), key=lambda alert: alert.since)

    # -- work ------------------------------------------------------------------------------------------------------

    def begin_task(self, where: str, what: str, total: int | None = None) -> None:
        """`where` (a PBX, an inbox, the reporter) is at work on `what` now."""
        with self._lock:
            self._tasks[where] = (what, self._now(), 0, total)

    def advance_task(self, where: str, more: int) -> None:
        with self._lock:
            self.steps += 1
            if where in self._tasks:
                what, since, done, total = self._tasks[where]
                self._tasks[where] = (what, since, done + more, total)

    def end_task(self, where: str) -> None:
        with self._lock:
            self.steps += 1
            self._tasks.pop(where, None)

    def record_scan(
        self,
        inbox: str,
        waiting: int,
        received: int,
        awaiting: Mapping[str, str] = MappingProxyType({}),
        overdue: Sequence[str] = (),
    ) -> None:
        with self._lock:
            self.steps += 1
            view = self._inboxes.setdefault(inbox, InboxStatus())
            view.last_scan, view.waiting, view.received = self._now(), waiting, view.received + received
            view.awaiting, view.overdue = awaiting, overdue

    @property
    def inboxes(self) -> dict[str, InboxStatus]:
        with self._lock:
            return {name: replace(view) for name, view in self._inboxes.items()}

    def describe(self) -> str:
        """What is done now, in a few words."""
        with self._lock:
            doing = [f"{where}: {what}" for where, (what, *_) in self._tasks.items()]
            alerts = len(self._alerts)
        text = "; ".join(doing) or "watching"
        return f"{text} ({alerts} {'alert' if alerts == 1 else 'alerts'})" if alerts else text

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        inboxes = self.inboxes
        alerts = self.alerts
        with self._lock:
            doing = [
                {"where": where, "what": what, "since": since.isoformat(), "done": done, "total": total}
                for where, (what, since, done, total) in self._tasks.items()
            ]
        return {
            "doing": doing,
            "inboxes": [
                {
                    "name": name,
                    "looked": view.last_scan.isoformat() if view.last_scan else None,
                    "waiting": view.waiting,
                    "received": view.received,
                    "awaiting_marker": sum(use == "marker" for use in view.awaiting.values()),
                    "awaiting_checksum": sum(use == "checksum" for use in view.awaiting.values()),
                    "awaiting_files": sorted(view.awaiting)[:MAX_NAMED],
                }
                for name, view in sorted(inboxes.items())
            ],
            "alerts": [
                {"what": t.what, "message": t.message, "remedy": t.remedy or None, "since": t.since.isoformat()}
                for t in alerts
            ],
        }


def batch_progress(progress: Callable[[int], None], every: int = 1000) -> Callable[[int], None]:
    """Passes on what is told of progress in larger portions, so that telling costs nothing."""
    kept = 0

    def add(more: int) -> None:
        nonlocal kept
        kept += more
        if kept >= every:
            progress(kept)
            kept = 0

    return add
