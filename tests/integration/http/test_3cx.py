"""The profile of 3CX: what a row does there, and what it leaves alone."""

from __future__ import annotations

import pytest

from integration.http.pbxs_under_test import SECRET, THREECX, HttpSite, fill_3cx
from linecard.api.backend import Change, ChangeStatus, Entry, Holding, Scope
from pbxs.service import Fault, ServedPbx
from pbxs.threecx import DESTINATIONS

ANN, BOB = "ann@example.org", "bob@example.org"
FIRST, SECOND = "+33199000001", "+33199000002"


@pytest.fixture
def site(tmp_path):
    pbx = fill_3cx([Entry("1000", ANN, (FIRST,)), Entry("1001")], [])
    with ServedPbx(pbx) as served, HttpSite(tmp_path / "site", served, **THREECX) as site:
        yield site


def make(site, before, after, extension="1000", **options):
    (result,) = site.open(**options).apply([Change(1, "hq", extension, before, after)])
    return result


def user_of(site, number="1000"):
    return next(user for user in site.pbx.users.values() if user["Number"] == number)


def test_only_the_person_changes(site):
    """What the PBX has besides stays, and the plan says what of it the next holder finds."""
    change = Change(1, "hq", "1000", Holding(ANN, (FIRST,)), Holding(BOB, (FIRST,)))
    (caveat,) = site.open().precheck([change])
    assert "voicemail, PIN and the passwords of its phones stay, and its name becomes bob" in caveat.message
    before = dict(user_of(site))
    assert make(site, change.before, change.after).status is ChangeStatus.DONE
    assert user_of(site) == before | {"EmailAddress": BOB, "FirstName": "bob", "LastName": ""}


def test_a_number_points_to_its_extension_at_all_hours(site):
    """New ones come in by the trunk of the settings; one that is taken away stays, and leads nowhere."""
    assert make(site, Holding(ANN, (FIRST,)), Holding(ANN, (FIRST, SECOND))).status is ChangeStatus.DONE
    assert make(site, Holding(ANN, (FIRST, SECOND)), Holding(ANN, (SECOND,))).status is ChangeStatus.DONE
    first, second = site.pbx.rules.values()
    assert [first[name] for name in DESTINATIONS] == [{"To": "None"}] * 3
    assert [second[name] for name in DESTINATIONS] == [{"To": "Extension", "Number": "1000"}] * 3
    assert make(site, Holding(None), Holding(None, (FIRST,)), "1001").status is ChangeStatus.DONE
    assert len(site.pbx.rules) == 2


def test_a_new_number_needs_a_trunk(site):
    result = make(site, Holding(None), Holding(None, (SECOND,)), "1001", settings={"client": "linecard"})
    assert result.status is ChangeStatus.FAILED
    assert result.words == f"3CX has no inbound rule for {SECOND}; name the trunk of new ones in the settings"
    assert len(site.pbx.rules) == 1


def test_another_program_that_logs_in_ends_the_token(site):
    """3CX takes one at a time: linecard takes another, once, and goes on."""
    backend = site.open()
    assert len(list(backend.fetch(Scope.everything()))) == 2
    site.pbx.token = "of another program"
    (result,) = backend.apply([Change(1, "hq", "1000", Holding(ANN, (FIRST,)), Holding(None, (FIRST,)))])
    assert result.status is ChangeStatus.DONE
    assert site.pbx.logins == 2
    assert SECRET not in "".join(each.headers.get("authorization", "") for each in site.pbx.asked)


def test_a_rule_whose_answer_was_lost_is_found_and_made_once(site):
    site.pbx.faults.append(Fault("lose_answer", "POST", "/InboundRules"))
    assert make(site, Holding(None), Holding(None, (SECOND,)), "1001").status is ChangeStatus.DONE
    assert site.pbx.count("POST", "/InboundRules") == 1
    assert len(site.pbx.rules) == 2
