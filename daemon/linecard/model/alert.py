"""What is wrong and what to do: found by looking, or met on the way. What is raised is a `LinecardError`, what is wrong
at one place of a file a `Fault`."""

from __future__ import annotations

from typing import NamedTuple


class Alert(NamedTuple):
    """Something that does harm, or will unless a person acts. `what` tells it from others."""

    what: str
    message: str
    remedy: str


class Finding(NamedTuple):
    """One thing looked at, and what to do if it is not well."""

    check: str
    ok: bool
    message: str
    remedy: str = ""
