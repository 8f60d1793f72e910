"""A run: one drop on its way from inbox to report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from linecard.model.forecast import PbxForecast


class State(StrEnum):
    """Where a run stands. The moves between them are in `linecard.rules.states`."""

    RECEIVED = "received"
    REJECTED = "rejected"
    PLANNED = "planned"
    UNCHANGED = "unchanged"
    HELD = "held"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"
    APPROVED = "approved"
    APPLYING = "applying"
    INTERRUPTED = "interrupted"
    STALE = "stale"
    APPLIED = "applied"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Drop:
    """One file taken from an inbox, kept byte for byte at `path` below the archive.

    `delivered_by` is who put it there, as far as the inbox can tell, or who ran the command.
    """

    name: str
    sha256: str
    size: int
    path: str
    delivered_by: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a plan waits for a person: `kind` (detach, move, force, number) went over a limit of the inbox.

    Or the plan is `not_as_approved`: the PBX has moved since a person approved another one. Or it has a `caveat`: the
    backend says that a change needs a person. Or it is `restored`: from before the site was restored from a backup.
    """

    pbx: str
    kind: str
    count: int
    share: float
    limit: str
    message: str


class Affected(NamedTuple):
    """How many of the links that a PBX has, `held` in all, a plan changes."""

    pbx: str
    changed: int
    held: int


@dataclass(frozen=True, slots=True)
class Event:
    """One move of a run: when, from where to where, who did it and why."""

    at: datetime
    state: State
    was: State | None
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Run:
    """One drop on its way. `counts` are rows by outcome; times are aware, in UTC.

    `pbxs` are those that its rows name, once the sheet was read for that; `tries` is how often in a row reading or
    planning it was begun and did not come to an end; `expected` is how many rows the file was said to have.
    `affected` is what a plan that waits would change of each PBX, `forecasts` what the PBXs said of the plan.
    `approved_checksum` is that of the plan that a person has seen and approved, if one has.
    """

    id: int
    inbox: str
    drop: Drop
    state: State
    created: datetime
    changed: datetime
    description: str = ""
    checksum: str = ""
    approved_checksum: str = ""
    attempt: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    affected: tuple[Affected, ...] = ()
    forecasts: tuple[PbxForecast, ...] = ()
    pbxs: tuple[str, ...] | None = None
    tries: int = 0
    expected: int | None = None
