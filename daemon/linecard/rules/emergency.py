"""Emergency and helpline numbers that no member may have: those that phonenumbers knows, and those that it lacks."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from phonenumbers import PhoneMetadata

EVERYWHERE = frozenset({"112", "911"})
"""Networks and handsets treat these as emergency calls in every country (3GPP TS 22.101, 10.1.1)."""


class Helpline(NamedTuple):
    """Numbers of one region that phonenumbers 9.0 does not list as emergency numbers, and who says that they are."""

    region: str
    numbers: tuple[str, ...]
    what: str
    source: str


HELPLINES = (
    Helpline(
        "BR", ("191", "194", "197", "198", "199"), "police forces and civil defence", "Anatel, Resolução 357/2004"
    ),
    Helpline("CN", ("122",), "traffic accidents", "Ministry of Public Security"),
    Helpline(
        "ES", ("061", "062", "080", "091", "092"), "health, Guardia Civil, fire, police", "CNMC, numeración corta"
    ),
    Helpline("FR", ("114", "115", "119"), "emergency calls by text, homeless, children", "ARCEP, décision 2019-0954"),
    Helpline("FR", ("191", "196", "197"), "air and sea rescue, alerts", "ARCEP, décision 2019-0954"),
    Helpline("IT", ("114", "117"), "children in danger, Guardia di Finanza", "AGCOM, delibera 8/15/CIR"),
    Helpline("JP", ("118",), "coast guard", "Japan Coast Guard"),
    Helpline("TN", ("193",), "Garde nationale", "Ministère de l'Intérieur"),
    Helpline("US", ("988",), "suicide and crisis lifeline", "FCC 20-100"),
)


@cache
def helplines(region: str) -> frozenset[str]:
    """The numbers of a region that this table adds."""
    return frozenset(number for line in HELPLINES if line.region == region for number in line.numbers)


@cache
def emergency_pattern(region: str) -> re.Pattern[str] | None:
    """What phonenumbers lists as emergency numbers of a region; None where it lists none."""
    data = PhoneMetadata.short_metadata_for_region(region)
    if data is None or data.emergency is None or not data.emergency.national_number_pattern:
        return None
    return re.compile(f"(?:{data.emergency.national_number_pattern})\\Z")
