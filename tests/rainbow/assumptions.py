"""What nobody outside ALE can know without a live tenant: each answer the simulator can be told to give instead.

ALE's descriptions are silent here and its own clients cannot show it. A backend must be right under every value, or
ask the tenant which one holds; tests go through them by `World.assumptions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Assumptions:
    """The defaults are the likeliest reading of ALE's descriptions."""

    null_user: Literal["detaches", "ignored", "refused"] = "detaches"
    """PUT of a phone number with `"userId": null`. The description types `userId` as a string and names no way to clear
    it; `isAssignedToUser=false` is defined as `userId === null`; the SDK drops the field before it sends."""

    held_number: Literal["taken_over", "refused"] = "taken_over"
    """PUT with the `userId` of another member while one holds the number. No 409 is listed for it."""

    second_number: Literal["added", "replaces"] = "added"
    """A member who holds a number of a system is given another one of it."""

    absent_agent: Literal["error", "silence"] = "error"
    """What the PUT ends with when the agent of the PBX is away: 500 once the patience has run out, or nothing at
    all."""

    agent_patience: float = 20.0
    """Seconds that the PUT waits for an agent that is away."""

    duplicate_status: int = 409
    """HTTP status of an import of the same bytes. That the old report must be deleted first is documented."""

    comments_identify: bool = True
    """Whether `%` lines are part of what the hash of an import is made of."""

    check_looks_up: bool = False
    """Whether the check asks if members and extensions exist, or reads the form alone."""

    headers_ignore_case: bool = True
    """Whether `LOGINEMAIL` is `loginEmail` in mass provisioning, and `Attach` is `attach`."""

    pending: str = "Pending"
    running: str = "Running"
    terminated: str = "Terminated"
    """The words of an import's states. `Pending` and `Terminated` are documented; what stands between is not."""
