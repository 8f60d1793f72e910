"""The sink port: where reports go, and what is promised of them on their way.

A report is written into the outbox in the transaction that ends its run. A sink is given one letter at a time, and
may be given the same one again: after a crash nobody knows whether it had arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TextIO, runtime_checkable

from linecard.errors import LinecardError
from linecard.model.notice import Notice
from linecard.model.report import Report
from linecard.model.run import State


class SinkError(LinecardError):
    """A report could not be delivered.

    It is tried again later, for days, unless the refusal is `final`.
    """

    def __init__(self, message: str = "", *, remedy: str = "", final: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.final = final


@dataclass(frozen=True, slots=True)
class Letter:
    """One report on its way to one address.

    `id` stays the same however often it is tried. `state` is the one that the run came to and that the letter tells;
    the run may have gone on since. `address` is the one of the sink's addresses that is meant, empty where it has
    but one; `language` (ISO 639) is that of its reader. `filed` is where the report lies in the archive, or empty.
    """

    id: int
    report: Report
    state: State
    address: str
    language: str
    filed: str


@dataclass(frozen=True, slots=True)
class Note:
    """One notice on its way to one address; `id`, `address` and `language` as those of a `Letter`."""

    id: int
    notice: Notice
    address: str
    language: str


Write = Callable[[str, TextIO], None]
"""Writes the report in a format, by its name, to a stream that does not translate line ends."""


class Sink(Protocol):
    """One way out. Used by one thread at a time."""

    def deliver(self, letter: Letter, write: Write) -> str:
        """Deliver one letter; where it went, in a few words. Raises `SinkError`."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...


@runtime_checkable
class SupportsNotify(Protocol):
    """A sink that also delivers what is no report of a run."""

    def notify(self, note: Note) -> str:
        """Deliver one notice; where it went, in a few words. Raises `SinkError`."""
        ...
