"""What whoever runs linecard can set about a fault, where every file of a feed is like that.

People who write sheets read remedies, which speak of cells and files; this is said at the terminal beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from linecard.model.sheet import Column, Fault, FaultCode
from linecard.rules.containers import containers

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
    FaultCode.WORKBOOK: "`sheet` below `open: workbook:` of the inbox names the worksheet to read",
    FaultCode.CELL_COUNT: "`trailer` and `skip_last` on the inbox say which lines at the end are no rows",
}


def find_setting(fault: Fault) -> str:
    """The sentence, or an empty one where no setting changes what the fault is about."""
    said = _find_exact(fault) or _SETTINGS.get(fault.code, "")
    return f"{said}." if said else ""


def _find_exact(fault: Fault) -> str:
    """What can be said more exactly than of every fault with its code."""
    if fault.code is FaultCode.MISSING_COLUMN and fault.column == Column.ACTION:
        return "`action` on the inbox says what all its rows ask for, `columns` maps the column's name"
    if fault.code is FaultCode.ENCODING and (found := _LIKELY.search(fault.message)):
        return f"set `encoding: {found[1].lower().replace(' ', '-')}` on the inbox"
    if fault.code is FaultCode.PACKING:
        said = (c.opener for c in containers() if fault.message in (c.sentence, c.sentence_inside))
        return "".join(f"set `open: {{{opener}: {{}}}}` on the inbox" for opener in said if opener)
    return ""
