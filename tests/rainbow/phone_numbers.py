"""Finding, paging and changing the phone numbers of a PBX.

Source: `GET` and `PUT .../systems/{systemId}/phone-numbers` of ALE's OpenAPI description of the admin portal (1.82.0):
filters that match by prefix, the codes 409552 and 404000, `number` from which no E.164 can be computed; limit 100.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

from rainbow.answers import Json, RefusedError, bad_parameter
from rainbow.assumptions import Assumptions
from rainbow.tenant import Member, PhoneNumber, System, Tenant, e164

T = TypeVar("T")
Query = Mapping[str, str]

MOST_OF_A_PAGE = 1000
ALLOWED = re.compile(r"[0-9A-Za-z #\-+*().]{1,32}")
"""Short, internal and voice mail numbers."""

PREFIXES = {"shortNumber": "short_number", "internalNumber": "internal_number", "name": "last_name"}
"""Filters that find what begins so: `12` finds 12, 120 and 1234."""
EXACT = {"deviceName": "device_name", "userId": "user_id", "companyPrefix": "company_prefix"}
SORTED_BY = {"shortNumber": "short_number", "internalNumber": "internal_number", "lastName": "last_name"}
TEXTS = {
    "internalNumber": "internal_number",
    "number": "number",
    "country": "country",
    "type": "type",
    "deviceType": "device_type",
    "firstName": "first_name",
    "lastName": "last_name",
    "deviceName": "device_name",
}
CHOICES = {"type": {"home", "work", "other"}, "deviceType": {"landline", "mobile", "fax", "other"}}
FLAGS = {"isMonitored": "is_monitored", "isVisibleByOthers": "is_visible_by_others"}
FIXED = ("pbxId", "systemId", "shortNumber", "pbxUserId")
"""What cannot be changed by this call; it is passed over in silence."""


def select(numbers: Iterable[PhoneNumber], query: Query) -> list[PhoneNumber]:
    """Those that all filters of a query let through, in its order."""
    found = list(numbers)
    for name, attribute in PREFIXES.items():
        if wanted := query.get(name):
            found = [each for each in found if getattr(each, attribute).startswith(wanted)]
    for name, attribute in EXACT.items():
        if wanted := query.get(name):
            found = [each for each in found if getattr(each, attribute) == wanted]
    if wanted := query.get("pbxUserId"):
        found = [each for each in found if each.id[-6:] == wanted]
    if "isMonitored" in query:
        found = [each for each in found if each.is_monitored == (query["isMonitored"] == "true")]
    if "isAssignedToUser" in query:
        found = [each for each in found if (each.user_id is not None) == (query["isAssignedToUser"] == "true")]
    field = SORTED_BY.get(query.get("sortField", "shortNumber"))
    if field is None:
        raise bad_parameter("sortField", "Invalid value", query["sortField"])
    return sorted(found, key=attrgetter(field), reverse=query.get("sortOrder") == "-1")


def page_of(found: list[T], query: Query) -> tuple[list[T], Json]:
    """One page, and the figures that stand beside it. Nothing holds a list still between two pages."""
    limit, offset = _whole(query, "limit", 100), _whole(query, "offset", 0)
    limit = min(limit, MOST_OF_A_PAGE)
    return found[offset : offset + limit], {"total": len(found), "limit": limit, "offset": offset}


def _whole(query: Query, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise bad_parameter(name, "Invalid value", text)
    return int(text)


def check_change(
    tenant: Tenant, system: System, number: PhoneNumber, body: Mapping[str, Any], rules: Assumptions
) -> None:
    """Raise what Rainbow refuses a change for, before the agent of the PBX is asked."""
    wrong = [{"param": name, "msg": "Invalid value", "value": body[name]} for name in body if not _is_valid(name, body)]
    if wrong:
        raise RefusedError(400, wrong, 400000)
    country = body.get("country") or number.country
    if body.get("number") and e164(body["number"], country) is None:
        raise bad_parameter("number", "No E.164 number can be computed from it", body["number"])
    if (internal := body.get("internalNumber")) and internal != number.internal_number:
        for other in tenant.numbers_of(system):
            if other is not number and other.internal_number == internal:
                shown = {
                    key: other.as_json()[key] for key in ("id", "internalNumber", "shortNumber", "pbxId", "systemId")
                }
                words = f"internalNumber {internal} is used in the system group."
                raise RefusedError(409, words, 409552, {"conflictWith": shown})
    if "userId" in body:
        _check_holder(tenant, system, number, body["userId"], rules)


def _is_valid(name: str, body: Mapping[str, Any]) -> bool:
    value = body[name]
    if name == "userId":
        return value is None or isinstance(value, str)
    if name in FLAGS:
        return isinstance(value, bool)
    if name in CHOICES:
        return value in CHOICES[name]
    if name == "internalNumber":
        return isinstance(value, str) and ALLOWED.fullmatch(value) is not None
    return name in FIXED or (name in TEXTS and (value is None or isinstance(value, str)))


def _check_holder(tenant: Tenant, system: System, number: PhoneNumber, user_id: str | None, rules: Assumptions) -> None:
    if user_id is None:
        if rules.null_user == "refused":
            raise bad_parameter("userId", "Invalid value", None)
        return
    member = tenant.members.get(user_id)
    if member is None or member.is_terminated or member.company_id not in system.company_ids:
        raise RefusedError(404, f"User {user_id} does not exist.", 404000)
    if number.user_id not in {None, user_id} and rules.held_number == "refused":
        raise RefusedError(409, f"Phone number {number.short_number} is assigned to another user.")


def change(tenant: Tenant, number: PhoneNumber, body: Mapping[str, Any], rules: Assumptions) -> None:
    """Store what was checked. Whether the member's other numbers stay is an assumption."""
    if "userId" in body and not (body["userId"] is None and rules.null_user == "ignored"):
        link(tenant, number, None if body["userId"] is None else tenant.members[body["userId"]], rules)
    for name, attribute in TEXTS.items():
        if name in body:
            setattr(number, attribute, body[name] or "")
    for name, attribute in FLAGS.items():
        if name in body:
            setattr(number, attribute, body[name])


def link(tenant: Tenant, number: PhoneNumber, member: Member | None, rules: Assumptions) -> None:
    """Give the number to a member, or free it."""
    if member is not None and rules.second_number == "replaces":
        for other in tenant.held_by(member):
            if other.system_id == number.system_id:
                other.user_id = None
    number.user_id = None if member is None else member.id
