"""Cells that a spreadsheet would run as a formula, made harmless without breaking `+E.164`."""

from __future__ import annotations

import re

# Spreadsheets in East Asian settings run the full-width forms of = + - @ as well.
# A line that starts with % is a comment to linecard, and a row must not become one.
_RUNS = re.compile("[\\s\0]*[=+\\-@|%\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"\+[0-9]{1,32}\Z")


def defuse(cell: str) -> str:
    """The cell as it may stand in a CSV file that people open in a spreadsheet.

    A leading `'` is put before what would run; linecard's own reader takes it away again, so a sheet written
    this way is read back unchanged. Source: OWASP, "CSV Injection".
    """
    if _RUNS.match(cell) and not _NUMBER.match(cell):
        return "'" + cell
    return cell
