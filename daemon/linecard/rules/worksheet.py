"""Sheets that arrive as worksheets of a workbook: where their header stands, and cells by the names people know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from linecard.model.format import SheetFormat
from linecard.model.sheet import Column, Fault, FaultCode, Row
from linecard.rules import header
from linecard.rules.column_names import find_columns

_WORKBOOK_NAME = re.compile(r"(\.(?:xls[xmb]?|ods|numbers))(?:\.(?:gz|zip|pgp|gpg|asc))?\Z", re.IGNORECASE)
_NO_SHEET = frozenset({FaultCode.NO_HEADER, FaultCode.ENCODING, FaultCode.NUL_BYTE})
"""What is wrong with bytes that are not the text of a sheet."""


class HeaderFit(IntEnum):
    """How well cells name the columns of a sheet: not at all, two columns at least, all that are needed."""

    NONE = 0
    SOME = 1
    ALL = 2


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """By what an inbox knows the header of its sheets."""

    form: SheetFormat

    @property
    def least_width(self) -> int:
        """Cells that each row must have: as many as there are columns where the inbox's files have no header."""
        return len(self.form.positions or ())

    def fit(self, cells: Sequence[str]) -> HeaderFit:
        """How well these cells are a header. None is where the inbox says that its files have none."""
        if self.form.positions is not None:
            return HeaderFit.NONE
        found = find_columns(cells, self.form)
        needed = {Column.MEMBER} if self.form.action is not None else {Column.ACTION, Column.MEMBER}
        if needed <= found:
            return HeaderFit.ALL
        return HeaderFit.SOME if len(found) > 1 else HeaderFit.NONE


@dataclass(slots=True)
class Origin:
    """What the bytes of a sheet came out of; known once the first of them was read."""

    is_worksheet: bool = False
    name: str = ""
    """That of the file, which is asked only about a file that cannot be read."""

    def explain(self, fault: Fault) -> Fault:
        """The fault of a file that cannot be read: that it is no workbook, where its name says that it is one."""
        named = _WORKBOOK_NAME.search(self.name)
        if named is None or self.is_worksheet or fault.code not in _NO_SHEET:
            return fault
        return fault._replace(
            line=0,
            column="",
            code=FaultCode.WORKBOOK,
            message=f"The file is named {named[1].lower()}, but it is no workbook, nor is it a sheet as CSV.",
            remedy="Open it in the spreadsheet program, save it again, and send that.",
        )

    def format(self, form: SheetFormat) -> SheetFormat:
        """How the bytes are written: those of a worksheet in one way, whatever the inbox's own files look like."""
        if not self.is_worksheet:
            return form
        return replace(form, encoding="utf-8", delimiter=",", quote='"', backslash=False)

    def locate_faults(self, rows: Iterator[Row], layout: header.Layout) -> Iterator[Row]:
        """The rows; their faults name the cell, `Extension (B17)`, where they stood in a worksheet."""
        return _name_cells(rows, layout) if self.is_worksheet else rows


def _name_cells(rows: Iterator[Row], layout: header.Layout) -> Iterator[Row]:
    places = {str(column): place for column, place in layout.places.items()}
    for row in rows:
        if not row.faults:
            yield row
            continue
        yield row._replace(
            faults=tuple(
                fault._replace(column=f"{fault.column} ({cell_name(places[fault.column], row.line)})")
                if fault.column in places
                else fault
                for fault in row.faults
            )
        )


def cell_name(place: int, line: int) -> str:
    """The name of a cell as spreadsheet programs have it, `B17`; `place` counts from 0, `line` from 1."""
    letters = ""
    left = place + 1
    while left:
        left, letter = divmod(left - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{line}"
