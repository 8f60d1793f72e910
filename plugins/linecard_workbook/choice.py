"""Which worksheet of a workbook is the sheet, and in which row its header stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from linecard.api import sanitize
from linecard.api.opener import Fault, HeaderFit, HeaderRule
from linecard_workbook.refusals import note, refuse
from linecard_workbook.table import TableRow, Workbook, Worksheet

HEAD_ROWS = 30
"""How far down a header is looked for: what stands above one is a title, an address, a date."""
_NAMES = 5
_BY_NAME = "Send each in a file of its own."


class Choice(NamedTuple):
    """`header` is the number of the row that names the columns, 0 where it is for the reader of CSV to say."""

    worksheet: Worksheet
    header: int


class _Looked(NamedTuple):
    worksheet: Worksheet
    header: int
    fit: HeaderFit
    is_blank: bool


def choose_worksheet(workbook: Workbook, name: str | None, rule: HeaderRule, noted: Callable[[Fault], None]) -> Choice:
    """The worksheet of that name, else the one visible whose header fits, else the only one with anything in it.

    Raises `CannotOpen` where none or several could be meant.
    """
    if workbook.has_macros:
        noted(note(0, "The workbook has macros; they were not run.", "Send it as .xlsx if nobody needs them."))
    found = [_look(workbook, worksheet, rule) for worksheet in _find_named(workbook, name)]
    filled = [one for one in found if not one.is_blank]
    if name is not None:
        return Choice(found[0].worksheet, found[0].header)
    if not filled:
        hidden = [one.name for one in workbook.worksheets if one.is_hidden]
        _refuse_blank(hidden)
    for fit in (HeaderFit.ALL, HeaderFit.SOME):
        fitting = [one for one in filled if one.fit is fit]
        if len(fitting) > 1:
            names = _join_names([one.worksheet.name for one in fitting])
            refuse(f"Several worksheets have the header of a sheet: {names}.", _BY_NAME)
        if fitting:
            return _with_note(fitting[0], filled, noted)
    if len(filled) > 1:
        names = _join_names([one.worksheet.name for one in filled])
        refuse(
            f"No worksheet has the header of a sheet: {names}.",
            "Name the columns in its first row, such as Action, LoginEmail and Extension.",
        )
    return Choice(filled[0].worksheet, 0)


def _find_named(workbook: Workbook, name: str | None) -> Sequence[Worksheet]:
    if name is None:
        return [worksheet for worksheet in workbook.worksheets if not worksheet.is_hidden]
    found = [one for one in workbook.worksheets if one.name.casefold() == name.casefold()]
    if not found:
        names = _join_names([one.name for one in workbook.worksheets]) or "none"
        refuse(
            f"The workbook has no worksheet {sanitize(name)}; it has {names}.",
            f"Give the worksheet that is meant the name {sanitize(name)[:60]}.",
        )
    return found[:1]


def _look(workbook: Workbook, worksheet: Worksheet, rule: HeaderRule) -> _Looked:
    rows = workbook.read_head(worksheet, HEAD_ROWS)
    best: tuple[TableRow | None, HeaderFit] = (None, HeaderFit.NONE)
    for row in rows:
        fit = rule.fit(row.cells) if row.number <= HEAD_ROWS else HeaderFit.NONE
        if fit > best[1]:
            best = (row, fit)
    header, fit = best
    return _Looked(worksheet, header.number if header is not None else 0, fit, not rows)


def _with_note(one: _Looked, filled: Sequence[_Looked], noted: Callable[[Fault], None]) -> Choice:
    others = [other.worksheet.name for other in filled if other is not one]
    if others:
        read = sanitize(one.worksheet.name)[:60]
        noted(
            note(
                0,
                f"Only the worksheet {read} was read, not {_join_names(others)}.",
                "Send a worksheet that is meant as well in a file of its own.",
            )
        )
    return Choice(one.worksheet, one.header)


def _refuse_blank(hidden: Sequence[str]) -> NoReturn:
    if hidden:
        refuse(
            f"All worksheets with anything in them are hidden: {_join_names(hidden)}.",
            "Unhide the one that is meant.",
        )
    refuse("The workbook is empty.", "Check whether the rows were saved, then send it again.")


def _join_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(sanitize(name)[:60] or "(without a name)" for name in names[:_NAMES]) + more
