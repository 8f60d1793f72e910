"""Caveats of a plan: what backends say of its changes, as warnings beside the rows and as reasons why it waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from linecard.model.directory import Change
from linecard.model.outcome import Caveat
from linecard.model.run import Hold
from linecard.model.sheet import Fault, FaultCode, Severity

CAVEAT = FaultCode.CAVEAT.value
"""Also the kind of the holds."""


class OfPbx(NamedTuple):
    """A caveat, and the PBX that it comes from."""

    pbx: str
    caveat: Caveat


def is_prechecked(change: Change) -> bool:
    """Whether a backend is asked about a change: it gives an extension another holder, or is a loss."""
    return change.before.member != change.after.member or is_loss(change)


def is_loss(change: Change) -> bool:
    """Whether a change takes an extension from its holder, or a number from its extension."""
    (member, numbers), after = change.before, change.after
    return (member is not None and member != after.member) or not set(numbers) <= set(after.numbers)


def reasons_of(found: Iterable[OfPbx]) -> Iterator[Hold]:
    """Why the plan waits, extension by extension."""
    for pbx, (extension, message, _, holds) in found:
        if holds:
            yield Hold(
                pbx, CAVEAT, 1, 0.0, "", f"On {pbx}, a person must approve the change of {extension}: {message}."
            )


def reasons_among(holds: Iterable[Hold]) -> frozenset[Hold]:
    """Those of the holds that come from a backend."""
    return frozenset(hold for hold in holds if hold.kind == CAVEAT)


def warnings(found: Iterable[OfPbx], lines: Mapping[tuple[str, str], int]) -> Iterator[Fault]:
    """A warning beside the row that each caveat is about. `lines` has them by PBX and extension."""
    for pbx, (extension, message, remedy, _) in found:
        said = f"{pbx} reports about {extension}: {message}."
        line = lines.get((pbx, extension), 0)
        yield Fault(line, "", extension, FaultCode.CAVEAT, Severity.WARNING, said, remedy)
