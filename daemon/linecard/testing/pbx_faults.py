"""What a PBX, or the way to it, may do wrong while a backend is at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from typing import Protocol, runtime_checkable


class PbxFault(StrEnum):
    """The columns of the fault matrix: what happens to every PBX that is reached over a network."""

    UNREACHABLE = "unreachable"
    """Nobody is there: connections are refused."""
    SILENT = "silent"
    """It takes requests and never answers."""
    ANSWER_LOST = "answer_lost"
    """One change is made, and its answer does not arrive."""
    RATE_LIMITED = "rate_limited"
    """It asks, for a moment, to be asked later."""
    SHOWN_LATE = "shown_late"
    """It says that a change is made, and shows it only some time after."""
    PRETENDED = "pretended"
    """It says that a change is made, and has made nothing."""


@runtime_checkable
class SupportsFaults(Protocol):
    """What `new_pbx` gives, where the PBX under test can be made to do wrong."""

    def cause(self, fault: PbxFault, after: int = 0) -> AbstractContextManager[None]:
        """Let the PBX have this fault as long as the context lasts, for whoever uses it, and let it be well again.

        It sets in when so many more changes were made as they should be.
        """
        ...


class FaultSwitch:
    """The fault that a PBX in memory has, and how often it still strikes."""

    def __init__(self) -> None:
        self._fault: PbxFault | None = None
        self._after = 0
        self._strikes = 0

    @contextmanager
    def cause(self, fault: PbxFault, after: int = 0, strikes: int = 1_000_000) -> Iterator[None]:
        """Have a fault once so many changes were made, so many times."""
        self._fault, self._after, self._strikes = fault, after, strikes
        try:
            yield
        finally:
            self._fault = None

    def note_change(self) -> None:
        """One more change was made."""
        self._after -= 1

    def strikes(self, *faults: PbxFault) -> bool:
        """Whether one of these faults strikes now, which counts as once."""
        if self._fault not in faults or self._after > 0 or self._strikes <= 0:
            return False
        self._strikes -= 1
        return True
