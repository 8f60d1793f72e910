"""Cells that a spreadsheet would run as a formula, or take for a number or a date and write back as another."""

from __future__ import annotations

import re

# Spreadsheets in East Asian settings run the full-width forms of = + - @ as well.
# A line that starts with % is a comment to linecard, and a row must not become one.
_RUNS = "[\\s\0]*[=+\\-@|%\uff1d\uff0b\uff0d\uff20]"


def build_changed_pattern(end: str) -> str:
    """The pattern of a cell of digits that would not come back as it was; `end` is that of the end of a cell.

    A + and leading zeros are lost, twelve digits become `3.31E+11`, and `3-4` a date.
    """
    return rf"(?=[0-9+(])(?!(?:[1-9][0-9]{{0,10}}|0)?{end})[+(]?[0-9][0-9 .,:/()+\-eE%]*{end}"


_NEEDS_MARK = re.compile(_RUNS + "|" + build_changed_pattern(r"\Z"))


def defuse(cell: str) -> str:
    """The cell as it may stand in a CSV file that people open in a spreadsheet.

    A leading `'` is put before what would run or be changed, by which every spreadsheet knows a text; linecard's own
    reader takes it away again, so a sheet written this way is read back unchanged, also after LibreOffice, Gnumeric or
    Excel has opened and saved it. Source: OWASP, "CSV Injection".
    """
    return "'" + cell if _NEEDS_MARK.match(cell) else cell
