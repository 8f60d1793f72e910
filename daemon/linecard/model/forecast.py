"""What a backend says beforehand of the changes of a plan as a whole."""

from __future__ import annotations

from typing import NamedTuple


class Forecast(NamedTuple):
    """What the changes of a plan come to on one PBX.

    They take at least so many `seconds`, by what the PBX lets through; 0: not known. `notes` are sentences for whoever
    decides about the plan, such as how many licences are left.
    """

    seconds: float = 0.0
    notes: tuple[str, ...] = ()


class PbxForecast(NamedTuple):
    """The forecast of one PBX, for so many `changes`."""

    pbx: str
    changes: int
    seconds: float
    notes: tuple[str, ...]
