"""Limits on damage: how many links a plan may take away before a person must look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from linecard.model.run import Hold


@dataclass(frozen=True, slots=True)
class Limit:
    """Hold when more than `count` links, or more than `share` percent of the PBX's links, are concerned.

    The share does not count below `at_least` links: of three people, one is a third.
    """

    count: int | None = None
    share: float | None = None
    at_least: int = 25


@dataclass(slots=True)
class Losses:
    """Links that a plan takes away on one PBX: to nobody, because the member moves, or to somebody else."""

    detach: int = 0
    move: int = 0
    force: int = 0


def holds(pbx: str, losses: Losses, links: int, limits: Mapping[str, Limit]) -> tuple[Hold, ...]:
    """Why this plan must wait, if it must. `links` is how many the PBX holds before the run."""
    found = []
    for kind, limit in limits.items():
        count = getattr(losses, kind)
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
}
