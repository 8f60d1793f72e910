"""What goes wrong between linecard and Rainbow, at each call: nothing is sent twice, nothing is said that is not so."""

from __future__ import annotations

import pytest

from linecard.api.backend import VACANT, BackendError, Change, ChangeStatus, Entry, Holding, Scope
from rainbow.faults import Fault

ADA, BOB = "ada@example.org", "bob@example.org"
ATTACH = Change(1, "hq", "1000", VACANT, Holding(ADA, ("+33199001000",)))

FAULTS = {
    "lose_request": Fault("lose_request", method="PUT"),
    "lose_answer": Fault("lose_answer", method="PUT"),
    "half": Fault("half", method="PUT"),
    "garbled": Fault("garbled", method="PUT"),
    "html": Fault("html", method="PUT"),
    "500": Fault("status", method="PUT", status=500),
    "502 in html": Fault("html", method="PUT", status=502),
    "504": Fault("status", method="PUT", status=504),
    "slow": Fault("slow", method="PUT", seconds=1.5),
}
MADE = {"lose_answer", "garbled", "slow"}
UNKNOWN = {"lose_request", "html", "502 in html", "504"}
"""What somebody in between may have answered while Rainbow works on."""


@pytest.fixture
def tenant(make_tenant):
    return make_tenant(Entry("1000"), Entry("1001", BOB), members=[ADA])


def apply(tenant, *changes, **options):
    backend = tenant.open(**options)
    try:
        return list(backend.apply(iter(changes)))
    finally:
        backend.close()


@pytest.mark.parametrize("name", FAULTS)
def test_a_change_is_sent_once_whatever_becomes_of_it(tenant, name):
    """And what is said of it is what Rainbow shows."""
    tenant.world.faults.add(Fault(**vars(FAULTS[name])))
    (result,) = apply(tenant, ATTACH, timeout=1.0, settle=2.0)
    assert tenant.count_requests("PUT") == 1
    assert (tenant.holders()["1000"] == ADA) == (name in MADE | {"half"})
    if name in MADE:
        assert result.status is ChangeStatus.DONE
    elif name in UNKNOWN:
        assert result.status is ChangeStatus.UNKNOWN
        assert "may still change" in result.words
    else:
        assert result.status is ChangeStatus.FAILED


def test_a_half_written_change_says_what_rainbow_shows(tenant):
    """The holder is there, the number is not."""
    tenant.world.faults.add(Fault("half", method="PUT"))
    (result,) = apply(tenant, ATTACH)
    assert (result.status, result.words.rpartition("It shows ")[2]) == (ChangeStatus.FAILED, ADA)


@pytest.mark.parametrize("method", ["GET"])
@pytest.mark.parametrize("kind", ["lose_request", "lose_answer", "garbled", "html", "status"])
@pytest.mark.parametrize("skip", [0, 2, 5])
def test_a_read_is_sent_again(tenant, kind, method, skip):
    """Whichever of them meets the fault, all is as if it had not been."""
    tenant.world.faults.add(Fault(kind, method=method, path="/admin/", skip=skip, status=503))
    backend = tenant.open()
    scope = Scope(frozenset({"1000", "1001"}), frozenset({ADA, BOB}))
    assert sorted(backend.members(scope)) == [ADA, BOB]
    assert sorted(backend.fetch(scope)) == [Entry("1000"), Entry("1001", BOB)]
    backend.close()


def test_a_page_that_shifts_is_noticed(make_tenant):
    """Extensions come and go between two pages: none that is there all the while is missed, none comes twice."""
    tenant = make_tenant(*(Entry(f"{1000 + n}", f"m{n}@example.org") for n in range(0, 40, 2)))
    edits = [("remove_number", "1002"), ("add_number", "1001"), ("remove_number", "1004"), ("add_number", "1003")]
    for skip, (do, extension) in enumerate(edits, start=3):
        edit = {"do": do, "pbxId": tenant.system.pbx_id, "shortNumber": extension}
        tenant.world.faults.add(Fault("edit", path="phone-numbers", skip=skip, edit=edit))
    backend = tenant.open(page=4)
    read = [entry.extension for entry in backend.fetch(Scope.everything())]
    backend.close()
    assert len(read) == len(set(read))
    assert {f"{1000 + n}" for n in range(6, 40, 2)} | {"1000"} <= set(read)


def test_a_list_that_never_stands_still_is_given_up(make_tenant):
    """In a sentence, and not with a part of it."""
    tenant = make_tenant(*(Entry(f"{1000 + n}") for n in range(40)))
    for n in range(60):
        edit = {"do": "add_number", "pbxId": tenant.system.pbx_id, "shortNumber": f"0{n:03}"}
        tenant.world.faults.add(Fault("edit", path="phone-numbers.*offset=[1-9]", edit=edit))
    backend = tenant.open(page=4)
    with pytest.raises(BackendError, match="faster than it can be read"):
        list(backend.fetch(Scope.everything()))
    backend.close()


def test_a_pbx_whose_agent_is_away_is_not_asked_for_ever(make_tenant):
    """After three changes in a row that Rainbow fails at, the rest is left for later."""
    tenant = make_tenant(*(Entry(f"{1000 + n}") for n in range(40)), members=[f"m{n}@example.org" for n in range(40)])
    tenant.system.agent = "absent"
    tenant.world.assumptions.__dict__.update(agent_patience=0.05)
    changes = [Change(n + 1, "hq", f"{1000 + n}", VACANT, Holding(f"m{n}@example.org")) for n in range(40)]
    with pytest.raises(BackendError, match="in a row") as caught:
        apply(tenant, *changes)
    assert "agent" in caught.value.remedy
    assert tenant.count_requests("PUT") < 20


def test_a_tenant_that_is_slow_is_waited_for(tenant):
    """The PUT waits for the agent of the PBX."""
    tenant.system.agent, tenant.system.agent_seconds = "slow", 1.0
    (result,) = apply(tenant, ATTACH)
    assert result.status is ChangeStatus.DONE


def test_what_is_in_the_way_is_read_right_before(tenant):
    """Somebody took the extension after the plan: stale, and nothing is sent."""
    tenant.world.tenant.find_number(tenant.system, "1000").user_id = tenant.add_member(BOB)
    (result,) = apply(tenant, ATTACH)
    assert result.status is ChangeStatus.STALE
    assert tenant.count_requests("PUT") == 0


def test_what_linecard_does_not_own_stays(tenant):
    """Monitoring, internal number, names: whatever a change leaves out of it."""
    number = tenant.world.tenant.find_number(tenant.system, "1001")
    number.is_monitored, number.internal_number, number.first_name = True, "71001", "Bob"
    before = number.as_json()
    (result,) = apply(tenant, Change(1, "hq", "1001", Holding(BOB), Holding(ADA)))
    assert result.status is ChangeStatus.DONE
    changed = {key for key, value in number.as_json().items() if before[key] != value}
    assert changed <= {"userId", "jid_im", "jid_tel", "rainbowNumber"}
    assert [request.body for request in tenant.world.requests if request.method == "PUT"] == [
        f'{{"userId": "{tenant.add_member(ADA)}"}}'
    ]
