"""The timers of the daemon, when somebody sets the clock: their cost does not grow with the jump."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.job import Job
from apscheduler.schedulers.background import BackgroundScheduler

from linecard.runtime.timers import Crontab, Daily, Every

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TRIGGERS = [
    Every(1),
    Every(5, jitter=2),
    Every(3600),
    Crontab("* * * * *", PARIS),
    Crontab("0 7 * * 1-5", PARIS, jitter=300),
    Daily("07:00", ("mon",), PARIS),
]


def job_of(trigger) -> Job:
    return BackgroundScheduler(timezone=UTC).add_job(lambda: None, trigger, next_run_time=NOW)


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("jump", [timedelta(days=3653), timedelta(days=36530), timedelta(days=-365)])
def test_a_jump_costs_one_run(trigger, jump):
    """APScheduler lists each time that was missed; ours answers with one that lies ahead."""
    job, now = job_of(trigger), NOW + jump
    begun = time.monotonic()
    runs = job._get_run_times(now)
    assert time.monotonic() - begun < 1
    assert runs == ([NOW] if jump > timedelta(0) else [])
    after = trigger.get_next_fire_time(NOW, now)
    assert now < after <= now + timedelta(days=8)


def test_every_so_often():
    """Without a jump the times follow one another evenly."""
    at, found = NOW, []
    for _ in range(3):
        at = Every(5).get_next_fire_time(at, at)
        found.append(f"{at:%H:%M:%S}")
    assert found == ["12:00:05", "12:00:10", "12:00:15"]


@pytest.mark.parametrize(
    "trigger", [Every(60, 30, lambda _, most: most), Crontab("0 * * * *", PARIS, 30, lambda _, most: most)]
)
def test_jitter_comes_on_top(trigger):
    """Times are spread to one side, so that none comes twice."""
    first = trigger.get_next_fire_time(None, NOW)
    second = trigger.get_next_fire_time(first, first)
    assert first.second == 30
    assert second - first >= timedelta(seconds=60)
