"""What whoever runs linecard can set about a fault, where every file of a feed is like that.

People who write sheets read remedies, which speak of cells and files; this is said at the terminal beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from linecard.model.sheet import Column, Fault, FaultCode
from linecard.rules.containers import containers
from linecard.rules.encodings import encoding_setting

_LIKELY = re.compile(r"it looks like (.+)\.\Z")
_NAMES = "`columns` on the inbox maps header names, `ignore_columns` lists those that mean nothing"
_SETTINGS: Mapping[FaultCode, str] = {
    FaultCode.ENCODING: "`encoding` on the inbox says how its files are written",
    FaultCode.NO_HEADER: "`skip_lines`, `second_header` and `positions` on the inbox say how its files begin",
    FaultCode.MISSING_COLUMN: _NAMES,
    FaultCode.UNKNOWN_COLUMN: _NAMES,
    FaultCode.TOO_LARGE: "`max_bytes`, `max_columns` and `max_cell` on the inbox are the limits",
    FaultCode.TOO_MANY_ROWS: "`max_rows` on the inbox is the limit",
    FaultCode.ROW_COUNT: "`pattern` and `trailer` on the inbox say where the count stands",
    FaultCode.NO_TRAILER: "`trailer` and `skip_last` on the inbox say how its files end",
    FaultCode.DUPLICATE: "`duplicates: import` on the inbox imports the same bytes again",
    FaultCode.LATE_FILE: "`replaces: all` on the inbox refuses such a file",
    FaultCode.CELL_COUNT: "`trailer` and `skip_last` on the inbox say which lines at the end are no rows",
    FaultCode.CLOSING_LINE: "`trailer` and `skip_last` on the inbox say how its files end",
    FaultCode.NOT_ENCRYPTED: "`unencrypted` below `open: pgp:` of the inbox says whether plain files are accepted",
    FaultCode.SIGNATURE: "`signers` below `open: pgp:` of the inbox lists the fingerprints of those who may sign",
    FaultCode.BAD_ACTION: "`actions` on the inbox says what its words mean, `ignore_rows` which rows ask for nothing",
    FaultCode.UNKNOWN_PBX: "`aliases` of a PBX are its other names; `unknown_pbx: ignore` on the inbox ignores others",
}
_BY_MESSAGE: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), setting)
    for pattern, setting in (
        (
            r"(?:Several|No|All) worksheets?\b|The workbook has no worksheet\b",
            "`sheet` below `open: workbook:` of the inbox names the worksheet to read",
        ),
        (
            r"The file is no workbook, and this inbox",
            "`required: false` below `open: workbook:` of the inbox accepts CSV too",
        ),
        (
            r"The file is not packed with (\w+), and this inbox",
            "`required: false` below `open: {}:` of the inbox accepts it unpacked",
        ),
        (
            r"What is packed in the file is more than \d+ times larger",
            "`ratio` below `open:` of the inbox is the limit",
        ),
        (
            r"The zip archive has (?:no|\d+) files? that match",
            "`member` below `open: zip:` of the inbox names the file",
        ),
        (r"The file was not decrypted within", "`seconds` below `open: pgp:` of the inbox is the limit"),
        (r"Each line of the file is quoted|The whole row is quoted", ""),
        (r"The cells of the file are in single quotes", '`quote: "\'"` on the inbox reads its files'),
        (r"Extension is empty\.", "`ignore_rows` on the inbox says which rows ask for nothing"),
    )
]
"""What is said by some faults of a code and not by others; an opener has few codes for many faults."""


def find_setting(fault: Fault) -> str:
    """The sentence, or an empty one where no setting changes what the fault is about."""
    said = _find_exact(fault)
    if said is None:
        said = _SETTINGS.get(fault.code)
    return f"{said}." if said else ""


def _find_exact(fault: Fault) -> str | None:
    """What can be said more exactly than of every fault with its code; None where nothing can."""
    for pattern, setting in _BY_MESSAGE:
        if found := pattern.match(fault.message):
            return setting.format(*found.groups())
    if fault.code is FaultCode.MISSING_COLUMN and fault.column == Column.ACTION:
        return "`action` on the inbox says what all its rows ask for, `columns` maps the column's name"
    if fault.code is FaultCode.ENCODING and (likely := _LIKELY.search(fault.message)):
        return f"set `encoding: {encoding_setting(likely[1])}` on the inbox"
    if fault.code is FaultCode.PACKING:
        said = (
            c.opener
            for c in containers()
            if fault.message in (c.sentence, c.sentence_inside) and (c.is_wrapping or fault.remedy == c.remedy)
        )
        return next((f"set `open: {{{opener}: {{}}}}` on the inbox" for opener in said if opener), None)
    return None
