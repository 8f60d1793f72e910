"""Logging in and out, tokens and API keys.

Source: ALE's OpenAPI description of the authentication portal; which of these the clients really send, and that `GET
/logout` must leave the token valid, was seen by running rainbow-cli 1.102.2: each of its commands ends with one, and
the next uses the same token.
"""

from __future__ import annotations

from rainbow.answers import Answer, Json, RefusedError, as_data, as_json, missing
from rainbow.routes.table import AUTHENTICATION, ROUTES, Call


@ROUTES.add("GET", f"{AUTHENTICATION}/login")
def log_in(call: Call) -> Answer:
    token, member = call.world.accounts.log_in(call.headers, call.world.now())
    return as_json({"token": token, "loggedInUser": call.world.tenant.member_json(member)})


@ROUTES.add("GET", f"{AUTHENTICATION}/renew")
def renew(call: Call) -> Answer:
    _, _, token = call.headers.get("authorization", "").partition(" ")
    return as_json({"token": call.world.accounts.renew(token, call.world.now())})


@ROUTES.add("GET", f"{AUTHENTICATION}/validator")
def validate(call: Call) -> Answer:
    return as_json({"status": "OK", "loggedInUser": call.world.tenant.member_json(call.account, "small")})


@ROUTES.add("GET", f"{AUTHENTICATION}/logout")
def log_out(call: Call) -> Answer:
    _ = call
    return as_json({"status": "OK"})


@ROUTES.add("GET", f"{AUTHENTICATION}/urls")
def list_urls(call: Call) -> Answer:
    raise missing("Route", call.path)


@ROUTES.add("GET", f"{AUTHENTICATION}/apikeys")
def list_keys(call: Call) -> Answer:
    account = call.account
    keys = [key for key in call.world.accounts.keys.values() if key.member_id == account.id]
    shown: list[Json] = [
        {"id": str(index), "scope": ["all"], "isActive": key.is_active, "expirationDate": key.expires}
        for index, key in enumerate(keys, 1)
    ]
    return as_data(shown)


@ROUTES.add("POST", f"{AUTHENTICATION}/apikeys")
def add_key(call: Call) -> Answer:
    account, accounts = call.account, call.world.accounts
    if "admin" not in account.roles:
        raise RefusedError(403, "A role is missing.", 403000)
    key = f"key-{len(accounts.keys) + 1:08d}-{account.id}"
    accounts.add_key(account, key)
    return as_data({"apiKey": key, "scope": ["all"], "isActive": True, "expirationDate": None})
