"""Sheets that arrive as worksheets of a workbook: where their header stands, and cells by the names people know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from linecard.model.format import SheetFormat
from linecard.model.sheet import Column, Row
from linecard.rules import header


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
        found = header.find_columns(cells, self.form)
        needed = {Column.MEMBER} if self.form.action is not None else {Column.ACTION, Column.MEMBER}
        if needed <= found:
            return HeaderFit.ALL
        return HeaderFit.SOME if len(found) > 1 else HeaderFit.NONE


@dataclass(slots=True)
class Origin:
    """What the bytes of a sheet came out of; known once the first of them was read."""

    is_worksheet: bool = False

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
