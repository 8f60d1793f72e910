"""Workbooks to read: written by openpyxl and XlsxWriter, and part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openpyxl
import xlsxwriter

HEADER = ("Action", "LoginEmail", "PbxId", "Extension", "Number")
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)
SHEET_ODS = "application/vnd.oasis.opendocument.spreadsheet"


def by_openpyxl(
    *sheets: tuple[str, Sequence[Sequence[Any]]], change: Callable[[Any], object] = lambda _: None
) -> bytes:
    """A workbook of worksheets by name, with rows of values; `change` gets the workbook before it is saved."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        worksheet = book.create_sheet(name)
        for row in rows:
            worksheet.append(list(row))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_xlsxwriter(fill: Callable[[Any, Any], object]) -> bytes:
    """A workbook of one worksheet; `fill` gets both."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        fill(book, book.add_worksheet("People"))
    return out.getvalue()


def packed(parts: Mapping[str, str | bytes], *, level: int = 6) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def xlsx(sheet: str | bytes, *, strings: str | bytes = "", more: Mapping[str, str | bytes] | None = None) -> bytes:
    """The least that a workbook is; `sheet` is what stands in `sheetData`, `strings` in `sst`, or whole parts."""
    if isinstance(sheet, str):
        sheet = f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>"
    if isinstance(strings, str):
        strings = f"<sst {MAIN}>{strings}</sst>"
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": _relations(("w", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="People" sheetId="1" r:id="s"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            ("s", "worksheet", "worksheets/sheet1.xml"), ("t", "sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": strings,
    }
    return packed({**parts, **(more or {})})


def _relations(*found: tuple[str, str, str]) -> str:
    one = '<Relationship Id="{}" Type="' + RELATIONS + '/{}" Target="{}"/>'
    return f"<Relationships>{''.join(one.format(*relation) for relation in found)}</Relationships>"


def row_xml(cells: Sequence[str], number: int = 0) -> str:
    """A row of inline texts."""
    at = f' r="{number}"' if number else ""
    return f"<row{at}>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells) + "</row>"


def ods(*tables: str, styles: str = "", more: Mapping[str, str | bytes] | None = None) -> bytes:
    """An .ods of these `table:table` elements."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {ODF}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    return packed({"mimetype": SHEET_ODS, "content.xml": content, "META-INF/manifest.xml": "<m/>", **(more or {})})


def table(rows: str, *, name: str = "People", style: str = "") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{rows}</table:table>'


def ods_row(*cells: str, more: str = "") -> str:
    """A row of texts, or of cells as they are."""
    return (
        f"<table:table-row {more}>" + "".join(c if c[:1] == "<" else ods_cell(c) for c in cells) + "</table:table-row>"
    )


def ods_cell(text: str, more: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>" if text else "<table:table-cell/>"
