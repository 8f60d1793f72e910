"""A notice: what readers are told that is no run's end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Concern(NamedTuple):
    """Something that will do harm if nobody sees to it. `what` tells it from others."""

    what: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told, of which site, in which time zone (IANA), and when it was written (UTC)."""

    about: Concern
    site: str
    timezone: str
    at: datetime
