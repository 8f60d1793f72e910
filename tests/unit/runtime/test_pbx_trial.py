"""Steps of a trial, by a PBX in memory: a read that contradicts the one before it, a member that is not known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from linecard.api import Alert, Finding
from linecard.api.backend import Can
from linecard.model.directory import Entry
from linecard.runtime.pbx_trial import PbxTrial, Recorder, is_fine
from linecard.testing import MemoryBackend
from unit.reports.sites import Site

PEOPLE = [Entry(f"10{n:02}", f"m{n}@x.org" if n else None, (f"+331990010{n:02}",)) for n in range(9)]


def trial(folder, **site) -> tuple[Site, PbxTrial]:
    made = Site(folder, PEOPLE, **site)
    ticks = itertools.count()
    return made, PbxTrial(made.service, "hq", Recorder(), lambda: float(next(ticks)))


def test_no_more_than_a_few_are_read(tmp_path):
    site, tried = trial(tmp_path)
    examined, first, by_extension, by_member = tried.try_out()
    assert (examined.step, examined.ok) == ("examine", True)
    assert (first.extensions, first.members, len(first.entries)) == (5, 4, 5)
    assert (by_extension.step, by_extension.extensions, by_extension.members) == ("read extension 1000", 1, 0)
    assert (by_member.step, by_member.seconds) == ("read member m1@x.org", 1.0)
    assert is_fine([first, by_extension, by_member])
    site.close()


class Probing(MemoryBackend):
    """One that finds out by changing something, as `SupportsProbe` allows."""

    def probe(self) -> Iterator[Finding]:
        raise AssertionError("a trial changes nothing")

    def examine(self) -> Iterator[Alert]:
        yield Alert("licences", "only 1 is left", "Buy more.")


def test_a_pbx_is_examined_and_never_probed(tmp_path):
    site, tried = trial(tmp_path)
    site.service.pbxs["hq"] = replace(site.service.pbxs["hq"], backend=Probing(site.pbx))
    first = next(tried.try_out())
    assert (first.step, first.ok, first.message) == ("examine", False, "licences: only 1 is left")
    assert first.remedy == "Buy more."
    site.close()


@pytest.mark.parametrize(("member", "known"), [("m3@x.org", True), ("nobody@x.org", False)])
def test_a_pbx_that_makes_no_members_is_asked_whether_it_knows_one(tmp_path, member, known):
    site, tried = trial(tmp_path, can=frozenset(Can) - {Can.CREATE_MEMBERS})
    *_, last = tried.try_out(member=member)
    assert (last.step, last.ok, last.members) == (f"look up {member}", known, int(known))
    site.close()


def test_an_extension_that_reads_otherwise_alone_is_told(tmp_path):
    """Here somebody has changed it meanwhile; a plugin that reads lists and single ones differently looks the same."""
    site, tried = trial(tmp_path)
    steps = tried.try_out()
    assert [next(steps).ok, next(steps).ok] == [True, True]
    site.pbx.put("1000", PEOPLE[1].holding._replace(numbers=()))
    wrong = next(steps)
    assert (wrong.ok, "1000 was read before and is different now" in wrong.message) == (False, True)
    assert wrong.remedy
    assert not is_fine([wrong])
    site.close()


def test_longer_secrets_are_hidden_before_those_within_them():
    log = Recorder({"pass", "password"})
    log("sent password, pass", told="a password", nothing=None)
    [event] = log.drain()
    assert (event.event, event.facts) == ("sent ***, ***", {"told": "a ***"})
    assert log.drain() == ()
