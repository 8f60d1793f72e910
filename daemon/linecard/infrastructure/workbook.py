"""Sheets of linecard's own as workbooks that people fill in: every cell is text and stays it.

A spreadsheet takes `0101` and `+33123456789` in a CSV file for numbers; in a column with the format Text it does not,
whether the cells are there or are typed later (tried with LibreOffice 7.4 and Gnumeric 1.12).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from linecard.errors import ReportError
from linecard.model.sheet import RESTORE, Action, Column
from linecard.rules.defuse import defuse

WORKBOOK_ENDING = ".xlsx"
WORKBOOK_MEDIA_TYPE = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_MOST_ROWS = 1_048_576
_ROOM = 1_000
"""Rows below the last one that have the list of actions too; LibreOffice keeps no more of them in an .xlsx."""
_UNDO = "Linecard-Restore"
_WIDTHS: Mapping[str, int] = {Column.MEMBER: 34, Column.NUMBER: 18, Column.REASON: 70, _UNDO: 40}
_NOTES: Mapping[str, str] = {
    Column.ACTION: (
        "attach: link the member to the extension.\n"
        "force_attach: the same, even if somebody else holds it.\n"
        "detach: remove the member's links; with all other cells empty, every one of them."
    ),
    Column.MEMBER: "The member's login e-mail. Always needed.",
    Column.PBX: "The PBX. Empty means the inbox's default PBX.",
    Column.EXTENSION: "The short number; leading zeros count. Needed for attach and force_attach.",
    Column.NUMBER: "The public number in E.164, with its plus sign. Optional; empty leaves the number as it is.",
    Column.REASON: "Why the row was not done, or what it was before. It is not read.",
    _UNDO: "What comes back, and what the run has left. Leave it as it is.",
}
_RESTORE = "restore: put back what the run has changed. Remove rows that are to stay as they are now."
_ALLOWED = (
    *("select_locked_cells", "select_unlocked_cells", "format_cells", "format_columns", "format_rows"),
    *("insert_rows", "delete_rows", "sort", "autofilter"),
)


def write_workbook(lines: Iterable[str], out: BinaryIO) -> None:
    """Write a sheet, given as lines of CSV that linecard has written, as a workbook (.xlsx).

    The mark that CSV has before what a spreadsheet would run is taken away: no text in a workbook is run. The same
    lines give the same bytes. Raises `ReportError` when there are more rows than a worksheet can have.
    """
    import xlsxwriter  # here, for hardly any command writes one

    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        book.set_properties({"author": "linecard", "created": datetime(2026, 1, 1)})  # noqa: DTZ001 - of no zone there
        _Worksheet(book).write_rows(csv.reader(lines))


def _unmark(cell: str) -> str:
    """The cell without the mark that `defuse` gave it; one that stands before a short number is the row's own."""
    text = cell.removeprefix("'")
    return text if defuse(text) == cell else cell


class _Worksheet:
    """The one worksheet of a workbook being written."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.add_worksheet("Sheet")
        self._text = book.add_format({"num_format": "@", "locked": False})
        self._locked = book.add_format({"num_format": "@", "locked": True, "text_wrap": False})
        self._head = book.add_format({"num_format": "@", "bold": True, "bottom": 1})

    def write_rows(self, rows: Iterable[list[str]]) -> None:
        header: list[str] = []
        count = 0
        for count, row in enumerate(rows, 1):
            if count > _MOST_ROWS:
                raise ReportError(
                    f"The sheet has more rows than the {_MOST_ROWS:,} of a workbook.", remedy="Leave out --workbook."
                )
            if not header:
                header = [row[0].removeprefix("\ufeff"), *row[1:]]
                self._lay_out(header)
            else:
                self._write(count - 1, row, header)
        self._finish(header, count)

    def _lay_out(self, header: list[str]) -> None:
        for at, name in enumerate(header):
            self._sheet.set_column(at, at, _WIDTHS.get(name, 14), self._format(name))
            self._sheet.write_string(0, at, name, self._head)
            note = _RESTORE if name == Column.ACTION and _UNDO in header else _NOTES.get(name)
            if note:
                self._sheet.write_comment(0, at, note, {"author": "linecard", "x_scale": 2, "y_scale": 1.4})

    def _format(self, name: str) -> Any:
        return self._locked if name == Column.REASON else self._text

    def _write(self, at: int, row: list[str], header: list[str]) -> None:
        for place, cell in enumerate(row):
            name = header[place] if place < len(header) else ""
            if cell:
                self._sheet.write_string(at, place, _unmark(cell), self._format(name))

    def _finish(self, header: list[str], count: int) -> None:
        self._sheet.freeze_panes(1, 0)
        self._sheet.protect("", dict.fromkeys(_ALLOWED, True))
        if Column.ACTION in header:
            at = header.index(Column.ACTION)
            words = [RESTORE] if _UNDO in header else [str(action) for action in Action]
            asked = {
                "validate": "list",
                "source": words,
                "error_type": "warning",  # an inbox may have words of its own
                "error_title": "Action",
                "error_message": f"linecard knows {', '.join(words)}.",
            }
            self._sheet.data_validation(1, at, min(count + _ROOM, _MOST_ROWS) - 1, at, asked)
