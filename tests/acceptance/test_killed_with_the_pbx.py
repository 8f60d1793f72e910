"""The program dies while a PBX is at work: the change is made and its result was never given, or it was not made."""

from __future__ import annotations

import random

import pytest

from acceptance.crashes import TORTURE, Site
from acceptance.killing import DIED
from acceptance.scenes import ledgers

SCENES = {
    "one by one": ledgers(),
    "in bulk": ledgers(bulk=True),
    "some refused": ledgers(refuse="'1010', '2001'"),
}


@pytest.fixture(scope="module", params=SCENES)
def prepared(request, crash_room, plugins):
    """A site with two PBXs of a foreign plugin, and what the sheet comes to when nobody dies."""
    site = Site.prepare(crash_room / request.param, plugins, SCENES[request.param])
    whole = site.copy(crash_room / "whole")
    assert whole.do(*whole.importing) == 1
    reference = whole.reference()
    whole.check(reference)
    return site, reference


def died(prepared, crash_room, where):
    """A copy of the site whose import died at this change; None if there are not so many."""
    site = prepared.copy(crash_room / "site")
    (site.folder / "pbx" / "die").write_text(where)
    code, _ = site.run(lambda: site.command(*site.importing))
    assert code in (0, DIED)
    return site if code == DIED else None


@pytest.mark.parametrize("moment", ["before", "after"])
def test_died_at_each_change(prepared, crash_room, moment):
    """What was made is found by reading the PBX back, and is not made again; what was not made is made once."""
    prepared, wanted = prepared
    at = 1
    while site := died(prepared, crash_room, f"{moment} {at}"):
        site.finish()
        site.check(wanted)
        at += 1
    assert at > 2


def test_the_pbx_does_not_answer_after_the_crash(prepared, crash_room):
    """In doubt nothing is sent and nothing is said: the run waits until the PBX can be read back."""
    prepared, wanted = prepared
    site = died(prepared, crash_room, "after 2")
    made = site.operations()
    (site.folder / "pbx" / "down").touch()
    for _ in range(2):
        assert site.do("resume", "--yes") == 2
        assert site.do(*site.importing) == 2
        assert "the ledger does not answer\nRemedy: Wake it up." in site.log.read_text()
        assert site.operations() == made
        assert site.runs == {1: "applied", 2: "applying"}
    (site.folder / "pbx" / "down").unlink()
    site.finish()
    site.check(wanted)


def test_killed_anywhere(prepared, crash_room):
    """SIGKILL at places of the import and of the recovery after it, whatever way the PBX works."""
    prepared, wanted = prepared
    site = prepared.copy(crash_room / "site")
    places = site.places(*site.importing)
    for _ in range(200 if TORTURE else 2):
        site = prepared.copy(crash_room / "site")
        site.killed(*site.importing, at=random.randint(1, places))
        site.killed("resume", "--yes", at=random.randint(1, 150))
        site.finish()
        site.check(wanted, deaths=2)
