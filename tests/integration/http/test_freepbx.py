"""The profile of FreePBX: what a row does there, what it gives back, and what it says that it cannot."""

from __future__ import annotations

from itertools import pairwise

import pytest

from integration.http.pbxs_under_test import FREEPBX, SECRET, HttpSite, fill_freepbx
from linecard.api.backend import Change, ChangeStatus, Entry, Holding, Scope
from linecard_http.errors import RestError
from pbxs.service import Fault, Reply, ServedPbx

ANN, BOB = "ann@example.org", "bob@example.org"
FIRST, SECOND = "+33199000001", "+33199000002"


@pytest.fixture
def site(tmp_path):
    pbx = fill_freepbx([Entry("1000", ANN, (FIRST,)), Entry("1001")], [])
    with ServedPbx(pbx) as served, HttpSite(tmp_path / "site", served, **FREEPBX) as site:
        yield site


def make(site, before, after, extension="1000", **options):
    (result,) = site.open(**options).apply([Change(1, "hq", extension, before, after)])
    return result


def hand_over(site, **options):
    return make(site, Holding(ANN, (FIRST,)), Holding(BOB, (FIRST,)), **options)


def test_the_phone_stays_registered_and_what_is_lost_is_said_before(site):
    """FreePBX makes the extension anew: each field that can be read is given back."""
    pbx = site.pbx
    pbx.devices["1000"] |= {"max_contacts": 3}
    pbx.users["1000"] |= {"outboundcid": "Sales <33199000000>"}
    pbx.boxes["1000"] = {"password": "4711", "name": "Ann", "email": ANN, "messages": 2}
    before = dict(pbx.devices["1000"])
    change = Change(1, "hq", "1000", Holding(ANN, (FIRST,)), Holding(BOB, (FIRST,)))
    lost, welcome = site.open().precheck([change])
    assert "the messages of its mailbox" in lost.message
    assert BOB in welcome.message
    assert hand_over(site).status is ChangeStatus.DONE
    assert pbx.devices["1000"] == before | {"description": "bob"}
    assert (pbx.users["1000"]["name"], pbx.users["1000"]["outboundcid"]) == ("bob", "Sales <33199000000>")
    assert pbx.boxes["1000"] == {"password": "4711", "name": "bob", "email": BOB, "messages": 0}
    assert [person["email"] for person in pbx.people.values()] == [BOB]


def test_an_extension_that_nobody_holds_has_no_user_and_mails_nobody(site):
    site.pbx.boxes["1000"] = {"password": "4711", "name": "Ann", "email": ANN, "messages": 2}
    assert make(site, Holding(ANN, (FIRST,)), Holding(None, (FIRST,))).status is ChangeStatus.DONE
    assert (site.pbx.people, site.pbx.welcomed) == ({}, [])
    assert site.pbx.users["1000"]["name"] == "1000"
    assert site.pbx.boxes["1000"]["email"] == "nobody@free.invalid"
    assert site.pbx.devices["1000"]["secret"] == "secret-of-1000"


def test_an_emergency_caller_id_stays_and_does_not_become_the_caller_id(site):
    site.pbx.devices["1000"] |= {"emergency_cid": "33199000112"}
    assert hand_over(site).status is ChangeStatus.DONE
    device = site.pbx.devices["1000"]
    assert (device["emergency_cid"], device["callerid"]) == ("33199000112", "device <1000>")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda pbx: pbx.devices["1000"].update(secret=None), "its phone would fall silent"),
        (lambda pbx: pbx.people[1].update(username="ann"), "its user in User Management is ann"),
    ],
    ids=["no secret", "a user with another name"],
)
def test_what_would_do_harm_is_refused_before_anything_is_sent(site, spoil, words):
    spoil(site.pbx)
    result = hand_over(site)
    assert result.status is ChangeStatus.FAILED
    assert words in result.words
    assert not any(b"updateExtension" in asked.body for asked in site.pbx.asked)


def test_somebody_without_an_email_holds_the_extension(site):
    site.pbx.people[1]["email"] = ""
    assert next(iter(site.open().fetch(Scope.everything()))).member == "user:1000"
    result = make(site, Holding(None), Holding("user:1000"), "1001")
    assert result.words.startswith("FreePBX's API does not make a user without an e-mail")


