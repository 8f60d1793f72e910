"""Finding and changing phone numbers: prefixes, pages, what is refused, what stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rainbow.asking import ADMIN, Client
from rainbow.edits import apply_edit
from rainbow.examples import CLOUD_PBX, NEIGHBOUR, PBX


def shorts(found: Any) -> list[str]:
    return [number["shortNumber"] for number in found["data"]]


def test_a_filter_finds_whatever_begins_so(client: Client) -> None:
    """So a client compares the short number itself."""
    assert shorts(client.numbers("shortNumber=101")) == [str(1010 + index) for index in range(10)]
    assert shorts(client.numbers("shortNumber=1010")) == ["1010"]


@pytest.mark.parametrize(
    ("query", "found"),
    [("isAssignedToUser=true", 5), ("isMonitored=true", 5), ("isAssignedToUser=false&shortNumber=100", 5)],
)
def test_filters_are_joined(client: Client, query: str, found: int) -> None:
    assert client.numbers(query)["total"] == found


def test_the_holder_is_in_the_full_form_alone(client: Client) -> None:
    small, medium, full = (client.numbers(f"format={form}&limit=1")["data"][0] for form in ("small", "medium", "full"))
    assert "userId" not in small
    assert "userId" not in medium
    assert full["userId"] == client.member("alan")
    assert client.numbers(f"format=small&userId={client.member('alan')}")["total"] == 1


def test_pages_shift_when_somebody_removes_what_was_read(client: Client) -> None:
    """Nothing holds a list still: 1010 is on neither page."""
    first = shorts(client.numbers("limit=10&offset=0"))
    apply_edit(client.world, {"do": "remove_number", "pbxId": PBX, "shortNumber": "1003"})
    second = shorts(client.numbers("limit=10&offset=10"))
    assert (first[-1], second[0]) == ("1009", "1011")
    assert "1010" not in [*first, *second]


def test_a_page_has_at_most_a_thousand(client: Client) -> None:
    assert client.numbers("limit=5000")["limit"] == 1000
    assert client.ask("GET", f"{ADMIN}/systems/{client.system.id}/phone-numbers?limit=-1")[0] == 400


def test_a_put_links_and_leaves_the_rest(client: Client) -> None:
    status, said = client.ask("PUT", client.number("1010"), {"userId": client.member("ida"), "isMonitored": True})
    assert (status, said["data"]["userId"], said["data"]["number"]) == (200, client.member("ida"), "+33199001010")
    assert client.holder("1010") == "ida@example.com"


@pytest.mark.parametrize(
    ("rule", "status", "holder"),
    [("detaches", 200, None), ("ignored", 200, "alan@example.com"), ("refused", 400, "alan@example.com")],
)
def test_what_null_does_to_a_link_is_an_assumption(client: Client, rule: Any, status: int, holder: str | None) -> None:
    client.world.assumptions = replace(client.world.assumptions, null_user=rule)
    assert client.ask("PUT", client.number("1000"), {"userId": None})[0] == status
    assert client.holder("1000") == holder


@pytest.mark.parametrize(
    ("rule", "status", "holder"), [("taken_over", 200, "ida@example.com"), ("refused", 409, "alan@example.com")]
)
def test_what_becomes_of_the_holder_is_an_assumption(client: Client, rule: Any, status: int, holder: str) -> None:
    client.world.assumptions = replace(client.world.assumptions, held_number=rule)
    assert client.ask("PUT", client.number("1000"), {"userId": client.member("ida")})[0] == status
    assert client.holder("1000") == holder


@pytest.mark.parametrize(("rule", "old"), [("added", "alan@example.com"), ("replaces", None)])
def test_whether_a_second_number_is_added_is_an_assumption(client: Client, rule: Any, old: str | None) -> None:
    client.world.assumptions = replace(client.world.assumptions, second_number=rule)
    client.ask("PUT", client.number("1010"), {"userId": client.member("alan")})
    assert (client.holder("1000"), client.holder("1010")) == (old, "alan@example.com")


def test_an_internal_number_is_unique_and_the_other_is_named(client: Client) -> None:
    status, said = client.ask("PUT", client.number("1010"), {"internalNumber": "1000"})
    assert (status, said["errorDetailsCode"]) == (409, 409552)
    assert said["errorDetailsData"]["conflictWith"]["shortNumber"] == "1000"


@pytest.mark.parametrize(
    "body",
    [
        {"number": "no number"},
        {"isMonitored": "yes"},
        {"type": "car"},
        {"internalNumber": "x" * 33},
        {"userId": 5},
        {"unknown": 1},
    ],
)
def test_bad_fields_are_listed(client: Client, body: dict[str, object]) -> None:
    status, said = client.ask("PUT", client.number("1010"), body)
    assert (status, [entry["param"] for entry in said["errorDetails"]]) == (400, list(body))


def test_a_member_of_another_company_and_a_terminated_one_do_not_exist(client: Client) -> None:
    stranger = client.world.tenant.find_member(NEIGHBOUR)
    assert stranger is not None
    assert client.ask("PUT", client.number("1010"), {"userId": stranger.id})[1]["errorDetailsCode"] == 404000
    ida = client.member("ida")
    apply_edit(client.world, {"do": "delete_member", "loginEmail": "ida@example.com"})
    assert client.ask("PUT", client.number("1010"), {"userId": ida})[0] == 404


def test_a_deleted_member_frees_the_numbers(client: Client) -> None:
    apply_edit(client.world, {"do": "delete_member", "loginEmail": "alan@example.com"})
    assert client.holder("1000") is None
    assert client.ask("GET", f"{ADMIN}/users?loginEmail=alan@example.com")[1]["total"] == 0
    assert client.ask("GET", f"{ADMIN}/users?loginEmail=alan@example.com&isTerminated=true")[1]["total"] == 1


def test_each_sees_its_own_company(client: Client) -> None:
    others = [system for system in client.world.tenant.systems.values() if system.pbx_id == "PBXelsewhere"]
    assert client.ask("GET", f"{ADMIN}/systems/{others[0].id}/phone-numbers")[0] == 404
    assert client.ask("GET", f"{ADMIN}/systems/pbxid/PBXelsewhere")[0] == 404
    assert [system["pbxId"] for system in client.ask("GET", f"{ADMIN}/systems")[1]["data"]] == [PBX, CLOUD_PBX]


def test_on_a_shared_pbx_each_sees_the_numbers_with_its_prefix(client: Client) -> None:
    tenant = client.world.tenant
    ours, theirs = tenant.companies.values()
    ours.tenant_call_number, theirs.tenant_call_number = "71", "72"
    client.system.company_ids.append(theirs.id)
    for number in tenant.numbers_of(client.system):
        number.company_prefix = "71" if number.short_number < "1010" else "72"
    assert client.numbers()["total"] == 10
    assert client.ask("GET", client.number("1010"))[0] == 404


def test_an_administrator_may_lack_the_role_or_the_system(client: Client) -> None:
    administrator = client.world.tenant.find_member("admin@example.com")
    assert administrator is not None
    administrator.managed_systems = frozenset()
    status, said = client.ask("PUT", client.number("1010"), {"userId": client.member("ida")})
    assert (status, said["errorDetailsCode"]) == (403, 403301)
    administrator.roles = ("user",)
    assert client.ask("GET", f"{ADMIN}/users")[1]["errorDetailsCode"] == 403000


def test_secrets_are_where_rainbow_has_them(client: Client) -> None:
    """In full forms: a client has to keep them out of its logs."""
    assert "jid_password" in client.numbers("format=full&isAssignedToUser=true")["data"][0]
    assert "jid_password" in client.ask("GET", f"{ADMIN}/systems/pbxid/{PBX}")[1]["data"]
    assert "jid_password" not in client.ask("GET", f"{ADMIN}/systems")[1]["data"][0]
