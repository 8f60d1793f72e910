"""When keys expire, and how early somebody is told."""

from __future__ import annotations

from datetime import datetime, timedelta

WARN = (7, 30, 60)
"""Days ahead at which a key that expires is told of."""


def expiry(expires: datetime | None, now: datetime) -> str:
    """That a key has expired or will within 60 days; empty if it will not.

    The words change at 60, 30 and 7 days and on the day itself, so that what is told once is told four times.
    """
    if expires is None:
        return ""
    day = f"{expires:%Y-%m-%d}"
    if expires <= now:
        return f"expired on {day}"
    within = next((days for days in WARN if expires - now <= timedelta(days=days)), None)
    return f"expires on {day}, in less than {within} days" if within else ""
