"""The digest: what readers are told at a time of day, each time once, as a real server has taken it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.mail.site import Site
from linecard.runtime.digests import Digests
from linecard.runtime.serve import once
from linecard.store.notices import Notices

MONDAY = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
"""07:00 in Paris."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOTH = [{"sink": "post", "to": ["anna@example.org"], "when": "digest"}]


class Days:
    """A site with a clock, and what its readers have got."""

    def __init__(self, make: Callable[..., Site], server: Any, since: datetime = MONDAY - 2 * DAY, **more: Any) -> None:
        self.now = since
        self.server = server
        self.site = make(server.port, now=lambda: self.now, **({"tell": BOTH} | more))
        self.write()

    def write(self) -> int:
        """A daemon that was started anew looks whether a digest is due; how many mails came."""
        before = len(self.server.mails)
        Digests(self.site.service).write_due()
        self.site.deliver()
        return len(self.server.mails) - before

    def at(self, moment: datetime) -> int:
        self.now = moment
        return self.write()

    @property
    def text(self) -> str:
        return self.server.mails[-1].message.get_body(("plain",)).get_content().replace("\r\n", "\n")


@pytest.fixture
def days(make: Callable[..., Site], server: Any) -> Days:
    return Days(make, server)


def test_it_comes_at_its_time_and_once(days):
    """Nobody gets one for a time before there were readers. The next comes a day later, however often it is asked."""
    assert [days.at(MONDAY - DAY + at * HOUR) for at in (-1, 0, 1, 2, 12, 23)] == [0, 1, 0, 0, 0, 0]
    assert [days.at(MONDAY + at * HOUR) for at in (0, 1)] == [1, 0]
    first, second = (mail.message for mail in days.server.mails)
    assert first["Subject"] == "linecard Nord digest: No file arrived"
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"] == first["In-Reply-To"]
    assert first["List-Id"] == "<digest.linecard.example.org>"
    assert first["Auto-Submitted"] == "auto-generated"


def test_after_a_time_without_linecard_there_is_one_for_all_of_it(days):
    """Four days later, with what happened on the first."""
    days.at(MONDAY)
    days.now = MONDAY + HOUR
    days.site.run()
    assert days.at(MONDAY + 4 * DAY + 3 * HOUR) == 1
    assert "From 30 November 2026, 07:00 CET until 4 December 2026, 07:00 CET" in days.text
    assert days.text.startswith("1 file, 1 done, 1 refused\n1 row is still not right.\n")
    assert days.write() == 0


def test_a_clock_that_was_ahead_for_a_while_stalls_no_digest(make, server):
    """Neither one that was written then, nor readers who had their first time then, wait for years."""
    days = Days(make, server, since=MONDAY + 3653 * DAY)
    days.at(MONDAY + 3655 * DAY)
    days.at(MONDAY - DAY)  # set right: its times begin
    assert days.at(MONDAY) == 1
    assert days.at(MONDAY + 3700 * DAY) == 1
    assert days.at(MONDAY + DAY) == 1
    assert "From 30 November 2026, 07:00 CET until 1 December 2026, 07:00 CET" in days.text


def test_a_weekly_one_and_hours_of_another_zone(make, server):
    days = Days(make, server, digest="digest: {at: 18:30, days: [fri]}")
    friday = datetime(2026, 12, 4, 17, 30, tzinfo=UTC)
    asked = [MONDAY + hours * HOUR for hours in range(0, 14 * 24, 6)]
    assert sum(days.at(moment) for moment in asked if moment < friday) == 0
    assert days.at(friday) == 1
    assert sum(days.at(moment) for moment in asked if moment > friday) == 1


@pytest.mark.parametrize("night", [datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 3, 28, 20, tzinfo=UTC)])
def test_in_the_night_in_which_the_clock_is_set_there_is_one(make, server, night):
    """At 02:30, which that night has twice or not at all."""
    days = Days(make, server, night, digest="digest: {at: 02:30}")
    assert sum(days.at(night + timedelta(minutes=10 * n)) for n in range(12 * 6)) == 1


def test_each_reader_is_told_of_the_inboxes_that_name_them(make, server):
    """One digest for all of somebody's inboxes, in their language; who has `held` as well gets those at once."""
    two = "  it: {path: it, tell: [{sink: post, to: [anna@example.org, ida@example.org], when: digest, language: de}]}"
    tell = [
        {"sink": "post", "to": ["anna@example.org"], "when": "digest", "language": "de"},
        {"sink": "post", "to": ["hans@example.org"], "when": ["digest", "problems"]},
    ]
    days = Days(make, server, tell=tell, more=two)
    days.now = MONDAY - HOUR
    days.site.run()
    days.site.deliver()
    assert [mail.to for mail in server.mails] == [["hans@example.org"]]
    assert days.at(MONDAY) == 3
    told = {mail.to[0]: mail.message for mail in server.mails[1:]}
    said = {who: mail.get_body(("plain",)).get_content() for who, mail in told.items()}
    assert "Eingänge: hr, it" in said["anna@example.org"]
    assert "Eingänge: it" in said["ida@example.org"]
    assert "Inboxes: hr\r\n" in said["hans@example.org"]
    assert "1000 gehört ada@x.org" in said["anna@example.org"]
    assert "Keine Datei eingetroffen" in said["ida@example.org"]


