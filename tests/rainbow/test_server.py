"""The server on its network: TLS, faults, limits, the PBX agent, and the way in for tests."""

from __future__ import annotations

import ast
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rainbow.asking import ADMIN, IMPORTS, Client
from rainbow.examples import PBX
from rainbow.faults import Fault
from rainbow.server import Simulator


class Caller:
    """One connection to a running simulator, kept open."""

    def __init__(self, running: Simulator, client: Client) -> None:
        context = ssl.create_default_context(cafile=running.certificate)
        self.connection = http.client.HTTPSConnection("127.0.0.1", running.port, timeout=60, context=context)
        self.client = client

    def ask(self, method: str, target: str, body: object = None) -> tuple[int, bytes, dict[str, str]]:
        data = None if body is None else json.dumps(body)
        self.connection.request(method, target, data, {"Authorization": f"Bearer {self.client.token}"})
        answer = self.connection.getresponse()
        return answer.status, answer.read(), dict(answer.headers)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def running(client: Client, certificates: Path) -> Iterator[Simulator]:
    with Simulator(client.world, certificates) as simulator:
        yield simulator


@pytest.fixture
def caller(running: Simulator, client: Client) -> Iterator[Caller]:
    made = Caller(running, client)
    yield made
    made.connection.close()


def test_one_connection_serves_many_requests_and_what_stands_before_the_api_is_dropped(caller: Caller) -> None:
    """`/rb:443` is what ALE's clients put there when they are given a host with a path."""
    assert caller.ask("GET", f"{ADMIN}/systems")[0] == 200
    before = caller.connection.sock
    assert caller.ask("GET", f"/rb:443{ADMIN}/systems")[0] == 200
    assert caller.connection.sock is before
    assert [request.target for request in caller.client.world.requests[-2:]] == [f"{ADMIN}/systems"] * 2


def test_who_does_not_know_the_certificate_is_served_nothing(running: Simulator, client: Client) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", running.port, context=ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", f"{ADMIN}/systems")
    assert len(client.world.requests) == 1


@pytest.mark.parametrize(
    ("fault", "status", "content"),
    [
        (Fault("status", status=503), 503, "application/json; charset=utf-8"),
        (Fault("html"), 200, "text/html; charset=utf-8"),
        (Fault("html", status=502), 502, "text/html; charset=utf-8"),
        (Fault("too_many", seconds=7), 429, "text/plain"),
    ],
)
def test_a_fault_answers_instead_once(caller: Caller, fault: Fault, status: int, content: str) -> None:
    caller.client.world.faults.add(replace(fault, method="PUT"))
    target, body = caller.client.number("1010"), {"userId": caller.client.member("ida")}
    found, _, headers = caller.ask("PUT", target, body)
    assert (found, headers["Content-Type"]) == (status, content)
    assert headers.get("Retry-After") == ("7" if status == 429 else None)
    assert caller.client.holder("1010") is None
    assert caller.ask("PUT", target, body)[0] == 200


@pytest.mark.parametrize(("kind", "holder"), [("lose_request", None), ("lose_answer", "ida@example.com")])
def test_a_lost_connection_leaves_open_whether_it_was_done(caller: Caller, kind: Any, holder: str | None) -> None:
    caller.client.world.faults.add(Fault(kind))
    with pytest.raises(http.client.RemoteDisconnected):
        caller.ask("PUT", caller.client.number("1010"), {"userId": caller.client.member("ida")})
    assert caller.client.holder("1010") == holder


def test_half_a_write_and_half_an_answer(caller: Caller) -> None:
    caller.client.world.faults.add(Fault("half"))
    caller.client.world.faults.add(Fault("garbled"))
    body = {"userId": caller.client.member("ida"), "number": "+33199001077"}
    assert caller.ask("PUT", caller.client.number("1010"), body)[0] == 500
    assert caller.client.holder("1010") == "ida@example.com"
    status, text, _ = caller.ask("GET", caller.client.number("1010"))
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert b"+33199001077" not in text


def test_somebody_else_is_at_work_between_two_pages(caller: Caller) -> None:
    edit = {"do": "add_number", "pbxId": PBX, "shortNumber": "0999"}
    caller.client.world.faults.add(Fault("edit", path="offset=10", edit=edit))
    pages = [
        json.loads(caller.ask("GET", f"{ADMIN}/systems/{caller.client.system.id}/phone-numbers?limit=10&offset={o}")[1])
        for o in (0, 10)
    ]
    assert pages[0]["data"][-1] == pages[1]["data"][0]


def test_a_fault_lets_some_pass_and_may_last(client: Client) -> None:
    client.world.faults.add(Fault("status", path="/systems", status=500, skip=1, times=0))
    assert [client.send("GET", f"{ADMIN}/systems").status for _ in range(4)] == [200, 500, 500, 500]
    client.world.faults.clear()
    assert client.send("GET", f"{ADMIN}/systems").status == 200


