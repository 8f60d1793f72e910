"""What administrators ask of users, systems and phone numbers.

Source: ALE's OpenAPI description of the admin portal (1.82.0): roles, filters, forms, codes 403000, 403301 and
404000, and that the PUT of a phone number waits until the agent of the PBX has taken the change.
"""

from __future__ import annotations

from rainbow.answers import Answer, Json, RefusedError, as_data, missing
from rainbow.phone_numbers import change, check_change, page_of, select
from rainbow.routes.table import ADMIN, ROUTES, Call
from rainbow.tenant import Member, PhoneNumber, System

SYSTEM = f"{ADMIN}/systems/{{system}}"


def administrator(call: Call) -> Member:
    account = call.account
    if not {"admin", "bp_admin", "superadmin"} & set(account.roles):
        raise RefusedError(403, "A role is missing.", 403000)
    return account


def system_of(call: Call, account: Member) -> System:
    """The system that the path names, if the account may see it."""
    system = call.world.tenant.system(call.parts["system"])
    if account.company_id not in system.company_ids:
        raise missing("System", system.id)
    if account.managed_systems is not None and system.id not in account.managed_systems:
        raise RefusedError(403, "The administrator is not assigned to this system.", 403301)
    return system


def sees(call: Call, system: System, account: Member, number: PhoneNumber) -> bool:
    """On a PBX that companies share, each sees the numbers with its own prefix."""
    prefix = call.world.tenant.companies[account.company_id].tenant_call_number
    return number.system_id == system.id and (len(system.company_ids) == 1 or number.company_prefix == prefix)


def number_of(call: Call, account: Member) -> tuple[System, PhoneNumber]:
    system = system_of(call, account)
    number = call.world.tenant.numbers.get(call.parts["number"])
    if number is None or not sees(call, system, account, number):
        raise missing("PhoneNumber", call.parts["number"])
    return system, number


@ROUTES.add("GET", f"{ADMIN}/users")
def list_users(call: Call) -> Answer:
    account, tenant, query = administrator(call), call.world.tenant, call.query
    company = query.get("companyId", account.company_id)
    terminated = query.get("isTerminated") == "true"
    found = [
        member
        for member in tenant.members.values()
        if member.company_id == company == account.company_id and member.is_terminated == terminated
    ]
    if email := query.get("loginEmail"):
        found = [member for member in found if member.login_email.lower() == email.lower()]
    for word in query.get("searchEmail", "").lower().split():
        found = [member for member in found if word in member.login_email.lower()]
    if name := query.get("displayName"):
        found = [member for member in found if member.display_name.lower().startswith(name.lower())]
    page, figures = page_of(sorted(found, key=lambda member: member.login_email), query)
    return as_data([tenant.member_json(member, query.get("format", "small")) for member in page], **figures)


@ROUTES.add("GET", f"{ADMIN}/users/{{user}}")
def show_user(call: Call) -> Answer:
    account, tenant = administrator(call), call.world.tenant
    member = tenant.member(call.parts["user"])
    if member.company_id != account.company_id:
        raise missing("User", member.id)
    return as_data(tenant.member_json(member))


@ROUTES.add("GET", f"{ADMIN}/systems")
def list_systems(call: Call) -> Answer:
    account, query = administrator(call), call.query
    found = call.world.tenant.systems_of(account.company_id)
    if name := query.get("name"):
        found = [system for system in found if system.name.startswith(name)]
    if kind := query.get("type"):
        found = [system for system in found if system.type == kind]
    page, figures = page_of(found, query)
    return as_data([_shown(system, query.get("format", "small")) for system in page], **figures)


def _shown(system: System, form: str) -> Json:
    """The full form has the password of the agent: nobody should log it."""
    whole = system.as_json()
    return whole if form == "full" else {key: value for key, value in whole.items() if not key.startswith("jid")}


@ROUTES.add("GET", f"{ADMIN}/systems/pbxid/{{pbx}}")
def find_system(call: Call) -> Answer:
    account = administrator(call)
    for system in call.world.tenant.systems_by_pbx(call.parts["pbx"]):
        if account.company_id in system.company_ids:
            return as_data(_shown(system, "full"))
    raise missing("System", call.parts["pbx"])


@ROUTES.add("GET", SYSTEM)
def show_system(call: Call) -> Answer:
    return as_data(_shown(system_of(call, administrator(call)), "full"))


@ROUTES.add("GET", f"{SYSTEM}/phone-numbers")
def list_numbers(call: Call) -> Answer:
    account = administrator(call)
    system = system_of(call, account)
    found = select(call.world.tenant.numbers_of(system), call.query)
    found = [number for number in found if sees(call, system, account, number)]
    page, figures = page_of(found, call.query)
    return as_data([number.as_json(call.query.get("format", "small")) for number in page], **figures)


@ROUTES.add("GET", f"{SYSTEM}/phone-numbers/{{number}}")
def show_number(call: Call) -> Answer:
    _, number = number_of(call, administrator(call))
    return as_data(number.as_json())


@ROUTES.add("PUT", f"{SYSTEM}/phone-numbers/{{number}}")
def change_number(call: Call) -> Answer:
    """A client that has gone meanwhile changes nothing: what was asked for is stored when the agent has answered."""
    world, account = call.world, administrator(call)
    system, number = number_of(call, account)
    body, rules = call.read_json(), world.assumptions
    check_change(world.tenant, system, number, body, rules)
    if system.agent == "absent":
        world.pause(rules.agent_patience)
        raise RefusedError(500, "" if rules.absent_agent == "error" else SILENCE)
    if system.agent == "slow":
        world.pause(system.agent_seconds)
        _, number = number_of(call, account)
        check_change(world.tenant, system, number, body, rules)
    if call.fault == "half":
        change(world.tenant, number, dict(list(body.items())[:1]), rules)
        raise RefusedError(500, "")
    change(world.tenant, number, body, rules)
    return as_data(number.as_json())


SILENCE = "\0 no answer"
"""Details of a refusal that the server does not send: it closes the connection."""
