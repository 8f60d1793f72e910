"""A simulated tenant that holds what a test wants, and backends on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from linecard.api import Context
from linecard.api.backend import Entry
from linecard.testing import make_context
from linecard_rainbow.backend import RainbowBackend, build
from linecard_rainbow.options import RainbowOptions
from rainbow.examples import ADMINISTRATOR, APPLICATION, PASSWORD, SECRET
from rainbow.server import Simulator
from rainbow.tenant import Company, PhoneNumber, System
from rainbow.world import World

PBX_ID = "PBX4a1f-0c2e-88d1"
KNOWN = {"detach": "change", "number": "blank", "second_extension": "added"}
"""How the simulator behaves unless it is told otherwise."""


class SimulatedTenant(AbstractContextManager["SimulatedTenant"]):
    """A company with one PBX, served on loopback. `world` is what it holds, past linecard."""

    def __init__(
        self,
        folder: Path,
        entries: Iterable[Entry] = (),
        members: Iterable[str] = (),
        *,
        keys: Path | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        """`folder` is the site's; `keys` has the certificate, which is made where there is none."""
        self.folder, self._keys = folder, keys or folder
        folder.mkdir(parents=True, exist_ok=True)
        self.world = World()
        self.company: Company = self.world.tenant.add_company("Example SA")
        self.system: System = self.world.tenant.add_system([self.company], PBX_ID, "Headquarters")
        self.world.accounts.applications[APPLICATION] = SECRET
        more = {"roles": ("user", "admin"), "admin_type": "company_admin"}
        self.world.tenant.add_member(self.company, ADMINISTRATOR, password=PASSWORD, **more)
        for login in members:
            self.add_member(login)
        for entry in entries:
            self.add(entry)
        self._first = {number.short_number: (number.user_id, number.number) for number in self.numbers()}
        self._simulator = Simulator(self.world, self._keys, address=address)
        for name, secret in (("password", PASSWORD), ("app", SECRET)):
            file = folder / name
            file.touch(mode=0o600)
            file.write_text(secret)

    def add_member(self, login: str) -> str:
        """A member's id; made unless there is one."""
        found = self.world.tenant.find_member(login) or self.world.tenant.add_member(self.company, login)
        return found.id

    def add(self, entry: Entry) -> None:
        extension, member, numbers = entry
        number = self.world.tenant.add_number(self.system, extension, number="".join(numbers))
        number.user_id = self.add_member(member) if member is not None else None

    def make_options(self, **more: Any) -> RainbowOptions:
        known = {"systems": [PBX_ID], "login": ADMINISTRATOR, "password": "file:password"}
        application = {"app_id": APPLICATION, "app_secret": "file:app", "assume": KNOWN}
        fixed = {"host": self._simulator.host, "ca_file": str(self._keys / "rainbow.pem"), "settle": 1.0}
        return RainbowOptions.model_validate(known | application | fixed | more)

    def open(self, context: Context | None = None, **more: Any) -> RainbowBackend:
        """A backend on it, as another process would have one; `more` are options."""
        return build(self.make_options(**more), context or make_context(self.folder, "hq"))

    def count_requests(self, method: str = "") -> int:
        """How many requests it was sent, logins left out."""
        with self.world.lock:
            return sum(
                1
                for request in self.world.requests
                if method in {"", request.method} and "/authentication/" not in request.target
            )

    @property
    def host(self) -> str:
        return self._simulator.host

    def numbers(self) -> list[PhoneNumber]:
        return self.world.tenant.numbers_of(self.system)

    @property
    def first_holders(self) -> Mapping[str, str | None]:
        """By extension, the id of who held it at the beginning."""
        return {extension: holder for extension, (holder, _) in self._first.items()}

    def reset(self) -> None:
        """Everything as it was at the beginning, and nothing in the log."""
        with self.world.lock:
            for number in self.numbers():
                number.user_id, number.number = self._first[number.short_number]
            self.world.requests.clear()
            self.world.faults.clear()

    def holders(self) -> Mapping[str, str | None]:
        """Who holds what, by the simulator's own books."""
        tenant = self.world.tenant
        with self.world.lock:
            return {
                number.short_number: tenant.members[number.user_id].login_email if number.user_id else None
                for number in tenant.numbers_of(self.system)
            }

    def __enter__(self) -> Self:
        self._simulator.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._simulator.__exit__(kind, error, trace)
