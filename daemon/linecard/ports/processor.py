"""The processor port: rules of the site's own about rows, between the sheet and the plan."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from linecard.errors import LinecardError
from linecard.model.sheet import Row


class ProcessorError(LinecardError):
    """A processor does not come back; its run waits, and is tried again."""


class Refusal(NamedTuple):
    """Why a processor lets a row not pass, as a clause without a full stop, and what to do, in sentences or empty."""

    message: str
    remedy: str = ""


class Processor(Protocol):
    """One function, which is given every valid row of a sheet, in file order, by one thread at a time.

    It answers with the row, with a changed one (`row._replace(extension=...)`), or with a `Refusal`. It may change
    the cells (`action`, `member`, `pbx`, `extension`, `number`), not `line`, `faults` and `asks_nothing`. A changed row
    is checked as if it had come so: an extension that the PBX cannot have is a fault of the row.

    It is pure: the same row comes to the same answer, whatever rows came before, and a row that it has changed it
    leaves as it is, for a retry sheet brings it back. It asks no server and writes nothing. It is not given rows that
    are invalid or ask for nothing, nor those of an undo sheet, which put back what was.
    """

    def __call__(self, row: Row, /) -> Row | Refusal: ...