def test_who_asks_too_often_waits_until_the_window_ends(client: Client) -> None:
    """Each account has its own; the answer is no JSON, and says how long."""
    client.world.limit.requests, client.world.limit.seconds = 3, 60
    answers = [client.send("GET", f"{ADMIN}/systems") for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert (answers[3].headers["Retry-After"], answers[3].content_type) == ("60", "text/plain")
    client.time += 60
    assert client.send("GET", f"{ADMIN}/systems").status == 200
    assert client.world.figures()["tooMany"] == 2


def test_a_slow_agent_stores_what_its_client_no_longer_waits_for(running: Simulator, client: Client) -> None:
    """A time-out says nothing about what was done; meanwhile others are served."""
    client.system.agent, client.system.agent_seconds = "slow", 600
    impatient, other = Caller(running, client), Caller(running, client)
    assert impatient.ask("GET", client.number("1010"))[0] == 200
    impatient.connection.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        impatient.ask("PUT", client.number("1010"), {"userId": client.member("ida")})
    assert other.ask("GET", client.number("1010"))[0] == 200
    assert client.holder("1010") is None
    client.world.stopping.set()  # the agent need not be waited for
    deadline = time.monotonic() + 60
    while client.holder("1010") is None and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert client.holder("1010") == "ida@example.com"
    impatient.connection.close()
    other.connection.close()


@pytest.mark.parametrize("rule", ["error", "silence"])
def test_without_an_agent_nothing_is_stored(caller: Caller, rule: Any) -> None:
    world = caller.client.world
    world.assumptions = replace(world.assumptions, absent_agent=rule, agent_patience=0.05)
    caller.client.system.agent = "absent"
    target, body = caller.client.number("1010"), {"userId": caller.client.member("ida")}
    if rule == "silence":
        with pytest.raises(http.client.RemoteDisconnected):
            caller.ask("PUT", target, body)
    else:
        assert caller.ask("PUT", target, body)[0] == 500
    assert caller.client.holder("1010") is None


def test_a_test_outside_the_process_sees_and_changes_everything(caller: Caller) -> None:
    """Its requests are neither logged nor limited, and need no token."""
    caller.client.token = ""
    assert caller.ask("POST", "/simulator/faults", {"kind": "status", "status": 503})[0] == 204
    assert caller.ask("DELETE", "/simulator/faults")[0] == 204
    assert caller.ask("POST", "/simulator/faults", {"kind": "status", "wrong": 1})[0] == 400
    edit = {"do": "link", "pbxId": PBX, "shortNumber": "1010", "loginEmail": "ida@example.com"}
    assert caller.ask("POST", "/simulator/edits", edit)[0] == 204
    assert caller.ask("POST", "/simulator/edits", {"do": "fly"})[0] == 400
    settings = {"requests": 5, "assumptions": {"second_number": "replaces"}}
    assert caller.ask("PUT", "/simulator/settings", settings)[0] == 204
    state = json.loads(caller.ask("GET", "/simulator/state")[1])
    assert state["systems"][f"{PBX}/{caller.client.system.id}"]["1010"]["holder"] == "ida@example.com"
    assert json.loads(caller.ask("GET", "/simulator/figures")[1])["requests"] == {"GET": 1}
    assert len(json.loads(caller.ask("GET", "/simulator/requests")[1])) == 1
    assert caller.client.world.assumptions.second_number == "replaces"


def test_what_an_import_has_done_by_now_is_in_the_state(client: Client) -> None:
    """Though nobody has asked Rainbow meanwhile."""
    client.send("POST", IMPORTS, b"__action__;loginEmail\ndetach;alan@example.com\n")
    client.time += 60
    _, state = client.ask("GET", "/simulator/state")
    assert state["systems"][f"{PBX}/{client.system.id}"]["1000"]["holder"] is None


def test_it_listens_on_ipv6_too(client: Client, certificates: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no ::1")
    with Simulator(client.world, certificates, address="::1") as running:
        context = ssl.create_default_context(cafile=running.certificate)
        connection = http.client.HTTPSConnection("::1", running.port, context=context)
        connection.request("GET", "/api/rainbow/ping")
        assert connection.getresponse().status == 200
        connection.close()
    assert running.url == f"https://[::1]:{running.port}"


def test_it_knows_nothing_of_linecard() -> None:
    """It is what linecard is compared with: what both took from one place, both could have wrong."""
    folder = Path(__file__).parent
    nodes = (node for path in folder.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {
        name.split(".")[0]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert "rainbow" in names
    assert [name for name in names if name.startswith("linecard")] == []


def test_nothing_of_a_request_that_proves_who_asks_is_logged(client: Client) -> None:
    client.log_in()
    assert client.token not in repr(client.world.requests)
    assert "Basic" not in repr(client.world.requests)
