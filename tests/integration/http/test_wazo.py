"""The profile of Wazo: what a row does there, and what it leaves alone."""

from __future__ import annotations

import pytest

from integration.http.pbxs_under_test import WAZO, HttpSite, fill_wazo
from linecard.api.backend import Change, ChangeStatus, Entry, Holding, Scope
from pbxs.service import ServedPbx

ANN, BOB = "ann@example.org", "bob@example.org"
FIRST, SECOND = "+33199000001", "+33199000002"


@pytest.fixture
def site(tmp_path):
    pbx = fill_wazo([Entry("1000", ANN, (FIRST,)), Entry("1001")], [BOB])
    with ServedPbx(pbx) as served, HttpSite(tmp_path / "site", served, **WAZO) as site:
        yield site


def make(site, before, after, extension="1000"):
    (result,) = site.open().apply([Change(1, "hq", extension, before, after)])
    return result


def line_of(site, exten="1000"):
    pbx = site.pbx
    return next(line for line in pbx.lines.values() if pbx.extensions[line.extensions[0]].exten == exten)


def read(site, scope=None):
    return {entry.extension: entry.holding for entry in site.open().fetch(scope or Scope.everything())}


def test_a_takeover_detaches_first(site):
    """Wazo would take the second user on the line silently, as a secondary one."""
    assert make(site, Holding(ANN, (FIRST,)), Holding(BOB, (FIRST,))).status is ChangeStatus.DONE
    assert line_of(site).users == [site.pbx.find_user_by_email(BOB).uuid]


def test_the_phone_of_a_line_stays_on_it(site):
    """It is taken off while the user changes, for Wazo refuses otherwise, and put back."""
    line_of(site).device = "a-phone"
    assert make(site, Holding(ANN, (FIRST,)), Holding(BOB, (FIRST,))).status is ChangeStatus.DONE
    assert line_of(site).device == "a-phone"


def test_the_phone_of_a_line_that_nobody_has_goes_and_the_plan_says_so(site):
    line_of(site).device = "a-phone"
    change = Change(1, "hq", "1000", Holding(ANN, (FIRST,)), Holding(None, (FIRST,)))
    (caveat,) = site.open().precheck([change])
    assert caveat.message == "its phone goes back to automatic provisioning"
    assert make(site, change.before, change.after).status is ChangeStatus.DONE
    assert line_of(site).device is None


def test_a_line_that_others_share_is_left_alone(site):
    site.pbx.connect(site.pbx.find_user_by_email(BOB), line_of(site))
    result = make(site, Holding(ANN, (FIRST,)), Holding(None, (FIRST,)))
    assert (result.status, result.words) == (
        ChangeStatus.FAILED,
        "other users share its line: remove them in Wazo first",
    )
    assert not [each for each in site.pbx.asked if each.method in {"PUT", "DELETE"}]


def test_somebody_without_an_email_holds_what_they_hold(site):
    nobody = site.pbx.add_user(None, "Porter")
    site.pbx.connect(nobody, line_of(site, "1001"))
    assert read(site)["1001"].member == f"user:{nobody.uuid}"
    assert make(site, Holding(None), Holding(BOB), "1001").status is ChangeStatus.STALE


def test_a_number_that_rings_a_person_stays_with_the_extension(site):
    """Incalls made in Wazo's own pages ring a user; a freed extension keeps its numbers all the same."""
    pbx = site.pbx
    incall = pbx.add_number(SECOND[1:], {"type": "user", "user_id": pbx.find_user_by_email(ANN).id})
    held = Holding(ANN, (FIRST, SECOND))
    assert read(site)["1000"] == held
    assert read(site, Scope(numbers=frozenset({SECOND}))) == {"1000": held}
    assert make(site, held, Holding(BOB, held.numbers)).status is ChangeStatus.DONE
    assert incall.destination == {"type": "extension", "exten": "1000", "context": "default"}


def test_a_number_is_made_moved_and_cleared(site):
    """It stays a number of the PBX, whatever it rings."""
    assert make(site, Holding(None), Holding(BOB, (SECOND,)), "1001").status is ChangeStatus.DONE
    assert make(site, Holding(BOB, (SECOND,)), Holding(BOB), "1001").status is ChangeStatus.DONE
    assert [i.destination["type"] for i in site.pbx.incalls.values()] == ["extension", "none"]
    assert make(site, Holding(ANN, (FIRST,)), Holding(ANN, (FIRST, SECOND))).status is ChangeStatus.DONE
    assert site.pbx.count("POST", "/incalls") == 1


def test_a_plan_of_some_rows_does_not_read_a_whole_company(tmp_path):
    entries = [Entry(str(1000 + n), f"m{n}@example.org", (f"+331990{n:05d}",)) for n in range(1200)]
    with ServedPbx(fill_wazo(entries, [])) as served, HttpSite(tmp_path / "site", served, **WAZO) as site:
        scope = Scope(extensions=frozenset({"1000", "1001"}))
        assert read(site, scope) == {entry.extension: entry.holding for entry in entries[:2]}
        by_name = len(served.pbx.asked)
        served.pbx.asked.clear()
        assert len(read(site)) == 1200
        assert by_name <= 25
        assert len(served.pbx.asked) <= 40


@pytest.mark.parametrize(
    "name", ["../users", "1000/../1001", "1000?x=1", "1000&context=other", "1000%00", "{{ 7 * 7 }}", "é☎"]
)
def test_hostile_names_are_names(site, name):
    """Nothing that a sheet says becomes part of an address, a query or a template."""
    assert read(site, Scope(frozenset({name}), frozenset({f"{name}@example.org"}))) == {}
    assert {each.path for each in site.pbx.asked if "confd" in each.path} <= {
        f"/api/confd/1.1/{table}" for table in ("extensions", "lines", "users", "incalls")
    }
