"""How the files of an inbox are written, from its configuration to the reader of sheets."""

from __future__ import annotations

from linecard.config import InboxConfig
from linecard.model.format import SheetFormat
from linecard.model.sheet import Action


def sheet_format(inbox: InboxConfig) -> SheetFormat:
    sheet = inbox.sheet
    delimiters = {"auto": "", "tab": "\t"}
    return SheetFormat(
        encoding=sheet.encoding,
        delimiter=delimiters.get(sheet.delimiter, sheet.delimiter),
        quote=sheet.quote,
        backslash=sheet.escape == "backslash",
        skip_lines=sheet.skip_lines,
        second_header=sheet.second_header,
        positions=sheet.positions,
        columns=sheet.columns,
        ignored=None if sheet.ignore_columns == ("all",) else sheet.ignore_columns,
        actions=sheet.actions,
        action=None if sheet.action is None else Action(sheet.action),
        ignored_rows=sheet.ignore_rows,
        ignores_unknown_pbx=sheet.unknown_pbx == "ignore",
        skip_last=sheet.skip_last,
        trailer=sheet.trailer or "",
        max_bytes=sheet.max_bytes,
        max_rows=sheet.max_rows,
        max_columns=sheet.max_columns,
        max_cell=sheet.max_cell,
    )
