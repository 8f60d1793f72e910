"""What is no run but should be seen to: told once, by mail, to the readers of `alerts`."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integration.mail.site import Site
from integration.packing.people import gone_afterwards, must_have_gpg
from linecard.runtime import serve
from linecard.runtime.alerts import AlertChecks
from linecard.runtime.clock import ClockWatch
from linecard.runtime.delivery import GIVE_UP_AFTER
from linecard.store.notices import Notices

MONDAY = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EXPECT = "expect: {by: 07:00, days: [mon, tue]}, "
ALERTS = (
    'alerts: [{sink: post, to: [anna@example.org, hans@example.org]}, {sink: post, to: "ida@x.org", language: de}]\n'
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short name, for sockets, and an agent of gpg that ends with the test."""
    must_have_gpg()
    folder = Path(tempfile.mkdtemp(prefix="lc-"))
    with gone_afterwards(folder / "site" / "state" / "gnupg"):
        yield folder
    shutil.rmtree(folder)


def looked(site: Site) -> None:
    """As a daemon that was started anew looks for files, and delivers."""
    AlertChecks(site.service, site.health).check_files()
    site.deliver()


def test_a_file_that_did_not_come_is_told_once_a_day_to_each_reader(server, make):
    """In the language of each. A second look tells nothing; a restart tells nothing; the next missing file is news."""
    now = [MONDAY]
    site = make(server.port, inbox=EXPECT, more=ALERTS, now=lambda: now[0])
    for hours in (0, 1, 2):
        now[0] = MONDAY + timedelta(hours=hours)
        looked(site)
    assert [mail.to for mail in server.mails] == [["anna@example.org"], ["hans@example.org"], ["ida@x.org"]]
    anna, _, ida = (mail.message for mail in server.mails)
    assert anna["Subject"].strip() == "linecard Nord: No file arrived by 2026-11-30 07:00; none has ever arrived."
    assert (
        ida["Subject"].strip()
        == "linecard Nord: Bis 2026-11-30 07:00 ist keine Datei eingetroffen; bisher kam noch nie eine."
    )
    assert anna["Auto-Submitted"] == "auto-generated"
    assert anna["References"] == ida["References"]
    for form in ("plain", "html"):
        assert "What to do: Ask the producer whether its export ran" in anna.get_body((form,)).get_content()
        assert "Zu tun: Fragen Sie den Absender" in ida.get_body((form,)).get_content()
    now[0] = MONDAY + DAY
    looked(site)
    assert len(server.mails) == 6


def test_once_tells_it_too(server, make):
    """A site without a daemon hears of it from `linecard once`."""
    site = make(server.port, inbox=EXPECT, more=ALERTS, now=lambda: MONDAY)
    for _ in range(2):
        assert serve.once(site.service, stop=lambda: False, wait=lambda _s: None).alerts == []
    assert len(server.mails) == 3


def test_a_key_is_told_at_sixty_thirty_and_seven_days_and_on_its_day(server, place):
    """Made by a real gpg. Between these days nothing is sent, and nothing once it was extended."""
    now = [datetime.now(UTC)]
    alerts = "alerts: [{sink: post, to: a@x.org}]"
    site = Site(place / "site", server.port, inbox="open: {pgp: }, ", more=alerts, now=lambda: now[0])
    with closing(site), closing(site.service.keyring("pgp")) as keyring:
        key = keyring.create_key("Nord <hr@example.com>", (now[0] + 100 * DAY).date())
        for ahead in (61, 59, 58, 31, 29, 20, 8, 6, 1, 0, -1):
            now[0] = key.expires - ahead * DAY
            AlertChecks(site.service, site.health).check_keys()
            site.deliver()
        said = [mail.message["Subject"].removeprefix("linecard Nord: The site's PGP key ") for mail in server.mails]
        day = f"{key.expires:%Y-%m-%d}"
        wanted = [f"expires on {day}, in less than {days} days" for days in (60, 30, 7)]
        assert [one.partition(";")[0] for one in said] == [*wanted, f"expired on {day}"]
        assert f"linecard keys extend {key.id}" in server.mails[0].message.get_body(("plain",)).get_content()
        keyring.extend_key(key.id, (key.expires + 900 * DAY).date())
        AlertChecks(site.service, site.health).check_keys()
        site.deliver()
        assert len(server.mails) == 4


def test_a_server_that_is_away_for_too_long_and_an_alert_is_given_up(make):
    """It is kept and tried as any letter, the alert says what waits, and in the end what was given up."""
    now = [MONDAY]
    site = make(9, inbox=EXPECT, more=ALERTS, now=lambda: now[0])
    config, store = site.service.config, site.service.store

    def elapsed() -> float:
        return now[0].timestamp()

    site.service.clock = ClockWatch(config.state, store, now=lambda: now[0], elapsed=elapsed)
    looked(site)
    for tenths in range(1, 11):
        now[0] = MONDAY + tenths / 10 * 0.98 * GIVE_UP_AFTER
        site.service.clock.observe()  # as the daemon does every few seconds
        site.later()
        assert len(site.waiting) == 3
    now[0] = MONDAY + 1.02 * GIVE_UP_AFTER
    site.later()
    assert site.waiting == []
    assert len(site.outbox.list_given_up()) == 3
    assert [t.message.partition(":")[0] for t in site.health.alerts if t.what.startswith("sink post: ")] == [
        "The alert by post could not be delivered"
    ] * 3


def test_an_alert_is_the_same_however_often_it_is_sent(server, make):
    """By its Message-ID, its date and its text."""
    site = make(server.port, inbox=EXPECT, more=ALERTS, now=lambda: MONDAY)
    looked(site)
    with site.service.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE outbox SET delivered = NULL")
    site.deliver()
    first, again = ([mail.message.as_bytes() for mail in server.mails[at : at + 3]] for at in (0, 3))
    boundary = re.compile(rb"={10,}\d+==")
    assert [boundary.sub(b"", one) for one in first] == [boundary.sub(b"", one) for one in again]


def test_who_is_not_named_is_not_told(server, make):
    """The health tells it all the same."""
    site = make(server.port, inbox=EXPECT, now=lambda: MONDAY)
    looked(site)
    assert [alert.what for alert in site.health.alerts] == ["file of hr"]
    assert site.outbox.list_all() == []


def test_notices_are_forgotten_with_old_runs_unless_they_wait(server, make):
    site = make(server.port, inbox=EXPECT, more=ALERTS, now=lambda: MONDAY)
    AlertChecks(site.service, site.health).check_files()
    notices = Notices(site.service.store)
    assert notices.prune(MONDAY + DAY) == 0
    site.deliver()
    assert (notices.prune(MONDAY - DAY), notices.prune(MONDAY + DAY)) == (0, 1)
    assert site.outbox.list_all() == []
