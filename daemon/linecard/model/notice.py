"""A notice: what readers are told that is no run's end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linecard.model.alert import Alert
from linecard.model.summary import Summary


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told, of which site, in which time zone (IANA), and when it was written (UTC)."""

    about: Alert | Summary
    site: str
    timezone: str
    at: datetime
