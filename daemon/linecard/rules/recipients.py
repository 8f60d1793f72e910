"""Who is told of a run's end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from linecard.model.run import State
from linecard.rules.states import is_fine

REPLY = "reply/"
"""What the name of an inbox follows in that of the queue of its replies; no sink is named so."""
PROBLEMS = frozenset({State.REJECTED, State.PARTIAL, State.HELD})
"""States of which whoever wants to hear of problems is told, whatever the rows came to."""


class Reader(Protocol):
    """Addresses of a sink (none: its only one), and when they are told: all, problems, held or digest."""

    @property
    def sink(self) -> str: ...

    @property
    def to(self) -> Sequence[str]: ...

    @property
    def when(self) -> Sequence[str]: ...


def choose_recipients(readers: Iterable[Reader], state: State, counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Sinks, each with an address or an empty one, that get a letter about a run in this state."""
    problem = state in PROBLEMS or not is_fine(counts)
    found = []
    for reader in readers:
        if (
            "all" in reader.when
            or ("problems" in reader.when and problem)
            or ("held" in reader.when and state is State.HELD)
        ):
            found += [(reader.sink, address) for address in reader.to or ("",)]
    return found
