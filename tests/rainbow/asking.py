"""Asking a world without a network: what unit tests use."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from rainbow.answers import Answer
from rainbow.examples import ADMINISTRATOR, APPLICATION, PASSWORD, SECRET, small_company
from rainbow.server import respond
from rainbow.tenant import System
from rainbow.world import World

ADMIN = "/api/rainbow/admin/v1.0"
LOGIN = "/api/rainbow/authentication/v1.0/login"
IMPORTS = "/api/rainbow/massprovisioning/v1.0/users/imports"


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def login_headers(
    login: str = ADMINISTRATOR, password: str = PASSWORD, application: str = APPLICATION, secret: str = SECRET
) -> dict[str, str]:
    proof = hashlib.sha256((secret + password).encode()).hexdigest()
    return {"authorization": basic(login, password), "x-rainbow-app-auth": basic(application, proof)}


@dataclass
class Client:
    """An administrator of the small company, with a clock that a test turns on."""

    time: float = 1_800_000_000.0
    world: World = field(init=False)
    token: str = ""

    def __post_init__(self) -> None:
        self.world = small_company(World(now=lambda: self.time))

    @property
    def system(self) -> System:
        return next(iter(self.world.tenant.systems.values()))

    def log_in(self, login: str = ADMINISTRATOR, password: str = PASSWORD, **more: str) -> Answer:
        answer = respond(self.world, "GET", LOGIN, login_headers(login, password, **more), b"")
        if answer.status == 200:
            self.token = json.loads(answer.body)["token"]
        return answer

    def send(self, method: str, target: str, body: object = None) -> Answer:
        """JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return respond(self.world, method, target, {"authorization": f"Bearer {self.token}"}, data)

    def ask(self, method: str, target: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON."""
        answer = self.send(method, target, body)
        return answer.status, json.loads(answer.body) if answer.body else None

    def numbers(self, query: str = "format=full") -> Any:
        status, found = self.ask("GET", f"{ADMIN}/systems/{self.system.id}/phone-numbers?{query}")
        assert status == 200, found
        return found

    def number(self, short: str) -> str:
        """The path of a phone number of the PBX."""
        found = self.world.tenant.find_number(self.system, short)
        assert found is not None
        return f"{ADMIN}/systems/{self.system.id}/phone-numbers/{found.id}"

    def holder(self, short: str) -> str | None:
        found = self.world.tenant.find_number(self.system, short)
        assert found is not None
        return None if found.user_id is None else self.world.tenant.members[found.user_id].login_email

    def member(self, name: str) -> str:
        """The id of a member by the first part of the login."""
        found = self.world.tenant.find_member(f"{name}@example.com")
        assert found is not None
        return found.id
