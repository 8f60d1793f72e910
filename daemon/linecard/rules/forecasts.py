"""How long changes take, and how long those that are left."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from linecard.model.forecast import PbxForecast

NOT_MADE = "How long it takes is not known, because the PBX could not be asked: {said}"
"""Stored in the place of a forecast that failed; `said` is why."""

_MINUTE, _HOUR = 60, 3600


def seconds_left(forecasts: Iterable[PbxForecast], left: Mapping[str, int]) -> float | None:
    """How long the changes that are `left`, by PBX, take at least; None where no forecast tells.

    PBXs are changed at the same time: the one that takes longest counts.
    """
    found = [
        each.seconds * min(1.0, left.get(each.pbx, 0) / each.changes)
        for each in forecasts
        if each.seconds > 0 and each.changes > 0
    ]
    return max(found, default=None)


def format_duration(seconds: float) -> str:
    """So many seconds in units that all languages have, never too few: `45 s`, `12 min`, `3 h 5 min`."""
    whole = math.ceil(seconds)
    if whole < 2 * _MINUTE:
        return f"{whole} s"
    minutes = math.ceil(whole / _MINUTE)
    if minutes < 2 * _MINUTE:
        return f"{minutes} min"
    hours, rest = divmod(minutes, _MINUTE)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
