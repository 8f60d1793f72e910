"""Why workbooks are refused, and what is remarked on those that are read."""

from __future__ import annotations

from typing import NamedTuple, NoReturn

from linecard.api import format_size
from linecard.api.opener import CannotOpen, Fault, FaultCode, Severity

FREE = 10_000_000
"""Bytes from which on the ratio counts: the XML of a small workbook of equal rows packs very well."""
AGAIN = "Open it in the spreadsheet program, save it as .xlsx, and send that."
SPLIT = "Split it."
SEND_AGAIN = "Ask the sender to send the file again."


def refuse(message: str, remedy: str, *, is_cut: bool = False) -> NoReturn:
    raise CannotOpen(FaultCode.WORKBOOK, message, remedy, is_cut=is_cut)


def refuse_kind(ending: str) -> NoReturn:
    """A workbook of a kind that is not read: .xls, .xlsb, .numbers."""
    refuse(
        f"The file is a workbook of the kind {ending}, which linecard does not read.",
        "Save it as .xlsx, and send that.",
    )


def refuse_other() -> NoReturn:
    refuse("The file is a document of another kind, not a workbook.", "Send the sheet as .xlsx or CSV.")


class Bounds(NamedTuple):
    """How large what is in a file may become: `most` bytes, and `ratio` times the `size` of the file."""

    size: int
    most: int
    ratio: int

    def check_size(self, size: int) -> None:
        """Refuse what is larger."""
        if size > self.most:
            message = f"What is packed in the file is larger than {format_size(self.most)}."
            raise CannotOpen(FaultCode.TOO_LARGE, message, SPLIT)
        if size > max(FREE, self.ratio * self.size):
            message = f"What is packed in the file is more than {self.ratio} times larger than the file."
            raise CannotOpen(FaultCode.TOO_LARGE, message, "Send the sheet in parts, or as plain CSV.")


def damage(*, is_cut: bool = False) -> CannotOpen:
    return CannotOpen(FaultCode.WORKBOOK, "The workbook was damaged or cut off in transit.", SEND_AGAIN, is_cut=is_cut)


def odd(part: str) -> CannotOpen:
    """A workbook that is whole, and that no spreadsheet program writes."""
    return CannotOpen(FaultCode.WORKBOOK, f"The workbook is not as spreadsheet programs write them: {part}.", AGAIN)


def note(line: int, message: str, remedy: str) -> Fault:
    return Fault(line, "", "", FaultCode.WORKBOOK_NOTE, Severity.WARNING, message, remedy)
