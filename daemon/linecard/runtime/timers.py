"""When an inbox is looked into in any case, and when it is left in peace.

APScheduler asks a trigger for one time after the other until one lies ahead. Every trigger here answers with a time
that does, whatever was missed: a clock that jumps by ten years costs one run of each timer, and no list of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.job import Job
from apscheduler.triggers.base import BaseTrigger

from linecard.config import InboxConfig
from linecard.rules import crontab
from linecard.rules.hours import next_due

Spread = Callable[[float, float], float]


class Every(BaseTrigger):  # type: ignore[misc]  # apscheduler has no types
    """After so many seconds, and up to `jitter` more; times that were missed are left out."""

    def __init__(self, seconds: float, jitter: float = 0.0, spread: Spread = random.uniform) -> None:
        self._interval, self._jitter, self._spread = timedelta(seconds=max(1, round(seconds))), jitter, spread

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        due = (previous_fire_time or now) + self._interval
        if not now < due <= now + self._interval:  # times were missed, or the clock was set back
            due = now + self._interval
        return (due + timedelta(seconds=self._spread(0.0, self._jitter))).astimezone(UTC)


class Crontab(BaseTrigger):  # type: ignore[misc]
    """The times of a crontab in a time zone, each up to `jitter` seconds later."""

    def __init__(self, text: str, zone: ZoneInfo, jitter: float = 0.0, spread: Spread = random.uniform) -> None:
        self._text, self._zone, self._jitter, self._spread = text, zone, jitter, spread

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:  # noqa: ARG002
        due = crontab.next_time(self._text, now.astimezone(self._zone))
        return due.astimezone(UTC) + timedelta(seconds=self._spread(0.0, self._jitter))


class Daily(BaseTrigger):  # type: ignore[misc]
    """A time of day on some days of the week, in a time zone; once where the clock is put back."""

    def __init__(self, at: str, days: Collection[str], zone: ZoneInfo) -> None:
        self._at, self._days, self._zone = at, days, zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:  # noqa: ARG002
        return next_due(self._at, self._days, now.astimezone(self._zone)).astimezone(UTC)


def inbox_trigger(inbox: InboxConfig, zone: ZoneInfo) -> BaseTrigger:
    """The times of an inbox: its `cron` in the site's time zone, else every `scan`; both spread by its `jitter`."""
    if inbox.cron is None:
        return Every(inbox.scan, inbox.jitter)
    return Crontab(inbox.cron, zone, inbox.jitter)


def reset_timer(job: Job) -> None:
    """Set a timer again after the wall clock was set: one with hours of its own keeps them, another runs now."""
    if isinstance(job.trigger, Crontab):
        job.reschedule(job.trigger)
    else:
        job.modify(next_run_time=datetime.now(UTC))
