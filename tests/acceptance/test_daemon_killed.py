"""The work of the daemon, killed at any instant: no drop is lost, none is done twice, each has one report (T1)."""

from __future__ import annotations

import random

import pytest

from acceptance.crashes import TORTURE
from acceptance.drops import PASS, DropSite
from acceptance.killing import DIED

ONCE = ("once",)


@pytest.fixture(scope="module")
def prepared(crash_room, plugins):
    """A site with files in its inboxes, and what they come to when nobody dies."""
    site = DropSite.with_drops(crash_room / "drops", plugins)
    whole = site.copy(crash_room / "whole")
    whole.ended()
    wanted = whole.holds(), {pbx: len(done) for pbx, done in whole.operations().items()}, whole.said()
    states = {(inbox, name): state for inbox, name, state, *_ in whole.said() if name != "again.csv"}
    assert states[("hr", "1.csv")] == "applied"
    assert states[("hr", "2.csv")] == "partial"
    assert states[("both", "4.csv")] == "applied"
    assert [state for inbox, _, state, *_ in whole.said() if inbox == "same"] == ["applied", "rejected"]
    whole.check_drops(*wanted)
    whole.check_quarantine()
    site.copy(crash_room / "warm drops").warm()
    return site, wanted


def settled(site, wanted):
    site.ended()
    site.check_drops(*wanted)
    site.check_quarantine()


def test_killed_at_every_statement_and_file_operation(prepared, crash_room):
    """SIGKILL before each SQL statement, rename, fsync, removal and opening of `linecard once`, one by one."""
    prepared, wanted = prepared
    places = prepared.copy(crash_room / "site").places(*ONCE)
    assert places > 300
    step = 1 if TORTURE else 240
    for at in range(1 + random.randrange(step), places + 1, step):
        site = prepared.copy(crash_room / "site")
        assert site.killed(*ONCE, at=at) == DIED, f"place {at} of {places} was not reached"
        settled(site, wanted)


def test_killed_at_any_call(prepared, crash_room):
    """SIGKILL before one of the many thousands of calls into C of `linecard once`."""
    prepared, wanted = prepared
    calls = prepared.copy(crash_room / "site").places(*ONCE, every_call=True)
    for _ in range(400 if TORTURE else 3):
        at = random.randint(1, calls)
        site = prepared.copy(crash_room / "site")
        site.killed(*ONCE, at=at, every_call=True)
        settled(site, wanted)


def test_killed_again_while_recovering(prepared, crash_room):
    """A second death at a random place of the work after the first, and a third after that."""
    prepared, wanted = prepared
    places = prepared.copy(crash_room / "site").places(*ONCE)
    for _ in range(400 if TORTURE else 3):
        deaths = [random.randint(1, places) for _ in range(random.choice((2, 3)))]
        site = prepared.copy(crash_room / "site")
        for at in deaths:
            site.killed(*ONCE, at=at)
        settled(site, wanted)


def test_killed_while_steps_come_in_any_order(prepared, crash_room):
    """Looking, working, reporting, parting and keeping house in any order, as the daemon's threads come to them."""
    prepared, wanted = prepared
    for _ in range(400 if TORTURE else 3):
        site = prepared.copy(crash_room / "site")
        for _ in range(random.choice((1, 2, 3))):
            seed, at = random.randrange(1 << 30), random.randint(1, 400)
            assert site.killed(PASS, str(seed), at=at) in (0, DIED), site.log.read_text()
        settled(site, wanted)
