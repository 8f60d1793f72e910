"""The profile of Yeastar: what a row does there, what it leaves alone, and how it keeps its token."""

from __future__ import annotations

import logging

import pytest

from integration.http.pbxs_under_test import PROFILES, SECRET, YEASTAR, HttpSite, fill_yeastar
from linecard.api import load_model
from linecard.api.backend import Change, ChangeStatus, Entry, Holding, Scope
from linecard_http.errors import RestError
from linecard_http.profile import Profile
from pbxs.service import Fault, Reply, ServedPbx

ANN, BOB = "ann@example.org", "bob@example.org"
FIRST, SECOND = "+33199000001", "+33199000002"
UPDATE = "extension/update"


@pytest.fixture
def site(tmp_path):
    pbx = fill_yeastar([Entry("1000", ANN, (FIRST,)), Entry("1001")], [])
    with ServedPbx(pbx) as served, HttpSite(tmp_path / "site", served, **YEASTAR) as site:
        yield site


def make(site, before, after, extension="1000", **options):
    (result,) = site.open(**options).apply([Change(1, "hq", extension, before, after)])
    return result


def hand_over(site, to=BOB):
    return make(site, Holding(ANN, (FIRST,)), Holding(to, (FIRST,)))


def extension_of(site, number="1000"):
    return next(each for each in site.pbx.extensions.values() if each["number"] == number)


def destinations(site):
    return {route["name"]: (route["def_dest"], route["def_dest_value"]) for route in site.pbx.routes.values()}


def test_only_the_person_changes(site):
    """What the PBX has besides stays, and the plan says what of it the next holder finds."""
    before = dict(extension_of(site) | {"mobile_number": "+33699000001"})
    site.pbx.extensions[before["id"]] = dict(before)
    change = Change(1, "hq", "1000", Holding(ANN, (FIRST,)), Holding(BOB, (FIRST,)))
    (caveat,) = site.open().precheck([change])
    assert "mobile number, forwarding, voicemail, PIN and passwords stay, and its name becomes bob" in caveat.message
    assert hand_over(site).status is ChangeStatus.DONE
    assert extension_of(site) == before | {"email_addr": BOB, "first_name": "bob", "last_name": ""}
    assert make(site, Holding(BOB, (FIRST,)), Holding(None, (FIRST,))).status is ChangeStatus.DONE
    assert extension_of(site) == before | {"email_addr": "", "first_name": "1000", "last_name": ""}


def test_what_yeastar_refuses_is_told_with_the_field_that_is_wrong(site):
    """It takes fewer addresses than there are, and each of them once; somebody may be quicker than linecard."""
    result = hand_over(site, to="ann+desk@example.org")
    assert (result.status, result.words) == (ChangeStatus.FAILED, "PARAMETER ERROR; email_addr")
    taken = {"errcode": 40003, "errmsg": "DUPLICATE KEY VALUE", "submsg": "Extension update fail for duplicate fields"}
    taken |= {"duplicate_field_list": [{"field": "email_addr", "value": BOB}]}
    site.pbx.faults.append(Fault("reply", "POST", UPDATE, Reply(200, taken)))
    assert hand_over(site).words == f"DUPLICATE KEY VALUE; Extension update fail for duplicate fields; {BOB}"
    assert extension_of(site)["email_addr"] == ANN


def test_a_number_is_a_route_that_stays_when_it_is_taken_away(site):
    """New ones come in by the trunk of the settings."""
    (route,) = site.pbx.routes.values()
    assert make(site, Holding(ANN, (FIRST,)), Holding(ANN, (FIRST, SECOND))).status is ChangeStatus.DONE
    assert make(site, Holding(ANN, (FIRST, SECOND)), Holding(ANN, (SECOND,))).status is ChangeStatus.DONE
    here, there = (str(extension_of(site, number)["id"]) for number in ("1000", "1001"))
    assert destinations(site) == {route["name"]: ("end_call", ""), SECOND[1:]: ("extension", here)}
    assert make(site, Holding(None), Holding(None, (FIRST,)), "1001").status is ChangeStatus.DONE
    assert destinations(site) == {route["name"]: ("extension", there), SECOND[1:]: ("extension", here)}
    assert route["did_pattern_list"] == [{"did_pattern": FIRST[1:]}]
    made = next(each for each in site.pbx.routes.values() if each["name"] == SECOND[1:])
    assert made["trunk_list"] == [{"id": 27}]


def test_a_new_number_needs_a_trunk(site):
    result = make(site, Holding(None), Holding(None, (SECOND,)), "1001", settings={"client": "linecard"})
    assert result.status is ChangeStatus.FAILED
    words = f"Yeastar has no inbound route for {SECOND} alone; name the trunk of new ones in the settings"
    assert result.words == words


def test_a_route_that_is_more_than_one_number_is_left_alone(site):
    pbx = site.pbx
    pbx.add_route([SECOND[1:], "33199000003"], "1000")
    pbx.add_route(["3319900001X"], "1000")
    pbx.add_route(["33199000005"], "1000", cid_pattern_list=[{"cid_pattern": "4930X."}])
    pbx.add_route([], "1000", did_option="range_to_ext", did_to_ext_start="33199000100", did_to_ext_end="33199000199")
    assert next(iter(site.open().fetch(Scope(frozenset({"1000"}))))).numbers == (FIRST,)


