"""Hours: a file that should have come and did not, inboxes that rest, and times of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from linecard.config import load
from linecard.model.alert import Alert
from linecard.registry import Registry
from linecard.runtime import timers
from linecard.runtime.operations import Operations
from linecard.runtime.overdue_files import find_overdue_files
from linecard.runtime.service import Service

SITE = """\
region: FR
timezone: Europe/Paris
pbxs:
  hq: {backend: directory, options: {path: state/hq.sqlite3}}
inboxes:
  hr: {path: hr, expect: {by: 07:00, days: [mon, tue, wed, thu, fri]}}
  it: {path: it}
"""


@pytest.fixture
def site(tmp_path):
    (tmp_path / "linecard.yaml").write_text(SITE)
    return tmp_path


def told(site, now: datetime, received: datetime | None = None) -> list[Alert]:
    clock = [received or now]
    with Service.load(site / "linecard.yaml", now=lambda: clock[0]) as service:
        if received is not None:
            (site / "sheet.csv").write_text(f"Action,LoginEmail\ndetach,a{received:%d%H%M}@x.org\n")
            Operations(service).receive(
                site / "sheet.csv", service.feed("hr"), description="", stage=lambda *_: lambda _n: None
            )
        clock[0] = now
        return find_overdue_files(service)


def test_a_file_that_did_not_come_is_told_until_one_comes(site):
    """Tuesday at 7:01 in Paris the last file is of Monday at 6; at 6:59 that was not late, and a late one heals it."""
    monday = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)
    tuesday = datetime(2026, 12, 1, 6, 1, tzinfo=UTC)
    assert told(site, tuesday - timedelta(minutes=2), monday) == []
    ((what, message, remedy),) = told(site, tuesday)
    assert what == "file of hr"
    assert message == "No file arrived by 2026-12-01 07:00; the last one arrived 2026-11-30 06:00."
    assert "like any other" in remedy
    assert told(site, tuesday + timedelta(hours=2), tuesday + timedelta(hours=1)) == []


def test_no_file_ever(site):
    """Also where none has ever arrived; an inbox that expects nothing is never told."""
    assert [said.what for said in told(site, datetime(2026, 12, 1, 12, tzinfo=UTC))] == ["file of hr"]


@pytest.mark.parametrize(
    ("setting", "times"),
    [("scan: 5 min", ["08:05:00", "08:10:00"]), ("cron: '15 6-20 * * *'", ["08:15:00", "09:15:00"])],
)
def test_the_times_of_an_inbox(site, setting, times):
    """Every `scan`, or by a crontab in the site's time zone."""
    registry = Registry()
    (site / "linecard.yaml").write_text(SITE.replace("it: {path: it}", f"it: {{path: it, {setting}}}"))
    inbox = load(site / "linecard.yaml", registry).inboxes["it"]
    zone = ZoneInfo("Europe/Paris")
    trigger = timers.inbox_trigger(inbox, zone)
    now = last = datetime(2026, 12, 1, 8, 0, tzinfo=zone)
    found = []
    for _ in range(2):
        last = trigger.get_next_fire_time(last, now if not found else last)
        found.append(f"{last.astimezone(zone):%H:%M:%S}")
    assert found == times
