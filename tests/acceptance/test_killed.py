"""Promise 1: killed at any instant, nothing is lost, nothing is applied twice, no report is forgotten or doubled."""

from __future__ import annotations

import random

import pytest

from acceptance.crashes import TORTURE, Site
from acceptance.killing import DIED
from acceptance.scenes import ONE_PBX, SEVERAL_PBXS, large

SMALL = [ONE_PBX, SEVERAL_PBXS]


def by_name(scene):
    return scene.name


@pytest.fixture(scope="module", params=SMALL, ids=by_name)
def prepared(request, crash_room, plugins):
    """A site whose PBXs hold a few members, and what the sheet comes to when nobody dies."""
    site = Site.prepare(crash_room / request.param.name, plugins, request.param)
    whole = site.copy(crash_room / "whole")
    assert whole.do(*whole.importing) == 1
    reference = whole.reference()
    whole.check(reference)
    return site, reference


def test_killed_at_every_statement_and_file_operation(prepared, crash_room):
    """SIGKILL before each SQL statement of the databases and each file operation of an import, one by one."""
    prepared, wanted = prepared
    site = prepared.copy(crash_room / "site")
    places = site.places(*site.importing)
    assert places > 50
    step = 1 if TORTURE else 30
    for at in range(1 + random.randrange(step), places + 1, step):
        site = prepared.copy(crash_room / "site")
        assert site.killed(*site.importing, at=at) == DIED, f"place {at} of {places} was not reached"
        was_filed = site.filed
        site.finish()
        site.check(wanted)
        assert was_filed.items() <= site.filed.items(), f"place {at}: a report is the same when it is written again"


def test_killed_at_any_call(prepared, crash_room):
    """SIGKILL before one of the thousands of calls into C of an import: rows half checked, files half written."""
    prepared, wanted = prepared
    site = prepared.copy(crash_room / "site")
    calls = site.places(*site.importing, every_call=True)
    for _ in range(800 if TORTURE else 5):
        at = random.randint(1, calls)
        site = prepared.copy(crash_room / "site")
        site.killed(*site.importing, at=at, every_call=True)
        site.finish()
        site.check(wanted)


def test_killed_again_while_recovering(prepared, crash_room):
    """A second death at a random place of `resume`, and a third in the import after it."""
    prepared, wanted = prepared
    site = prepared.copy(crash_room / "site")
    places = site.places(*site.importing)
    for _ in range(800 if TORTURE else 5):
        first, second, third = random.randint(1, places), random.randint(1, 150), random.randint(1, places)
        site = prepared.copy(crash_room / "site")
        site.killed(*site.importing, at=first)
        site.killed("resume", at=second)
        site.killed(*site.importing, at=third)
        site.finish()
        site.check(wanted, deaths=3)


def test_a_large_import_killed_at_any_instant(crash_room, plugins):
    """Thousands of rows, over the pages of the journal and the groups of the PBX, killed by another process."""
    prepared = Site.prepare(crash_room / "large", plugins, large(5000))
    whole = prepared.copy(crash_room / "whole")
    calls = whole.places(*whole.importing)
    wanted = whole.reference()
    whole.check(wanted)
    for _ in range(60 if TORTURE else 1):
        site = prepared.copy(crash_room / "site")
        site.killed(*site.importing, at=random.randint(1, calls))
        site.finish()
        site.check(wanted)
    for _ in range(60 if TORTURE else 1):
        site = prepared.copy(crash_room / "site")
        site.run(lambda site=site: site.command(*site.importing), kill_after=random.uniform(0, 1))
        site.finish()
        site.check(wanted)