def test_a_route_that_leads_elsewhere_at_some_times_is_refused(site):
    (route,) = site.pbx.routes.values()
    route["enb_time_condition"] = 1
    result = make(site, Holding(ANN, (FIRST,)), Holding(None))
    assert result.words == f"the inbound route of {FIRST} leads elsewhere at some times: change it in Yeastar"
    assert extension_of(site)["email_addr"] == ANN
    assert site.pbx.count("POST", "update") == 0


def test_the_details_of_routes_are_asked_for_many_at_a_time(site):
    """A list of routes does not show their DIDs."""
    for n in range(2, 121):
        site.pbx.add_route([f"33199000{n:03}"], "1000")
    (finding,) = site.open().probe()
    assert "all extensions take 7 requests" in finding.message
    before = len(site.pbx.asked)
    entry = next(iter(site.open().fetch(Scope.everything())))
    assert len(entry.numbers) == 120
    assert len(site.pbx.asked) - before == 7


def test_the_details_of_rows_that_were_searched_for_are_asked_for_too(site, tmp_path):
    """And where a list has no pages, those of all rows at once."""
    said = load_model(PROFILES / "yeastar.yaml", "yeastar.yaml", Profile).model_dump(by_alias=True, exclude_unset=True)
    numbers = said["tables"]["numbers"]
    del numbers["list"]["paging"]
    numbers["list"]["query"] = {"page_size": 1000}
    numbers["find"] = {"number": numbers["list"]}
    profile = Profile.model_validate(said)
    for n in range(2, 121):
        site.pbx.add_route([f"33199000{n:03}"], "1000")
    with HttpSite(tmp_path / "other", site.served, **YEASTAR, profile=profile) as other:
        backend = other.open()
        assert len(next(iter(backend.fetch(Scope.everything()))).numbers) == 120
        assert site.pbx.count("GET", "inbound_route/query") == 1
        number = "+33199000120"
        (result,) = backend.apply([Change(1, "hq", "1001", Holding(None), Holding(None, (number,)))])
    assert result.words == f"{number} is on extension 1000"


def test_a_forecast_counts_the_lists_that_each_change_reads(site, monkeypatch):
    """Two readings of three requests, and the change."""
    changes = [Change(n, "hq", "1000", Holding(ANN, (FIRST,)), Holding(BOB, (FIRST,))) for n in range(1, 11)]
    monkeypatch.setattr("linecard_http.rest_client.RestClient.estimate_wait", lambda _, requests: float(requests))
    assert site.open().forecast(changes).seconds == 70


def test_a_token_that_is_not_taken_any_more_is_exchanged_and_the_change_made_once(site):
    backend = site.open()
    list(backend.fetch(Scope.everything()))
    site.pbx.tokens.clear()
    (result,) = backend.apply([Change(1, "hq", "1000", Holding(ANN, (FIRST,)), Holding(BOB, (FIRST,)))])
    assert result.status is ChangeStatus.DONE
    assert (site.pbx.count("POST", "get_token"), site.pbx.count("POST", UPDATE)) == (2, 1)


def test_a_token_near_its_end_is_refreshed_without_the_password(site, monkeypatch):
    monkeypatch.setattr("pbxs.yeastar.LIFE", 0.5)
    list(site.open().fetch(Scope.everything()))
    monkeypatch.setattr("pbxs.yeastar.LIFE", 1800)
    for _ in range(100):
        list(site.open().fetch(Scope.everything()))
        if site.pbx.count("POST", "refresh_token"):
            break
    assert site.pbx.count("POST", "get_token") == 1
    assert site.pbx.count("POST", "refresh_token") == 1


def test_the_token_in_the_address_is_in_no_log_of_a_library(site, caplog):
    caplog.set_level(logging.DEBUG)
    site.pbx.faults.append(Fault("lose_answer", "POST", UPDATE))
    assert hand_over(site).status is ChangeStatus.DONE
    assert caplog.text
    assert not [token for token in (*site.pbx.tokens, *site.pbx.refresh_tokens) if token in caplog.text]


def test_a_login_that_was_refused_is_not_tried_again(site):
    """Five of them, and Yeastar shuts out the address."""
    site.pbx.secret = "another"
    for _ in range(3):
        with pytest.raises(RestError) as refused:
            list(site.open().fetch(Scope.everything()))
        assert SECRET not in f"{refused.value} {refused.value.remedy}"
    assert site.pbx.refused == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("lose_answer", "POST", UPDATE),
        Fault("lose_request", "POST", UPDATE),
        Fault("reply", "POST", UPDATE, Reply(200, {"errcode": -1, "errmsg": "FAILURE"})),
    ],
    ids=["answer lost", "request lost", "failure"],
)
def test_a_change_that_is_not_known_to_be_made_is_looked_for_and_sent_once(site, fault):
    site.pbx.faults.append(fault)
    result = hand_over(site)
    was_made = extension_of(site)["email_addr"] == BOB
    assert (result.status is ChangeStatus.DONE) == was_made == (fault.kind == "lose_answer")
    assert site.pbx.count("POST", UPDATE) == 1