def test_a_route_keeps_what_it_is_set_to_wherever_it_leads(site):
    """FreePBX updates a route by leaving out what it is not told. One for some callers alone is no number."""
    site.pbx.routes["33199000001", ""] |= {"description": "sales", "ringing": True, "delay_answer": 2}
    site.pbx.add_route("33199000002", "from-did-direct,1000,1", cidnum="4930")
    site.pbx.add_route("33199000009", "ext-group,600,1")
    assert make(site, Holding(ANN, (FIRST,)), Holding(ANN, (SECOND,))).status is ChangeStatus.DONE
    assert make(site, Holding(None), Holding(None, (FIRST,)), "1001").status is ChangeStatus.DONE
    first = site.pbx.routes["33199000001", ""]
    assert first["destination"] == "from-did-direct,1001,1"
    assert (first["description"], first["ringing"], first["delay_answer"]) == ("sales", True, 2)
    assert site.pbx.routes["33199000002", ""]["destination"] == "from-did-direct,1000,1"
    assert site.pbx.routes["33199000002", "4930"]["destination"] == "from-did-direct,1000,1"


def test_a_number_that_is_taken_away_leads_to_nobody(site):
    assert make(site, Holding(ANN, (FIRST,)), Holding(ANN)).status is ChangeStatus.DONE
    assert site.pbx.routes["33199000001", ""]["destination"] == "app-blackhole,hangup,1"


def test_an_extension_that_was_deleted_and_not_made_again_is_told(site):
    """FreePBX says that it has been updated."""
    site.pbx.fails_midway = True
    result = hand_over(site)
    assert result.status is ChangeStatus.FAILED
    assert result.words == "FreePBX accepted it, and shows held by nobody"


def test_one_reload_follows_all_changes_and_is_waited_for(site):
    """Routes are moved without FreePBX's own mark that a reload is needed."""
    site.pbx.reload_takes = 1
    assert make(site, Holding(ANN, (FIRST,)), Holding(ANN)).status is ChangeStatus.DONE
    assert len(site.pbx.reloads) == 1
    assert not list(site.open().examine())


def test_a_reload_that_failed_stays_owed(site):
    site.pbx.reload_ends = "Failed"
    with pytest.raises(RestError, match="failed at `reloaded`"):
        hand_over(site)
    (alert,) = site.open().examine()
    assert alert.what == "reload"
    assert site.pbx.people[2]["email"] == BOB


def test_a_change_whose_answer_was_lost_is_found_and_made_once(site):
    site.pbx.faults.append(Fault("lose_answer", "POST", "/gql", skip=2))
    assert hand_over(site).status is ChangeStatus.DONE
    assert sum(b"updateExtension" in asked.body for asked in site.pbx.asked) == 1
    assert site.pbx.welcomed == [BOB]


def test_a_token_that_is_not_taken_any_more_is_exchanged_and_the_change_made_once(site):
    """GraphQL answers it with a 500, and REST with a 401."""
    backend = site.open()
    list(backend.fetch(Scope.everything()))
    site.pbx.tokens = {"another"}
    (result,) = backend.apply([Change(1, "hq", "1000", Holding(ANN, (FIRST,)), Holding(BOB, (FIRST,)))])
    assert result.status is ChangeStatus.DONE
    assert site.pbx.count("POST", "/token") == 2
    assert site.pbx.welcomed == [BOB]


def test_one_change_is_made_at_a_time_whatever_the_site_allows(site):
    """FreePBX reads the file of all mailboxes and writes it anew with each extension that it makes."""
    for n in range(2, 5):
        site.pbx.add_extension(f"100{n}")
    site.pbx.latency = 0.03
    changes = [Change(n, "hq", f"100{n}", Holding(None), Holding(f"m{n}@example.org")) for n in range(1, 5)]
    backend = site.open(workers=4, rate={"requests": 1000})
    assert [result.status for result in backend.apply(changes)] == [ChangeStatus.DONE] * 4
    times = [asked.at for asked in site.pbx.asked if b"updateExtension" in asked.body]
    assert min(later - sooner for sooner, later in pairwise(times)) >= 0.03


def test_an_application_that_may_not_is_told_what_it_lacks(site):
    unknown = {"errors": [{"message": 'Cannot query field "fetchExtension" on type "Query".'}]}
    site.pbx.faults.append(Fault("reply", "POST", "/gql", Reply(200, unknown), times=9))
    with pytest.raises(RestError) as refused:
        hand_over(site)
    assert "scopes gql and rest" in refused.value.remedy
    assert SECRET not in str(refused.value)
