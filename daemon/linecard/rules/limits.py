"""Limits on damage: how many links and numbers a plan may take away before a person must look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from linecard.model.directory import Change
from linecard.model.run import Hold


@dataclass(frozen=True, slots=True)
class Limit:
    """Hold when more than `count` links, or more than `share` percent of the PBX's links, are concerned.

    The share does not count below `at_least` links: of three people, one is a third. The limit `number` counts public
    numbers in the same way.
    """

    count: int | None = None
    share: float | None = None
    at_least: int = 25


@dataclass(slots=True)
class Losses:
    """What a plan takes away on one PBX.

    Links: to nobody, because the member moves, or to somebody else. Numbers: those that an extension had and will not
    have, because another takes their place or they go to another extension.
    """

    detach: int = 0
    move: int = 0
    force: int = 0
    number: int = 0

    @property
    def most(self) -> int:
        return max(self.detach, self.move, self.force, self.number)

    def count_numbers(self, change: Change) -> None:
        """Count the numbers that a change takes from its extension."""
        had, has = change.before.numbers, change.after.numbers
        if had and had != has:
            self.number += sum(number not in has for number in had)


class Totals(NamedTuple):
    """What a PBX holds before the run: what the shares of limits are of."""

    links: int
    numbers: int


def holds(pbx: str, losses: Losses, totals: Totals, limits: Mapping[str, Limit]) -> tuple[Hold, ...]:
    """Why this plan must wait, if it must."""
    found = []
    for kind, limit in limits.items():
        count = getattr(losses, kind)
        links = totals.numbers if kind == "number" else totals.links
        share = 100 * count / links if links else 0.0
        if limit.count is not None and count > limit.count:
            over = f"more than {limit.count}"
        elif limit.share is not None and share > limit.share and count >= limit.at_least:
            over = f"more than {limit.share:g} % of the {links} that {pbx} holds"
        else:
            continue
        found.append(Hold(pbx, kind, count, round(share, 1), over, f"{_what(kind, count, pbx)}: {over}."))
    return tuple(found)


def _what(kind: str, count: int, pbx: str) -> str:
    one, many = _WHAT[kind]
    return (one if count == 1 else many).format(count, pbx)


_WHAT = {
    "detach": ("1 member would lose their extension on {1}", "{0} members would lose their extension on {1}"),
    "move": ("1 member would move to another extension on {1}", "{0} members would move to another extension on {1}"),
    "force": (
        "1 extension on {1} would be taken from its holder",
        "{0} extensions on {1} would be taken from their holders",
    ),
    "number": (
        "1 public number on {1} would be changed or taken away",
        "{0} public numbers on {1} would be changed or taken away",
    ),
}


def older_run(newer: Sequence[int]) -> Hold:
    """Why a run waits that is older than others which were carried out for the same members or extensions."""
    if len(newer) == 1:
        message = f"Run {newer[0]} is newer, has rows for the same members or extensions, and has been applied."
    else:
        runs = ", ".join(map(str, newer))
        message = f"The runs {runs} are newer, have rows for the same members or extensions, and have been applied."
    return Hold("", "older_run", len(newer), 0.0, "", message)


def restored_site(made: datetime, restored: datetime) -> Hold:
    """Why a run waits that is older than a restore of the site, or whose file is."""
    message = (
        f"This site was restored on {restored:%Y-%m-%d %H:%M} UTC from a backup of {made:%Y-%m-%d %H:%M} UTC; "
        "in between this may have been applied."
    )
    return Hold("", "restored", 1, 0.0, "", message)
