"""Changes that meet something odd: what Rainbow holds and linecard cannot say, and what is half done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from linecard.api.backend import VACANT, BackendError, Change, ChangeStatus, Entry, Holding
from linecard.testing import make_context
from linecard_rainbow.client import Client
from linecard_rainbow.holdings_index import HoldingsIndex
from linecard_rainbow.tenant import Tenant
from rainbow.faults import Fault

ADA, BOB = "ada@example.org", "bob@example.org"
NUMBER = ("+33199001000",)


@pytest.fixture
def tenant(make_tenant):
    return make_tenant(Entry("1000"), Entry("1001", BOB), members=[ADA])


def apply(tenant, *changes, **options):
    backend = tenant.open(**options)
    try:
        return list(backend.apply(iter(changes)))
    finally:
        backend.close()


@pytest.mark.parametrize("mode", ["rest", "massprovisioning"])
def test_a_number_that_rainbow_cannot_read_is_not_written_over(tenant, mode):
    """No limit would have counted it, and no undo could put it back."""
    number = tenant.world.tenant.find_number(tenant.system, "1000")
    number.number = "12"
    assert number.e164 == ""
    with_number, without = (Change(1, "hq", "1000", VACANT, Holding(ADA, numbers)) for numbers in (NUMBER, ()))
    (result,) = apply(tenant, with_number, mode=mode)
    assert (result.status, number.number, number.user_id) == (ChangeStatus.FAILED, "12", None)
    assert "cannot read" in result.words
    (result,) = apply(tenant, without, mode=mode)
    assert (result.status, number.number, tenant.holders()["1000"]) == (ChangeStatus.DONE, "12", ADA)


@pytest.mark.parametrize("number", ["0199001000", "01 99 00 10 00", "+33 1 99 00 10 00"])
def test_a_number_is_what_rainbow_makes_of_it(tenant, number):
    """Written as people write it at home: it is the same number, and stays as it is written."""
    tenant.world.tenant.find_number(tenant.system, "1000").number = number
    (result,) = apply(tenant, Change(1, "hq", "1000", Holding(None, NUMBER), Holding(ADA, NUMBER)))
    assert result.status is ChangeStatus.DONE
    assert tenant.world.tenant.find_number(tenant.system, "1000").number == number


@pytest.mark.parametrize(("fault", "status"), [("status", ChangeStatus.FAILED), ("lose_request", ChangeStatus.UNKNOWN)])
def test_a_takeover_that_ends_half_way_says_who_lost(tenant, fault, status):
    """Where what is held is not given away it is freed first; then the second change may fail."""
    tenant.world.assumptions = replace(tenant.world.assumptions, held_number="refused")
    tenant.world.faults.add(Fault(fault, method="PUT", skip=2, status=400))
    (result,) = apply(tenant, Change(1, "hq", "1001", Holding(BOB), Holding(ADA)), settle=0.1)
    assert (result.status, tenant.holders()["1001"]) == (status, None)
    assert f"{BOB} has lost the extension already" in result.words


def test_an_agent_that_is_slower_than_the_time_out(tenant):
    """It may come about later, and it does: told as unknown, sent once, and there is nothing left to do."""
    tenant.system.agent, tenant.system.agent_seconds = "slow", 1.5
    change = Change(1, "hq", "1000", VACANT, Holding(ADA))
    (result,) = apply(tenant, change, timeout=0.3, settle=0.3)
    assert result.status is ChangeStatus.UNKNOWN
    tenant.world.stopping.wait(2)
    assert tenant.holders()["1000"] == ADA
    (again,) = apply(tenant, change)
    assert (again.status, tenant.count_requests("PUT")) == (ChangeStatus.STALE, 1)


def test_what_was_read_half_is_not_believed(make_tenant):
    """The list broke off: another change must not take it for all there is."""
    tenant = make_tenant(*(Entry(f"{1000 + n}", None, (f"+3319900{n:04}",)) for n in range(12)))
    options = tenant.make_options(page=4)
    client = Client(options, make_context(tenant.folder, "hq"))
    index = HoldingsIndex(Tenant(client, options), lambda: datetime.now(UTC))
    change = Change(1, "hq", "1000", Holding(None, ("+33199000000",)), Holding(None, ("+33199000011",)))
    tenant.world.faults.add(Fault("status", path="offset=[1-9]", status=400))
    with pytest.raises(BackendError):
        index.find_obstacle(change, None, several=True)
    assert index.find_obstacle(change, None, several=True) == "+33199000011 is on extension 1011"
    client.close()
