"""The table of routes, and what a handler gets: one request of somebody who is known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rainbow.answers import Answer, RefusedError, bad_parameter
from rainbow.tenant import Member
from rainbow.world import World

ADMIN = "/api/rainbow/admin/v1.0"
AUTHENTICATION = "/api/rainbow/authentication/v1.0"
END_USER = "/api/rainbow/enduser/v1.0"
MASS = "/api/rainbow/massprovisioning/v1.0"


@dataclass(frozen=True)
class Call:
    world: World
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes
    parts: Mapping[str, str]
    """What stood in the braces of the route."""
    fault: str = ""
    """The kind of fault that the handler itself has to play: `half`."""

    @property
    def account(self) -> Member:
        """Who asks. Raises 401."""
        return self.world.accounts.identify(self.headers, self.world.now())

    def read_json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            raise bad_parameter("body", "Not JSON") from None
        if not isinstance(value, dict):
            raise bad_parameter("body", "Not an object")
        return value


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler


class Routes:
    def __init__(self) -> None:
        self._routes: list[Route] = []

    def add(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """`{name}` in a path takes one segment; earlier routes win."""
        pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))

        def remember(handler: Handler) -> Handler:
            self._routes.append(Route(method, pattern, handler))
            return handler

        return remember

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        """Paths are compared with their case, as ALE's portal does."""
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match is not None and route.method == method:
                return route.handler, match.groupdict()
        raise RefusedError(404, f"Cannot {method} {path}", 404000)


ROUTES = Routes()
