"""The way in for tests that run the simulator as a process of its own: `/simulator/...`, without a login, on loopback.

Nothing here is Rainbow's.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from rainbow.answers import Answer, as_json, bad_parameter
from rainbow.edits import apply_edit
from rainbow.faults import Fault
from rainbow.routes.table import ROUTES, Call

CONTROL = "/simulator"


@ROUTES.add("GET", f"{CONTROL}/state")
def show_state(call: Call) -> Answer:
    """Members by their login, and each system's numbers with their holder."""
    tenant = call.world.tenant
    systems = {
        f"{system.pbx_id}/{system.id}": {
            number.short_number: {
                "id": number.id,
                "number": number.number,
                "holder": tenant.members[number.user_id].login_email if number.user_id else None,
            }
            for number in tenant.numbers_of(system)
        }
        for system in tenant.systems.values()
    }
    members = {member.login_email: member.id for member in tenant.members.values() if not member.is_terminated}
    return as_json({"members": members, "systems": systems})


@ROUTES.add("GET", f"{CONTROL}/figures")
def show_figures(call: Call) -> Answer:
    return as_json(call.world.figures())


@ROUTES.add("GET", f"{CONTROL}/requests")
def list_requests(call: Call) -> Answer:
    return as_json([asdict(request) for request in call.world.requests])


@ROUTES.add("POST", f"{CONTROL}/faults")
def add_fault(call: Call) -> Answer:
    try:
        call.world.faults.add(Fault(**call.read_json()))
    except TypeError as error:
        raise bad_parameter("body", str(error)) from None
    return Answer(204)


@ROUTES.add("DELETE", f"{CONTROL}/faults")
def clear_faults(call: Call) -> Answer:
    call.world.faults.clear()
    return Answer(204)


@ROUTES.add("POST", f"{CONTROL}/edits")
def edit(call: Call) -> Answer:
    apply_edit(call.world, call.read_json())
    return Answer(204)


@ROUTES.add("PUT", f"{CONTROL}/settings")
def change_settings(call: Call) -> Answer:
    """`requests` in `seconds`, `latency`, `tokenSeconds`, and `assumptions` by their names."""
    world, wanted = call.world, call.read_json()
    world.limit.requests = int(wanted.get("requests", world.limit.requests))
    world.limit.seconds = float(wanted.get("seconds", world.limit.seconds))
    world.latency = float(wanted.get("latency", world.latency))
    world.accounts.token_seconds = float(wanted.get("tokenSeconds", world.accounts.token_seconds))
    try:
        world.assumptions = replace(world.assumptions, **wanted.get("assumptions", {}))
    except TypeError as error:
        raise bad_parameter("assumptions", str(error)) from None
    return Answer(204)
