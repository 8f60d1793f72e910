"""A sheet: rows that say attach, force_attach or detach, and the faults found while reading it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """What a row asks for."""

    ATTACH = "attach"
    FORCE_ATTACH = "force_attach"
    DETACH = "detach"


RESTORE = "restore"
"""What the rows of an undo sheet ask for; in any other file it is not an action."""


class Column(StrEnum):
    """The columns of a sheet, spelled as reports and samples spell them."""

    ACTION = "Action"
    MEMBER = "LoginEmail"
    PBX = "PbxId"
    EXTENSION = "Extension"
    NUMBER = "Number"
    INTERNAL = "pbxInternalNumber"
    REASON = "Reason"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class FaultCode(StrEnum):
    """Stable codes of what can be wrong with a file or a row. Errors stop it; warnings do not."""

    # the file
    ENCODING = "encoding"
    EMPTY = "empty"
    NO_HEADER = "no_header"
    MISSING_COLUMN = "missing_column"
    DUPLICATE_COLUMN = "duplicate_column"
    QUOTING = "quoting"
    NUL_BYTE = "nul_byte"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    ROW_COUNT = "row_count"
    NO_TRAILER = "no_trailer"
    DUPLICATE = "duplicate"
    OLDER_FILE = "older_file"
    CHECKSUM = "checksum"
    CRASHED = "crashed"
    NOT_ENCRYPTED = "not_encrypted"
    CANNOT_DECRYPT = "cannot_decrypt"
    SIGNATURE = "signature"
    PACKING = "packing"
    WORKBOOK = "workbook"
    # one row
    BAD_ACTION = "bad_action"
    MISSING_CELL = "missing_cell"
    BAD_EMAIL = "bad_email"
    BAD_EXTENSION = "bad_extension"
    OUT_OF_RANGE = "out_of_range"
    BAD_NUMBER = "bad_number"
    SPREADSHEET_DAMAGE = "spreadsheet_damage"
    EMERGENCY_NUMBER = "emergency_number"
    UNKNOWN_PBX = "unknown_pbx"
    CELL_COUNT = "cell_count"
    REFUSED_BY_PROCESSOR = "refused_by_processor"
    PROCESSOR_FAILED = "processor_failed"
    # warnings
    UNKNOWN_COLUMN = "unknown_column"
    LATE_FILE = "late_file"
    CLEANED = "cleaned"
    NUMBER_IGNORED = "number_ignored"
    SHORT_NUMBER = "short_number"
    CHANGED_BY_PROCESSOR = "changed_by_processor"
    OVERRIDES_LINE = "overrides_line"
    NOT_AS_APPROVED = "not_as_approved"
    CAVEAT = "caveat"
    FOLLOWER_BEHIND = "follower_behind"
    NO_ROWS = "no_rows"
    HEADER_AGAIN = "header_again"
    CLOSING_LINE = "closing_line"
    WEAK_CRYPTO = "weak_crypto"
    WORKBOOK_NOTE = "workbook_note"


FILE_FAULTS = frozenset(
    {
        FaultCode.ENCODING,
        FaultCode.EMPTY,
        FaultCode.NO_HEADER,
        FaultCode.MISSING_COLUMN,
        FaultCode.DUPLICATE_COLUMN,
        FaultCode.QUOTING,
        FaultCode.NUL_BYTE,
        FaultCode.TOO_LARGE,
        FaultCode.TOO_MANY_ROWS,
        FaultCode.ROW_COUNT,
        FaultCode.NO_TRAILER,
        FaultCode.DUPLICATE,
        FaultCode.OLDER_FILE,
        FaultCode.CHECKSUM,
        FaultCode.CRASHED,
        FaultCode.NOT_ENCRYPTED,
        FaultCode.CANNOT_DECRYPT,
        FaultCode.SIGNATURE,
        FaultCode.PACKING,
        FaultCode.WORKBOOK,
    }
)
"""With one of these the whole file is refused and no row of it is played."""


class Fault(NamedTuple):
    """One thing wrong (or odd) at one place of a file.

    `line` counts physical lines from 1 (0: the file as a whole); `column` is the column's name or empty;
    `value` is what was found, cut to a readable length.
    """

    line: int
    column: str
    value: str
    code: FaultCode
    severity: Severity
    message: str
    remedy: str


class Row(NamedTuple):
    """One instruction. With an error among its faults the row is invalid and its cells are the raw text.

    A valid row has `action` as `Action`, `member` in lower case, `pbx` as the configuration names it (empty:
    every PBX of the inbox, detach only), `extension` and `number` (E.164) or empty strings. One that `asks_nothing`
    is valid and keeps its raw text.
    In a row that restores, `number` is what stands in its `Linecard-Restore` cell, and `member` may be empty.
    """

    line: int
    action: str
    member: str
    pbx: str
    extension: str
    number: str
    faults: tuple[Fault, ...] = ()
    asks_nothing: bool = False

    @property
    def valid(self) -> bool:
        return not any(fault.severity is Severity.ERROR for fault in self.faults)
