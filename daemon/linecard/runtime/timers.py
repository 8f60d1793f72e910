"""When an inbox is looked into in any case, and when it is left in peace."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from apscheduler.job import Job
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from linecard.config import InboxConfig
from linecard.rules.hours import next_due


def every(seconds: float, jitter: float = 0.0) -> IntervalTrigger:
    return IntervalTrigger(seconds=max(1, round(seconds)), timezone=UTC, jitter=round(jitter) or None)


def of_inbox(inbox: InboxConfig, zone: ZoneInfo) -> BaseTrigger:
    """The times of an inbox: its `cron` in the site's time zone, else every `scan`; both spread by its `jitter`."""
    if inbox.cron is None:
        return every(inbox.scan, inbox.jitter)
    times = CronTrigger.from_crontab(inbox.cron, timezone=zone)
    times.jitter = round(inbox.jitter) or None
    return times


class Daily(BaseTrigger):  # type: ignore[misc]  # apscheduler has no types
    """A time of day on some days of the week, in a time zone; once where the clock is put back."""

    def __init__(self, at: str, days: Collection[str], zone: ZoneInfo) -> None:
        self._at, self._days, self._zone = at, days, zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:  # noqa: ARG002
        return next_due(self._at, self._days, now.astimezone(self._zone)).astimezone(UTC)


def anew(job: Job) -> None:
    """Set a timer anew after the wall clock was set: one with hours of its own keeps them, another runs now."""
    if isinstance(job.trigger, CronTrigger):
        job.reschedule(job.trigger)
    else:
        job.modify(next_run_time=datetime.now(UTC))
