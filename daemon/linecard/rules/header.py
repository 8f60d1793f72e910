"""The header: which delimiter, and which column stands where."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linecard.model.format import SheetFormat
from linecard.model.sheet import Action, Column, Fault, FaultCode, Severity
from linecard.rules.cells import folded, plain
from linecard.rules.text import Refused, refuse, shortened

DELIMITERS = (",", ";", "\t", "|")
SYNONYMS: Mapping[Column, tuple[str, ...]] = {
    Column.ACTION: ("Action", "__action__"),
    Column.MEMBER: ("LoginEmail", "Email"),
    Column.PBX: ("PbxId",),
    Column.EXTENSION: ("Extension", "ShortNumber", "pbxShortNumber"),
    Column.NUMBER: ("Number", "E164", "DDI", "DID"),
    Column.INTERNAL: ("pbxInternalNumber",),
    Column.REASON: ("Reason",),
}
_SEP = re.compile(r'"?sep=(.)"?\s*\Z', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each column of a sheet stands; `width` cells to a row, blank ones at the end of the header not counted."""

    delimiter: str
    places: Mapping[Column, int]
    width: int
    names: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def announced_delimiter(line: str, quote: str = '"') -> str:
    """The delimiter that an Excel line `sep=;` announces, or an empty string. A quote cannot be one."""
    found = _SEP.match(line.strip("\n"))
    return found[1] if found and found[1] not in (quote, "\\") else ""


def _names(form: SheetFormat) -> dict[str, Column]:
    """Folded header name to column: the feed's own names take the place of linecard's other spellings."""
    own = {folded(key): tuple(names) for key, names in form.columns.items()}
    known: dict[str, Column] = {}
    for column, spellings in SYNONYMS.items():
        mapped = own.get(folded(column), ())
        for name in (spellings[0], *mapped) if mapped else spellings:
            known[folded(name)] = column
    return known


def _split(line: str, delimiter: str, form: SheetFormat) -> list[str]:
    try:
        return next(
            csv.reader(
                [line.strip("\n")],
                delimiter=delimiter,
                quotechar=form.quote,
                skipinitialspace=delimiter != " ",
            ),
            [],
        )
    except csv.Error:
        return []


def read(line: str, number: int, form: SheetFormat, *, announced: str = "", pbx_needed: bool = False) -> Layout:
    """The layout that this header line gives. Raises `Refused` with the first fault; all are in the layout's faults.

    The delimiter is the one with which most column names are recognised.
    """
    known = _names(form)
    candidates = [form.delimiter or announced] if form.delimiter or announced else list(DELIMITERS)
    split = {d: _split(line, d, form) for d in candidates}
    best = max(
        candidates,
        key=lambda d: (len({known[n] for c in split[d] if (n := folded(c)) in known}), len(split[d])),
    )
    return _layout(split[best], number, best, known, form, pbx_needed=pbx_needed)


def by_position(first: str, form: SheetFormat, announced: str = "") -> Layout:
    """The layout of a feed without a header, from the configured positions and its first row.

    The delimiter is the one that gives as many cells as there are positions, and an action where one should be,
    else the one met most often.
    """
    names = [name or "" for name in form.positions or ()]
    known = _names(SheetFormat())
    places = {known[folded(name)]: at for at, name in enumerate(names) if folded(name) in known}
    words = {folded(word) for word in (*Action, *form.actions)}

    def likeliness(delimiter: str) -> tuple[bool, bool, int]:
        cells = _split(first, delimiter, form)
        action = cells[at] if (at := places.get(Column.ACTION, 0)) < len(cells) else ""
        return len(cells) == len(names), folded(action) in words, len(cells)

    delimiter = form.delimiter or announced or max(DELIMITERS, key=likeliness)
    return Layout(delimiter, places, len(names), tuple(names))


def _layout(
    cells: Sequence[str],
    number: int,
    delimiter: str,
    known: Mapping[str, Column],
    form: SheetFormat,
    *,
    pbx_needed: bool,
) -> Layout:
    width = len(cells)
    while width and not plain(cells[width - 1]):
        width -= 1
    if width > form.max_columns:
        raise refuse(
            number,
            FaultCode.TOO_LARGE,
            f"The header has {width} columns, more than {form.max_columns}.",
            "Remove columns, or raise `max_columns` on the inbox.",
        )
    places: dict[Column, int] = {}
    faults: list[Fault] = []
    for at, cell in enumerate(cells[:width]):
        column = known.get(folded(cell))
        if column is None:
            if plain(cell):
                faults.append(_unknown(number, cell))
        elif column in places:
            faults.append(_twice(number, column, cells[places[column]], cell))
        else:
            places[column] = at
    if not places:
        example = (delimiter if delimiter.isprintable() else " ").join(list(Column)[:5])
        raise refuse(
            number,
            FaultCode.NO_HEADER,
            f"Line {number} names no known column.",
            f"The first line must name the columns, such as {example}; `linecard sample` prints one.",
            value=delimiter.join(cells),
        )
    needed = [Column.ACTION, Column.MEMBER, *([Column.PBX] if pbx_needed else [])]
    faults += [_missing(number, column, form) for column in needed if column not in places]
    errors = [fault for fault in faults if fault.severity is Severity.ERROR]
    if errors:
        raise AllRefused(errors, faults)
    return Layout(delimiter, places, width, tuple(cells[:width]), tuple(faults))


class AllRefused(Refused):
    """The header has faults; all of them, so that one round of correction is enough."""

    def __init__(self, errors: Sequence[Fault], faults: Sequence[Fault]) -> None:
        super().__init__(errors[0])
        self.faults = tuple(faults)


def _unknown(number: int, cell: str) -> Fault:
    return Fault(
        number,
        shortened(cell),
        "",
        FaultCode.UNKNOWN_COLUMN,
        Severity.WARNING,
        f"The column {shortened(cell)} is not known and not read.",
        "Remove it, or map it with `columns` on the inbox if it means one of linecard's columns.",
    )


def _twice(number: int, column: Column, first: str, again: str) -> Fault:
    return Fault(
        number,
        column,
        shortened(again),
        FaultCode.DUPLICATE_COLUMN,
        Severity.ERROR,
        f"The columns {shortened(first)} and {shortened(again)} both mean {column}.",
        "Keep one of them.",
    )


def _missing(number: int, column: Column, form: SheetFormat) -> Fault:
    own = next((names for key, names in form.columns.items() if folded(key) == folded(column)), ())
    names = ", ".join((column, *own)) if own else " or ".join(SYNONYMS[column])
    why = " because the inbox has no default PBX" if column is Column.PBX else ""
    return Fault(
        number,
        column,
        "",
        FaultCode.MISSING_COLUMN,
        Severity.ERROR,
        f"There is no column {column}; it is needed{why}.",
        f"Add a column named {names}.",
    )