def test_what_is_not_right_is_told_until_a_later_file_puts_it_right(days):
    """Since when and how often; by whatever file. What somebody else's row did is no matter."""
    rows = "attach,ada@x.org,1000\nattach,bob@x.org,1000\nattach,eve@x,1001\n"
    for day in (0, 1):
        days.now = MONDAY - 3 * HOUR + day * DAY
        days.site.run(rows, f"day{day}.csv")
        days.at(MONDAY + day * DAY)
    assert "STILL NOT RIGHT (2)" in days.text
    assert "attach bob@x.org 1000 hq: refused" in days.text
    assert "Since 30 November 2026, 04:00 CET, 2 times; day1.csv, Line 3 (hr)" in days.text
    days.now = MONDAY + DAY + HOUR
    days.site.run("attach,kim@x.org,1001\ndetach,ada@x.org,1000\n", "others.csv")
    days.at(MONDAY + 2 * DAY)
    assert "STILL NOT RIGHT (1)" in days.text  # eve's e-mail was wrong, and her extension is somebody's now
    assert "attach bob@x.org 1000" in days.text
    days.site.run("attach,bob@x.org,1000\n", "right.csv")
    days.at(MONDAY + 3 * DAY)
    assert "STILL NOT RIGHT" not in days.text
    assert "Nothing to do." in days.text


def test_what_waits_and_what_should_be_seen_to_is_told(make, server):
    """A held plan with the commands that decide it; a file that did not come."""
    days = Days(make, server, inbox="expect: {by: 06:00}, limits: {detach: {count: 0, share: null}}, ")
    days.now = MONDAY - DAY - 3 * HOUR
    days.site.run("attach,ada@x.org,1000\n")
    held = days.site.run("detach,ada@x.org,\n", "leavers.csv")
    assert held.state.value == "held"
    days.at(MONDAY)
    assert "1 plan waits for a decision. 1 thing needs attention." in days.text
    assert f"linecard approve {held.id} {held.checksum}" in days.text
    assert "1 member would lose their extension on hq: more than 0." in days.text
    assert "No file arrived by 2026-11-30 06:00; the last one arrived 2026-11-29 04:00." in days.text


def test_the_weeks_before_are_told_beside_the_last(days):
    """Files and rows of five times seven days, and how many are usually not done."""
    for week, name in ((4, "a"), (2, "b"), (2, "c"), (0, "d")):
        days.now = MONDAY - week * 7 * DAY - HOUR
        days.site.run("attach,ada@x.org,1000\n" + week * "attach,bob@x.org,1000\n", f"{name}.csv")
    days.at(MONDAY)
    assert "Rows not done in the last seven days: 0. In the weeks before: 2 a week." in days.text
    lines = [line for line in days.text.splitlines() if line.startswith("- Seven days until")]
    assert [line.partition("CET: ")[2] for line in lines] == [
        "1 file, 1 done, 4 not done",
        "0 files, 0 done, 0 not done",
        "2 files, 2 done, 4 not done",
        "0 files, 0 done, 0 not done",
        "1 file, 1 done, 0 not done",
    ]


def test_the_text_is_what_was_so_when_it_was_written(days):
    """A mail server that is away: the letter says the same later, under the same Message-ID, however the world went
    on."""
    days.now = MONDAY - HOUR
    days.site.run()
    days.server.rcpt["anna@example.org"] = "451 4.3.0 later"
    assert days.at(MONDAY) == 0
    days.site.run("attach,bob@x.org,1001\n", "later.csv")
    days.server.rcpt.clear()
    days.site.later()
    (mail,) = days.server.mails
    assert "STILL NOT RIGHT (1)" in days.text
    assert mail.message["Message-ID"].startswith("<digest.")


class Killed(Exception):
    """The program ends here."""


def test_killed_at_any_statement_it_is_written_once(days):
    """Whatever was not committed is made up for by the next look, and nothing is told twice."""
    engine = days.site.service.store._engine
    days.now = MONDAY - HOUR
    days.site.run()
    left = [0]

    def killed(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    for at in range(1, 100):
        days.now = MONDAY + at * DAY
        left[0] = at
        sa.event.listen(engine, "before_cursor_execute", killed)
        try:
            Digests(days.site.service).write_due()
        except Killed as ended:  # the driver keeps it in a cycle; what was being read is let go here, in order
            traceback.clear_frames(ended.__traceback__)
        sa.event.remove(engine, "before_cursor_execute", killed)
        assert [days.write(), days.write()] == [1, 0]
        if left[0] > 0:  # it came to its end before
            break
    assert 5 < at < 100


def test_once_writes_it_too(days):
    """A site without a daemon gets it from `linecard once`."""
    days.now = MONDAY
    for _ in range(2):
        once(days.site.service, stop=lambda: False, wait=lambda _s: None)
    assert len(days.server.mails) == 1


def test_old_digests_are_forgotten_and_the_next_begins_where_the_last_ended(days):
    days.at(MONDAY)
    Notices(days.site.service.store).prune(MONDAY)
    assert days.at(MONDAY + DAY) == 1
    assert "From 30 November 2026, 07:00 CET" in days.text
