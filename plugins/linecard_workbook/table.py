"""What a workbook is made of, whichever program wrote it: worksheets, and rows of cells as people see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""Rows and columns that a worksheet can have, in Excel and in LibreOffice."""
MOST_CELLS = 20_000_000
"""Cells of one worksheet, empty ones that are written down counted too: what is read takes time."""


class Worksheet(NamedTuple):
    """One worksheet by its name; `part` is where its reader finds it."""

    name: str
    is_hidden: bool
    part: str


class TableRow(NamedTuple):
    """A row that has a cell with something in it: its number from 1, its cells from column A, as people see them."""

    number: int
    cells: list[str]
    is_hidden: bool


class Workbook(Protocol):
    """A workbook. All of it may raise `CannotOpen`."""

    worksheets: tuple[Worksheet, ...]
    has_macros: bool

    def read_head(self, worksheet: Worksheet, most: int) -> list[TableRow]:
        """The first rows with something in them, as far as row `most`, and one more behind it."""
        ...

    def read_rows(self, worksheet: Worksheet) -> Iterator[TableRow]:
        """The rows with something in them, in order."""
        ...


def formula(text: str) -> str:
    """What is given for a cell whose formula has no stored value: no cell may seem blank that is not."""
    return "=" + (text.strip().removeprefix("of:").removeprefix("=") or "?")
