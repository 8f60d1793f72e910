"""How much Rainbow is asked: tens of requests for ten rows, whichever way is cheaper, at the pace of the tenant."""

from __future__ import annotations

import pytest

from linecard.api.backend import VACANT, Change, ChangeStatus, Entry, Holding, Scope
from linecard.testing import make_context
from rainbow import phone_numbers
from rainbow.faults import Fault


@pytest.fixture
def company(make_tenant):
    """Three hundred extensions, of which half are held."""
    entries = [Entry(f"{1000 + n}", f"m{n}@example.org" if n % 2 else None, (f"+3319900{n:04}",)) for n in range(300)]
    return make_tenant(*entries, members=[f"m{n}@example.org" for n in range(300)])


TEN = Scope(frozenset(f"{1000 + n}" for n in range(0, 20, 2)), frozenset(f"m{n}@example.org" for n in range(10)))


@pytest.mark.parametrize(("page", "most"), [(1000, 6), (100, 16), (10, 45), (5, 45)])
def test_ten_rows_cost_tens_of_requests(company, page, most):
    """By the list where it is short, by name where it is long."""
    facts = []

    def log(event, *, level="info", **more):
        facts.append((event, level, more))

    backend = company.open(make_context(company.folder, "hq", log=log), page=page)
    members = sorted(backend.members(TEN))
    entries = list(backend.fetch(TEN))
    backend.close()
    assert members == sorted(TEN.members)
    assert {entry.extension for entry in entries} == TEN.extensions | {f"{1000 + n}" for n in range(1, 10, 2)}
    assert company.count_requests() <= most
    assert {more["how"] for event, _, more in facts if event == "read"} == ({"whole"} if page >= 100 else {"by name"})


def test_numbers_are_looked_up_in_the_list(company):
    """Rainbow cannot be asked which extension has a number."""
    backend = company.open(page=10)
    scope = Scope(numbers=frozenset({"+33199000007", "+33199009999"}))
    assert [entry.extension for entry in backend.fetch(scope)] == ["1007"]
    backend.close()


@pytest.mark.parametrize("given", [2, 7, 100])
def test_pages_may_be_shorter_than_what_was_asked_for(company, given):
    """How many entries a page may have is in none of ALE's descriptions."""
    most, phone_numbers.MOST_OF_A_PAGE = phone_numbers.MOST_OF_A_PAGE, given
    try:
        backend = company.open()
        assert len({entry.extension for entry in backend.fetch(Scope.everything())}) == 300
        backend.close()
    finally:
        phone_numbers.MOST_OF_A_PAGE = most


def test_pages_of_a_list_are_asked_for_side_by_side(company):
    """Each of them once: what the list would cost one after another is its requests, not its time."""
    company.world.latency = 0.5
    backend = company.open(page=75)
    assert len(list(backend.fetch(Scope.everything()))) == 300
    backend.close()
    lists = [request for request in company.world.requests if "/phone-numbers" in request.target]
    came = {
        int(request.target.rpartition("offset=")[2]): request.at for request in lists if "limit=75" in request.target
    }
    assert sorted(came) == [0, 74, 148, 222, 296]
    assert len(lists) == len(came)
    assert max(came.values()) - came[74] < company.world.latency, "the last one came before the second was answered"


def test_a_short_number_that_begins_like_others_is_found(make_tenant):
    """The filter of Rainbow matches by prefix: 10 finds 10, 100 and 1000."""
    tenant = make_tenant(*(Entry(name, f"m{name}@example.org") for name in ("10", "100", "1000", "1001", "101")))
    backend = tenant.open(page=2)
    assert list(backend.fetch(Scope(frozenset({"10"})))) == [Entry("10", "m10@example.org")]
    assert list(backend.fetch(Scope(frozenset({"1"})))) == []
    backend.close()


def test_a_change_costs_two_requests(company):
    """One look before, and the change itself, whose answer is what Rainbow has stored."""
    changes = [link(2 * n) for n in range(40)]
    backend = company.open()
    list(backend.members(Scope.everything()))
    before = company.count_requests()
    assert {result.status for result in backend.apply(changes)} == {ChangeStatus.DONE}
    backend.close()
    assert company.count_requests() - before <= 2 * len(changes) + 4


def link(n):
    numbers = (f"+3319900{n:04}",)
    return Change(n + 1, "hq", f"{1000 + n}", Holding(None, numbers), Holding(f"m{n}@example.org", numbers))


def test_too_many_requests_hold_every_worker(make_tenant):
    """Retry-After is waited for, and then one request goes first: none is lost, none is sent for nothing."""
    tenant = make_tenant(*(Entry(f"{1000 + n}") for n in range(30)), members=[f"m{n}@example.org" for n in range(30)])
    changes = [Change(n, "hq", f"{1000 + n}", VACANT, Holding(f"m{n}@example.org")) for n in range(30)]
    tenant.world.faults.add(Fault("too_many", method="PUT", seconds=1, times=4, skip=5))
    backend = tenant.open()
    assert [result.status for result in backend.apply(changes)] == [ChangeStatus.DONE] * 30
    backend.close()
    assert list(tenant.holders().values()) == [f"m{n}@example.org" for n in range(30)]
