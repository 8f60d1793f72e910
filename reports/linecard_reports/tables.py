"""Reports as CSV: every row for people with a spreadsheet, and the rows to be sent again."""

from __future__ import annotations

import csv
import re
from itertools import chain
from pathlib import Path
from typing import TextIO

from linecard.api import is_printable, sanitize, sanitize_line
from linecard.api.report import (
    FINE,
    MOST_REASON,
    RESTORE,
    RETRY_HEADER,
    UNDO_HEADER,
    VACANT,
    Column,
    FaultCode,
    Line,
    Outcome,
    Report,
    State,
    defuse,
    undo_rows,
)

_BOM = "\ufeff"
"""Excel reads a CSV file as UTF-8 only with it."""

_COMMA, _BAR = (
    re.compile(rf"[{mark}](?![^\W0-9]|['{mark}*#]|(?:[1-9][0-9]{{0,10}}|0)(?:[{mark}]|\Z)|\Z)") for mark in (",", "|")
)
"""Between such marks, a cell that is neither empty, nor begins harmlessly, nor is a short number: look at it alone."""

NOT_FINE = tuple(outcome for outcome in Outcome if outcome not in FINE)


class Table:
    """Every row of the sheet with its outcome, before and after."""

    name = "csv"
    suffix = ".csv"
    media_type = "text/csv; charset=utf-8"

    HEAD = (
        *("Line", "Outcome", "Code", "Message", "Remedy"),
        *("Action", "LoginEmail", "PbxId", "Extension", "Number"),
        *("HolderBefore", "NumberBefore", "HolderAfter", "NumberAfter", "Warnings"),
    )

    def render(self, report: Report, out: TextIO, *, templates: Path | None = None) -> None:  # noqa: ARG002
        out.write(_BOM)
        write = csv.writer(out).writerow
        write(self.HEAD)
        for line in report.lines():
            cells = _row_cells(line)
            text = _render_harmless_row(cells)
            if text is not None:
                out.write(text)
            else:
                write([defuse(sanitize(cell) if at in _SAID else cell) for at, cell in enumerate(cells)])


def _render_harmless_row(cells: tuple[str, ...]) -> str | None:
    """The cells as a row of the file where nothing in them needs care, as in nearly every row; else None.

    It is what the csv module would write, in an eighth of the time: the row is looked at as a whole.
    """
    marks = len(cells) - 1
    text = ",".join(cells)
    if '"' in text or not is_printable(text):
        return None
    if text.count(",") == marks:
        return None if _COMMA.search(text) else f"{text}\r\n"
    text = "|".join(cells)  # a sentence with a comma in it
    if text.count("|") != marks or _BAR.search(text):
        return None
    return ",".join([f'"{cell}"' if "," in cell else cell for cell in cells]) + "\r\n"


def _row_cells(line: Line) -> tuple[str, ...]:
    """The cells of a line; its numbers, of which nearly every line has some, with the mark that `defuse` gives them."""
    at, action, member, pbx, extension, number, outcome, code, message, remedy, before, after, _, warnings = line
    held, rang = before or VACANT
    holds, rings = after or VACANT
    if number[:1] == "+":
        number = f"'{number}"
    had = _mark_numbers(rang) if rang else ""
    has = had if rings == rang else _mark_numbers(rings)
    warned = " ".join([warning.message for warning in warnings]) if warnings else ""
    held, holds = held or "", holds or ""
    # fmt: off
    return (
        str(at), outcome, code, message, remedy,
        action, member, pbx, extension, number,
        held, had, holds, has, warned,
    )
    # fmt: on


def _mark_numbers(numbers: tuple[str, ...]) -> str:
    text = " ".join(numbers)
    return f"'{text}" if text[:1] == "+" else text


_SAID = frozenset(Table.HEAD.index(name) for name in ("Message", "Remedy", "Warnings"))
"""Sentences that may repeat what stands in the file, or what the PBX says."""


class Retry:
    """The rows that were not done as a sheet, with the reason in one more column; linecard reads it back as it is."""

    name = "retry"
    suffix = ".retry.csv"
    media_type = "text/csv; charset=utf-8"

    def render(self, report: Report, out: TextIO, *, templates: Path | None = None) -> None:  # noqa: ARG002
        out.write(_BOM)
        write = csv.writer(out).writerow
        lines = iter(report.lines(*NOT_FINE))
        first = next(lines, None)
        write(UNDO_HEADER if first is not None and first.action == RESTORE else RETRY_HEADER)
        if report.run.state is State.REJECTED:
            out.writelines(
                f"% {sanitize_line(f'{fault.message} {fault.remedy}')}\r\n" for fault in report.faults(whole_file=True)
            )
        for line in chain((first,), lines) if first is not None else ():
            write(_retry_cells(line))


def _retry_cells(line: Line) -> list[str]:
    reason = sanitize_line(f"{line.code}: {line.message} {line.remedy}")
    cells = [line.action, line.member, line.pbx, line.extension, line.number, reason[:MOST_REASON]]
    row = [defuse(cell) for cell in cells]
    if _is_marked_as_text(line):
        row[3] = f"'{line.extension}"
    if row[0].lstrip().startswith("%"):
        row[0] = "'" + row[0]  # no comment: it would be passed over
    if line.code == FaultCode.CELL_COUNT:
        row.append("Delete this cell when the row is right.")  # what stands in the row may be shifted: never guess
    return row


def _is_marked_as_text(line: Line) -> bool:
    """Whether the sheet had an apostrophe before the extension, which says that it has lost no zeros."""
    return line.extension.isdigit() and any(
        found.code is FaultCode.CLEANED and found.column.startswith(Column.EXTENSION) and found.value[:1] in ("'", "=")
        for found in line.warnings
    )


class Undo:
    """The sheet that puts back what the run has changed; planned and imported like any other."""

    name = "undo"
    suffix = ".undo.csv"
    media_type = "text/csv; charset=utf-8"

    def render(self, report: Report, out: TextIO, *, templates: Path | None = None) -> None:  # noqa: ARG002
        out.write(_BOM)
        write = csv.writer(out).writerow
        write(UNDO_HEADER)  # by which linecard knows its own sheets, whatever the inbox's form
        for row in undo_rows(report.changes()):
            write(map(defuse, row))
