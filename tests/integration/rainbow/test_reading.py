"""What is read of a tenant is what it holds, whichever way linecard finds cheaper to ask.

The model is the tenant that was made: no list, no page, no filter.
"""

from __future__ import annotations

import shutil
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.rainbow.tenants import SimulatedTenant
from linecard.api.backend import BackendError, Entry, Scope
from rainbow import phone_numbers
from rainbow.examples import ADMINISTRATOR
from rainbow.routes import admin

LOGINS = [f"{name}@example.org" for name in ("ada", "Bob", "CY", "dee", "eve", "finn")]
ELSEWHERE = ["nele@example.net", "Otto@example.net"]
NAMES = ["1", "10", "100", "1000", "1001", "10001", "11", "2", "20", "2000", "*5", "A1"]
NUMBERS = [f"+331990000{n:02}" for n in range(6)]


class Model(NamedTuple):
    """`entries` by extension; `members` are those who may be given an extension, by the login as it was written."""

    entries: dict[str, Entry]
    members: list[str]


@st.composite
def models(draw):
    members = draw(st.lists(st.sampled_from(LOGINS), unique=True))
    extensions = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=4))
    numbers = draw(st.permutations(NUMBERS))
    holders = st.sampled_from([None, *members, *ELSEWHERE])
    entries = {}
    for n, extension in enumerate(extensions):
        has = n < len(numbers) and draw(st.booleans())
        entries[extension] = Entry(extension, draw(holders), (numbers[n],) if has else ())
    return Model(entries, members)


def scopes():
    parts = (NAMES, [login.lower() for login in (*LOGINS, *ELSEWHERE)], NUMBERS)
    names, members, numbers = (st.frozensets(st.sampled_from(part), max_size=2) for part in parts)
    by_name = st.builds(Scope, names, members)
    return by_name | st.builds(Scope, names, members, numbers) | st.just(Scope.everything())


def fill(tenant, model, elsewhere):
    """The tenant as the model has it; `elsewhere` is another company, whose members cannot be seen."""
    world = tenant.world.tenant
    ids = {}
    for login in model.members:
        ids[login] = tenant.add_member(login)
    for login in ELSEWHERE:
        ids[login] = world.add_member(elsewhere, login).id
    for extension, holder, numbers in model.entries.values():
        number = world.add_number(tenant.system, extension, number="".join(numbers))
        number.user_id = None if holder is None else ids[holder]
    return ids


def name(holder, ids):
    return None if holder is None else f"user:{ids[holder]}" if holder in ELSEWHERE else holder.lower()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    model=models(),
    asked=st.lists(scopes(), min_size=3, max_size=8),
    page=st.sampled_from([2, 3, 5, 12]),
    given_at_most=st.sampled_from([2, 3, 5, 1000]),
    members_first=st.booleans(),
)
def test_each_way_to_ask_gives_the_same(keys, tmp_path, model, asked, page, given_at_most, members_first):
    """By the list or by name, in pages of any size, for members in capitals and holders of another company."""
    folder = tmp_path / "site"
    shutil.rmtree(folder, ignore_errors=True)
    most, phone_numbers.MOST_OF_A_PAGE = phone_numbers.MOST_OF_A_PAGE, given_at_most
    try:
        with SimulatedTenant(folder, keys=keys) as tenant:
            ids = fill(tenant, model, tenant.world.tenant.add_company("Neighbour"))
            backend = tenant.open(page=page)
            for scope in asked:
                if members_first:
                    check_members(backend, scope, model)
                entries = [(e, name(holder, ids), n) for e, holder, n in model.entries.values()]
                wanted = [Entry(*each) for each in entries if is_in(scope, Entry(*each))]
                assert sorted(backend.fetch(scope), key=str) == sorted(wanted, key=str)
                check_members(backend, scope, model)
            backend.close()
    finally:
        phone_numbers.MOST_OF_A_PAGE = most


def is_in(scope, entry):
    return (
        scope.whole
        or entry.extension in scope.extensions
        or entry.member in scope.members
        or not scope.numbers.isdisjoint(entry.numbers)
    )


def check_members(backend, scope, model):
    known = {ADMINISTRATOR, *(login.lower() for login in model.members)}
    assert sorted(backend.members(scope)) == sorted(known if scope.whole else known & scope.members)


TOTALS = {
    "of the page": lambda page, _: len(page),
    "nothing": lambda *_: 0,
    "too few": lambda *_: 3,
    "more": lambda *_: 99,
}


@pytest.mark.parametrize("total", TOTALS)
def test_a_total_that_is_none(make_tenant, monkeypatch, total):
    """A list is whole, or it is not taken."""
    tenant = make_tenant(*(Entry(f"{1000 + n}", f"m{n}@example.org") for n in range(11)))
    honest = admin.page_of

    def lie(found, query):
        page, figures = honest(found, query)
        return page, figures | {"total": TOTALS[total](page, figures)}

    backend = tenant.open(page=4)
    assert len(list(backend.fetch(Scope.everything()))) == 11
    monkeypatch.setattr(admin, "page_of", lie)
    with pytest.raises(BackendError, match=r"more entries than it says|faster than it can be read"):
        list(backend.fetch(Scope.everything()))
    backend.close()


@pytest.mark.parametrize("page", [2, 3, 1000])
@pytest.mark.parametrize("members_first", [True, False])
def test_a_login_that_changes_between_two_plans(make_tenant, page, members_first):
    """A plan asks anew whose an id is, and whom a login means."""
    tenant = make_tenant(*(Entry(f"{1000 + n}", f"m{n}@example.org") for n in range(5)))
    backend = tenant.open(page=page)
    scope = Scope(frozenset({"1001"}), frozenset({"m1@example.org", "new@example.org"}))
    world = tenant.world.tenant
    assert [entry.member for entry in backend.fetch(scope)] == ["m1@example.org"]
    member = world.find_member("m1@example.org")
    world.rename_member(member, "New@example.org")
    if members_first:
        assert list(backend.members(scope)) == ["new@example.org"]
    assert [entry.member for entry in backend.fetch(scope)] == ["new@example.org"]
    backend.close()
