"""What every user may ask, and what says that the platform is up.

Source: the calls that rainbow-cli 1.102.2 makes after a login, and for `whoami` and `status`; it wants a `version` in
`about` and `eventLoopLagMilliseconds` in `ping`.
"""

from __future__ import annotations

from rainbow.answers import Answer, as_data, as_json, missing
from rainbow.routes.table import END_USER, ROUTES, Call


@ROUTES.add("GET", f"{END_USER}/users/{{user}}")
def show_user(call: Call) -> Answer:
    account, tenant = call.account, call.world.tenant
    member = tenant.member(call.parts["user"])
    if member.company_id != account.company_id:
        raise missing("User", member.id)
    return as_data(tenant.member_json(member))


@ROUTES.add("POST", f"{END_USER}/users/loginEmails")
def find_users(call: Call) -> Answer:
    """`loginEmail` is one address or a list of them."""
    account, tenant = call.account, call.world.tenant
    asked = call.read_json().get("loginEmail", [])
    members = [tenant.find_member(each) for each in (asked if isinstance(asked, list) else [asked])]
    found = [member for member in members if member is not None and member.company_id == account.company_id]
    return as_data([tenant.member_json(member, "small") for member in found])


@ROUTES.add("GET", f"{END_USER}/companies/{{company}}")
def show_company(call: Call) -> Answer:
    account, tenant = call.account, call.world.tenant
    if call.parts["company"] != account.company_id:
        raise missing("Company", call.parts["company"])
    return as_data(tenant.companies[account.company_id].as_json())


@ROUTES.add("GET", f"{END_USER}/settings/apis")
def list_apis(call: Call) -> Answer:
    raise missing("Route", call.path)


@ROUTES.add("GET", "/api/rainbow/ping")
def ping(call: Call) -> Answer:
    _ = call
    return as_json({"status": "OK", "data": {"eventLoopLagMilliseconds": 0.2}})


@ROUTES.add("GET", "/api/rainbow/{portal}/v1.0/about")
def describe_portal(call: Call) -> Answer:
    return as_json({"description": f"Rainbow {call.parts['portal']} portal (simulator)", "version": "1.170.1"})
