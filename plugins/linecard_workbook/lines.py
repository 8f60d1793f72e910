"""Rows of a worksheet as lines of CSV (RFC 4180, UTF-8): line N is row N, each as wide as the header."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from linecard.api.opener import Fault
from linecard_workbook.refusals import note
from linecard_workbook.table import TableRow

_AT_ONCE = 500
"""Lines that are handed on together."""
_MOST_BLANK = 1 << 16
_ENDS = re.compile(r"\s*[\r\n]+\s*")


def blocks(
    rows: Iterator[TableRow], header: int, least_width: int, noted: Callable[[Fault], None], *, most_above: int
) -> Iterator[bytes]:
    """The lines, some at a time. Rows above the row `header` are blank lines; empty rows are too, but none at the end.

    A row has at least `least_width` cells, and as many as the header; where `header` is 0, as many as the widest of
    the first `most_above` rows.
    """
    width = least_width
    last = hidden = above = 0
    lines: list[str] = []
    for row in _pad_first_rows(rows, header, most_above):
        if row.number < header:
            above = above or row.number
            continue
        if row.number == header or not header:
            width = max(width, len(row.cells) if row.number <= max(header, most_above) else 0)
        hidden += row.is_hidden
        gap = row.number - last - 1
        last = row.number
        if gap > _MOST_BLANK:
            yield "".join(lines).encode(errors="replace")
            lines.clear()
            for at in range(0, gap, _MOST_BLANK):
                yield b"\n" * min(_MOST_BLANK, gap - at)
        elif gap:
            lines.append("\n" * gap)
        cells = row.cells
        if len(cells) < width:
            cells.extend([""] * (width - len(cells)))
        text = ",".join(cells)
        if text.count(",") != len(cells) - 1 or '"' in text or "\n" in text or "\r" in text:
            text = ",".join(map(_quote, cells))
        lines.append(text + "\n")
        if len(lines) >= _AT_ONCE:
            yield "".join(lines).encode(errors="replace")
            lines.clear()
    _note_what_is_odd(above, hidden, header, noted)
    yield "".join(lines).encode(errors="replace")


def _pad_first_rows(rows: Iterator[TableRow], header: int, most_above: int) -> Iterator[TableRow]:
    """The rows; where no header says how wide they are, the first ones as wide as the widest of them."""
    if header:
        yield from rows
        return
    first: list[TableRow] = []
    for row in rows:
        first.append(row)
        if row.number >= most_above:
            break
    width = max((len(row.cells) for row in first), default=0)
    for row in first:
        row.cells.extend([""] * (width - len(row.cells)))
    yield from first
    yield from rows


def _quote(cell: str) -> str:
    """A cell in quotes if it needs them; line ends in it are blanks, for each row is one line."""
    if "\n" in cell or "\r" in cell:
        cell = _ENDS.sub(" ", cell)
    return '"' + cell.replace('"', '""') + '"' if "," in cell or '"' in cell else cell


def _note_what_is_odd(above: int, hidden: int, header: int, noted: Callable[[Fault], None]) -> None:
    if above:
        noted(note(above, f"What stands above the header in row {header} was not read.", ""))
    if hidden:
        noted(
            note(
                0,
                f"Rows of the worksheet are hidden, by hand or by a filter: {hidden:,}. They are read as any other.",
                "Delete rows that are not meant.",
            )
        )
