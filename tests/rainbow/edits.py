"""What somebody else does to the tenant while a client is at work: by a test, or in the middle of a request."""

from __future__ import annotations

from rainbow.answers import Json, bad_parameter
from rainbow.phone_numbers import link
from rainbow.tenant import PhoneNumber, System
from rainbow.world import World


def apply_edit(world: World, edit: Json) -> None:
    """`do` is one of link, unlink, add_number, remove_number, agent, suspend, delete_member, log_out; the rest says of
    what."""
    edits = {
        "link": _link,
        "unlink": _unlink,
        "add_number": _add_number,
        "remove_number": _remove_number,
        "agent": _set_agent,
        "suspend": _suspend,
        "delete_member": _delete_member,
        "log_out": _log_out,
    }
    if edit.get("do") not in edits:
        raise bad_parameter("do", f"One of {', '.join(edits)}", edit.get("do"))
    with world.lock:
        edits[edit["do"]](world, edit)


def _system(world: World, edit: Json) -> System:
    (system,) = world.tenant.systems_by_pbx(edit["pbxId"])
    return system


def _number(world: World, edit: Json) -> PhoneNumber:
    number = world.tenant.find_number(_system(world, edit), edit["shortNumber"])
    if number is None:
        raise bad_parameter("shortNumber", "Unknown", edit["shortNumber"])
    return number


def _link(world: World, edit: Json) -> None:
    link(world.tenant, _number(world, edit), world.tenant.find_member(edit["loginEmail"]), world.assumptions)


def _unlink(world: World, edit: Json) -> None:
    link(world.tenant, _number(world, edit), None, world.assumptions)


def _add_number(world: World, edit: Json) -> None:
    world.tenant.add_number(_system(world, edit), edit["shortNumber"], number=edit.get("number", ""))


def _remove_number(world: World, edit: Json) -> None:
    world.tenant.remove_number(_number(world, edit))


def _set_agent(world: World, edit: Json) -> None:
    system = _system(world, edit)
    system.agent, system.agent_seconds = edit["agent"], float(edit.get("seconds", 0))


def _suspend(world: World, edit: Json) -> None:
    for company in world.tenant.companies.values():
        if company.name == edit["company"]:
            company.is_active = bool(edit.get("active", False))


def _delete_member(world: World, edit: Json) -> None:
    member = world.tenant.find_member(edit["loginEmail"])
    if member is not None:
        world.tenant.remove_member(member)


def _log_out(world: World, edit: Json) -> None:
    """Rainbow forgets all tokens."""
    _ = edit
    world.accounts.tokens.clear()
