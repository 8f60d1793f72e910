"""Logins, their lock, tokens that expire and are counted, API keys."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from rainbow.answers import Answer
from rainbow.asking import ADMIN, Client, basic
from rainbow.examples import ADMINISTRATOR, APPLICATION, SECRET
from rainbow.server import respond


def code(answer: Answer) -> tuple[int, int | None]:
    return answer.status, json.loads(answer.body).get("errorDetailsCode")


def test_a_login_gives_a_token_that_says_when_it_ends(client: Client) -> None:
    """As a JWT, for the SDK reads it; it is counted."""
    payload = client.token.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert said["exp"] - said["iat"] == client.world.accounts.token_seconds
    assert said["user"]["loginEmail"] == ADMINISTRATOR
    assert client.world.figures()["tokens"] == {"issued": 1, "renewed": 0, "failed": 0}


def test_five_wrong_passwords_lock_the_account_for_an_hour(client: Client) -> None:
    """Right ones are refused then, too, and a wrong one begins the hour again."""
    said = [code(client.log_in(password="wrong")) for _ in range(5)]
    assert said == [(401, 401500)] * 4 + [(401, 401501)]
    assert code(client.log_in()) == (401, 401501)
    client.time += 3000
    assert code(client.log_in(password="wrong")) == (401, 401501)
    client.time += 3000
    assert code(client.log_in()) == (401, 401501)
    client.time += 601
    assert client.log_in().status == 200


def test_a_wrong_application_is_refused_when_it_is_known_or_none_may_be_unknown(client: Client) -> None:
    assert client.log_in(secret="another").status == 401
    assert client.log_in(application="f" * 32, secret="built in").status == 200
    client.world.accounts.accept_any_application = False
    assert client.log_in(application="f" * 32, secret="built in").status == 401
    assert client.world.accounts.locks[ADMINISTRATOR].failures == 0


def test_a_login_without_the_form_of_an_application_is_refused(client: Client) -> None:
    headers = {"authorization": basic(ADMINISTRATOR, "Rainbow-2026!"), "x-rainbow-app-auth": basic("id", "no hash")}
    assert respond(client.world, "GET", "/api/rainbow/authentication/v1.0/login", headers, b"").status == 401


def test_a_suspended_company_and_an_expired_user_have_codes_of_their_own(client: Client) -> None:
    member = client.world.tenant.find_member(ADMINISTRATOR)
    assert member is not None
    member.is_expired = True
    assert code(client.log_in()) == (401, 401523)
    client.world.tenant.companies[member.company_id].is_active = False
    assert code(client.log_in()) == (401, 401521)


def test_a_token_expires_and_survives_a_logout(client: Client) -> None:
    """rainbow-cli logs out after each command and goes on with the same token."""
    assert client.ask("GET", "/api/rainbow/authentication/v1.0/logout")[0] == 200
    assert client.ask("GET", f"{ADMIN}/systems")[0] == 200
    client.time += client.world.accounts.token_seconds
    status, said = client.ask("GET", f"{ADMIN}/systems")
    assert (status, said["errorDetails"]) == (401, "jwt expired")


def test_a_token_is_renewed_so_many_times(client: Client) -> None:
    client.world.accounts.most_renewals = 2
    for _ in range(2):
        status, said = client.ask("GET", "/api/rainbow/authentication/v1.0/renew")
        assert status == 200
        client.token = said["token"]
    assert client.ask("GET", "/api/rainbow/authentication/v1.0/renew")[0] == 401
    assert client.world.accounts.renewed == 2


def test_an_api_key_needs_no_login(client: Client) -> None:
    """With a challenge that the hash of the application is made with; nobody needs a token."""
    _, said = client.ask("POST", "/api/rainbow/authentication/v1.0/apikeys")
    proof = hashlib.sha256((SECRET + "challenge").encode()).hexdigest()
    headers = {
        "x-rainbow-api-key": said["data"]["apiKey"],
        "x-rainbow-challenge": "challenge",
        "x-rainbow-app-auth": basic(APPLICATION, proof),
    }
    assert respond(client.world, "GET", f"{ADMIN}/systems", headers, b"").status == 200
    assert respond(client.world, "GET", f"{ADMIN}/systems", headers | {"x-rainbow-challenge": "x"}, b"").status == 401
    for key in client.world.accounts.keys.values():
        key.expires = client.time
    assert respond(client.world, "GET", f"{ADMIN}/systems", headers, b"").status == 401


@pytest.mark.parametrize("header", ["", "Basic !!!", "Bearer nobody's", "Basic " + base64.b64encode(b"\xff").decode()])
def test_what_is_no_token_is_refused(client: Client, header: str) -> None:
    assert respond(client.world, "GET", f"{ADMIN}/systems", {"authorization": header}, b"").status == 401
