"""Which PBX a cell means: by name, by another spelling, by being blank."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from linecard.rules.cells import clean_cell
from linecard.rules.numbering import NumberingPlan


@dataclass(frozen=True, slots=True)
class Destinations:
    """The PBXs that rows may name: numbering plan by name, other spellings, and the one meant by a blank cell."""

    plans: Mapping[str, NumberingPlan]
    aliases: Mapping[str, str]
    default: str | None = None

    def find_pbx(self, text: str) -> str | None:
        """The PBX's own name for what a cell says, compared in normal form C and without case."""
        if text in self.plans:
            return text
        wanted = _caseless(text)
        for name in self.plans:
            if _caseless(name) == wanted:
                return name
        return next((name for alias, name in self.aliases.items() if _caseless(alias) == wanted), None)


@lru_cache(maxsize=1024)
def _caseless(text: str) -> str:
    return unicodedata.normalize("NFC", clean_cell(text)).casefold()


class AnyPlan:
    """What a blank PbxId means to detach: every PBX."""

    def __init__(self, plans: Iterable[NumberingPlan]) -> None:
        self._plans = tuple(plans)

    def has_extension(self, extension: str) -> bool:
        return any(plan.has_extension(extension) for plan in self._plans)
