"""What a test makes go wrong: which request, how often, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from rainbow.answers import Json

Kind = Literal[
    "status",  # an error of Rainbow's form with `status`; nothing is done
    "html",  # a page of HTML with `status`, 200 when none is named; nothing is done
    "too_many",  # 429 with Retry-After `seconds`; nothing is done
    "lose_request",  # the connection is closed; nothing is done
    "lose_answer",  # everything is done, then the connection is closed
    "half",  # a PUT stores its first field alone, then 500
    "garbled",  # everything is done, and the JSON of the answer is cut short
    "slow",  # `seconds` pass, then as usual
    "edit",  # somebody else's `edit` happens before the request is served: pages shift, reads go stale
]


@dataclass
class Fault:
    """Meets the requests whose method and path match (a regular expression, searched in the path and query)."""

    kind: Kind
    method: str = ""
    path: str = ""
    times: int = 1
    """How many requests it meets; 0 is each one, for ever."""
    skip: int = 0
    """How many matching requests pass before."""
    status: int = 0
    seconds: float = 0
    edit: Json = field(default_factory=dict)

    def is_met_by(self, method: str, target: str) -> bool:
        return self.method in {"", method} and re.search(self.path, target) is not None


class Faults:
    """Those that are switched on, in the order in which they came; a request meets the first that matches."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        re.compile(fault.path)
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, method: str, target: str) -> Fault | None:
        for fault in self._waiting:
            if not fault.is_met_by(method, target):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times:
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
            return fault
        return None
