"""The opener port: what may be wrapped around a sheet, such as encryption or an archive, and how it comes off.

The archive keeps a file as it came; it is opened anew each time it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Protocol, runtime_checkable

from linecard.errors import LinecardError
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.rules import containers
from linecard.rules.text import Refused
from linecard.rules.worksheet import HeaderRule

HEAD = containers.HEAD
"""How many bytes of a file an opener is shown to recognise it by; fewer only where the file is shorter."""


class OpenerError(LinecardError):
    """Files cannot be opened now, through no fault of theirs; they wait."""


class CannotOpen(Refused):
    """A file is refused because of what is wrapped around it; carries the fault.

    `is_cut` where the end or the beginning seems to be missing: by its name the file may be one volume of several.
    """

    def __init__(self, code: FaultCode, message: str, remedy: str, *, is_cut: bool = False) -> None:
        super().__init__(Fault(0, "", "", code, Severity.ERROR, message, remedy))
        self.is_cut = is_cut


class Recognizer(Protocol):
    """Knows one kind of container. Used by several threads at a time."""

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins so (`HEAD` bytes of it) is wrapped in this way. Its name says nothing."""
        ...

    def refuse_unwrapped(self) -> CannotOpen | None:
        """Why a file that is not wrapped in this way is refused; None if it may come without."""
        ...

    def close(self) -> None:
        """Let go of what is held open, and of every process that was started."""
        ...


class Opener(Recognizer, Protocol):
    """Takes one kind of container off the files of one inbox."""

    def open(self, wrapped: BinaryIO, most: int, noted: Callable[[Fault], None]) -> BinaryIO:
        """What is inside, to be read once from its beginning.

        At most `most` bytes and one more need be given: there being more refuses the file. `noted` takes warnings.
        Opening, and reading what was opened, may raise `CannotOpen` and `OpenerError`.
        """
        ...


@runtime_checkable
class TableOpener(Recognizer, Protocol):
    """Reads files of one kind that hold tables, such as workbooks, in the place of CSV."""

    def open_table(self, wrapped: BinaryIO, most: int, noted: Callable[[Fault], None], header: HeaderRule) -> BinaryIO:
        """The table that is a sheet, by what `header` says, as CSV of RFC 4180 in UTF-8, whose line N is its row N.

        No other container is looked for inside. Else as `Opener.open`.
        """
        ...


AnyOpener = Opener | TableOpener
