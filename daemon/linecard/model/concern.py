"""A concern: what somebody should see to."""

from __future__ import annotations

from typing import NamedTuple


class Concern(NamedTuple):
    """Something that will do harm if nobody sees to it. `what` tells it from others."""

    what: str
    message: str
    remedy: str
