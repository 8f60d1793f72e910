"""Cells that a spreadsheet would run as a formula, or take for a number or a date and write back as another."""

from __future__ import annotations

import re

# Spreadsheets in East Asian settings run the full-width forms of = + - @ as well.
# A line that starts with % is a comment to linecard, and a row must not become one.
_RUNS = re.compile("[\\s\0]*[=+\\-@|%\uff1d\uff0b\uff0d\uff20]")
CHANGED = r"(?!(?:[1-9][0-9]{0,10}|0)?{end})[+(]?[0-9][0-9 .,:/()+\-eE%]*{end}"
"""Digits that do not come back as they were: a + and leading zeros are lost, twelve digits become `3.31E+11`, `3-4` a
date. `{end}` stands for the end of the cell."""
_CHANGES = re.compile(CHANGED.replace("{end}", "\\Z"))


def defuse(cell: str) -> str:
    """The cell as it may stand in a CSV file that people open in a spreadsheet.

    A leading `'` is put before what would run or be changed, by which every spreadsheet knows a text; linecard's own
    reader takes it away again, so a sheet written this way is read back unchanged, also after LibreOffice, Gnumeric or
    Excel has opened and saved it. Source: OWASP, "CSV Injection".
    """
    if _RUNS.match(cell) or _CHANGES.match(cell):
        return "'" + cell
    return cell
