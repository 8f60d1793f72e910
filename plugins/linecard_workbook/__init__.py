"""The plugin `workbook`: sheets that arrive as workbooks of a spreadsheet program, .xlsx, .xlsm or .ods."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.opener import OpenerKind
from linecard_workbook.opener import WorkbookOpener
from linecard_workbook.options import WorkbookOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_openers() -> list[OpenerKind[WorkbookOptions]]:
    return [OpenerKind("workbook", "A sheet in a workbook (.xlsx, .xlsm, .ods).", WorkbookOptions, WorkbookOpener)]
