"""A simulated Rainbow with a large company, as a process of its own, and what it was asked.

    PYTHONPATH=tests .venv/bin/python -m bench.served_tenant FOLDER ROWS

It prints one line of JSON, and ends with its standard input. All members of the company are without an extension, and
all extensions of its PBX without a member and without a number.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rainbow.examples import ADMINISTRATOR, APPLICATION, PASSWORD, PBX, SECRET
from rainbow.server import Simulator
from rainbow.world import World

PATIENCE = 120
"""Seconds."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Attach:
    """One row, with the ids that a client of the API needs for it."""

    login: str
    extension: str
    number: str
    user_id: str = ""
    number_id: str = ""


def plan_attach(index: int) -> Attach:
    return Attach(f"member{index}@example.com", f"{10000 + index}", f"+33199{index:06d}")


def serve(folder: Path, rows: int) -> None:
    world = World()
    tenant = world.tenant
    company = tenant.add_company("Example SA")
    more = {"password": PASSWORD, "roles": ("user", "admin"), "admin_type": "company_admin"}
    tenant.add_member(company, ADMINISTRATOR, **more)
    world.accounts.applications[APPLICATION] = SECRET
    system = tenant.add_system([company], PBX, "Headquarters")
    ids = []
    for index in range(rows):
        attach = plan_attach(index)
        member = tenant.add_member(company, attach.login)
        ids.append((member.id, tenant.add_number(system, attach.extension).id))
    with Simulator(world, folder) as running:
        facts = {"host": running.host, "certificate": str(running.certificate), "system": system.id, "ids": ids}
        print(json.dumps(facts), flush=True)
        sys.stdin.read()


@dataclass(frozen=True)
class Seen:
    """A request as the simulator saw it."""

    method: str
    target: str
    status: int
    at: float
    """Seconds since 1970."""


class ServedTenant:
    """The process from outside."""

    def __init__(self, facts: dict[str, Any], pid: int) -> None:
        self.host: str = facts["host"]
        self.certificate = Path(facts["certificate"])
        self.system: str = facts["system"]
        self.attaches = [
            Attach(wanted.login, wanted.extension, wanted.number, user_id, number_id)
            for index, (user_id, number_id) in enumerate(facts["ids"])
            for wanted in [plan_attach(index)]
        ]
        self._pid = pid
        self._context = ssl.create_default_context(cafile=str(self.certificate))

    def set_pace(self, *, requests: int, seconds: float, latency: float) -> None:
        self._ask("PUT", "settings", {"requests": requests, "seconds": seconds, "latency": latency})

    def add_fault(self, **fault: object) -> None:
        self._ask("POST", "faults", fault)

    def list_requests(self) -> list[Seen]:
        """All that it was asked, by the time at which it came."""
        found = json.loads(self._ask("GET", "requests"))
        names = Seen.__dataclass_fields__.keys()
        seen = [Seen(**{name: request[name] for name in names}) for request in found]
        return sorted(seen, key=lambda request: request.at)

    def wait_for_refusal(self) -> None:
        """Until somebody is answered 429."""
        deadline = time.monotonic() + PATIENCE
        while not any(request.status == 429 for request in self.list_requests()):
            if time.monotonic() > deadline:
                raise SystemExit(f"nobody was refused within {PATIENCE} s")
            time.sleep(0.05)

    def list_holders(self) -> dict[str, tuple[str | None, str]]:
        """Holder and number of each extension, by its own books."""
        (numbers,) = json.loads(self._ask("GET", "state"))["systems"].values()
        return {extension: (held["holder"], held["number"]) for extension, held in numbers.items()}

    def count_cpu(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def _ask(self, method: str, what: str, body: object = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"https://{self.host}/simulator/{what}", data, method=method)
        with urllib.request.urlopen(request, context=self._context, timeout=60) as answer:
            found: bytes = answer.read()
            return found


@contextmanager
def start_tenant(folder: Path, rows: int) -> Iterator[ServedTenant]:
    """A fresh tenant with so many members and extensions. `folder` keeps its certificate, which takes long to make."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bench.served_tenant", str(folder), str(rows)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield ServedTenant(json.loads(process.stdout.readline()), process.pid)
        finally:
            process.terminate()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
