"""Workbooks read as sheets: what people see in their cells, with the rows and cells of the workbook."""

from __future__ import annotations

import gzip
from datetime import date

import pytest

from integration.packing.reading import Desk, zipped
from integration.workbook.workbooks import (
    HEADER,
    by_openpyxl,
    by_xlsxwriter,
    ods,
    ods_cell,
    ods_row,
    row_xml,
    table,
    xlsx,
)

HEAD_ODS = ods_row(*HEADER)
ADA = ("attach", "ada@example.com", "hq", "1234", "")


def found(read):
    return [(row.line, str(row.action), row.extension, row.number) for row in read.rows]


def faults(read):
    return [(fault.column, fault.code.value) for row in read.rows for fault in row.faults]


def test_a_number_is_its_digits_and_its_format_is_seen(read):
    def formats(book):
        sheet = book["People"]
        sheet["D2"].number_format, sheet["E2"].number_format, sheet["D3"].number_format = "0000", '"+"0', "#,##0.00"

    rows = [HEADER, ("attach", "ada@example.com", "hq", 1001, 33123456789), ("attach", "b@example.com", "hq", 1002.0)]
    assert found(read(by_openpyxl(("People", rows), change=formats))) == [
        (2, "attach", "1001", "+33123456789"),
        (3, "attach", "1002", ""),
    ]


def test_leading_zeros_that_a_format_shows_are_read(desk):
    def fill(book, sheet):
        for at, name in enumerate(HEADER):
            sheet.write_string(0, at, name)
        sheet.write_string(1, 0, "attach")
        sheet.write_string(1, 1, "ada@example.com")
        sheet.write_number(1, 3, 102, book.add_format({"num_format": "0000"}))

    read = desk.read(by_xlsxwriter(fill), desk.inbox(workbook={}))
    assert (read.rows[0].extension, faults(read)) == ("0102", [("Extension (D2)", "out_of_range")])


def test_what_is_no_value_is_a_fault_of_its_cell(read):
    """Dates, errors, formulas that nobody has worked out, and numbers whose last digits are lost."""
    cells = (date(2026, 4, 3), "#N/A", "=A1+1", 12345678901234567890)
    rows = [("attach", f"m{n}@example.com", "hq", cell, "") for n, cell in enumerate(cells)]

    def error(book):
        book["People"]["D3"].data_type = "e"

    read = read(by_openpyxl(("People", [HEADER, *rows]), change=error))
    assert faults(read) == [(f"Extension (D{line})", "spreadsheet_damage") for line in (2, 3, 4, 5)]
    assert [row.extension for row in read.rows] == ["2026-04-03", "#N/A", "=A1+1", "1.23456789012346E+19"]


def test_the_value_that_a_program_has_stored_with_a_formula_counts(read):
    cells = (
        '<c t="str"><f>A1</f><v>attach</v></c><c t="str"><f>B1</f><v>ada@example.com</v></c>'
        "<c><v></v></c><c><f>1000+1</f><v>1001</v></c><c t='str'><f>\"\"</f><v></v></c>"
    )
    assert found(read(xlsx(row_xml(HEADER) + f"<row>{cells}</row>"))) == [(2, "attach", "1001", "")]


def test_zeros_of_a_writer_that_computes_nothing_are_no_values(read):
    """XlsxWriter stores 0 with each formula, and asks the program that opens the file to work all of them out."""

    def fill(_book, sheet):
        for at, name in enumerate(HEADER):
            sheet.write_string(0, at, name)
        sheet.write_row(1, 0, ("attach", "ada@example.com", "hq"))
        sheet.write_formula(1, 3, "=1000+1")

    assert faults(read(by_xlsxwriter(fill))) == [("Extension (D2)", "spreadsheet_damage")]


def test_rows_keep_their_numbers_under_a_title_and_empty_rows(read):
    rows = [("Telephones, March",), (), HEADER, (), ADA, (), ("attach", "b@example.com", "hq", "no")]
    read = read(by_openpyxl(("People", rows)))
    assert [(row.line, row.valid) for row in read.rows] == [(5, True), (7, False)]
    assert faults(read) == [("Extension (D7)", "bad_extension")]
    assert read.messages == ["What stands above the header in row 3 was not read."]


def test_a_million_empty_rows_at_the_end_are_nothing(read):
    sheet = row_xml(HEADER) + row_xml(ADA) + '<row r="1048576"><c r="A1048576" s="0"/></row>'
    assert found(read(xlsx(sheet))) == [(2, "attach", "1234", "")]
    cells = '<table:table-cell table:number-columns-repeated="1024"/>'
    empty = f'<table:table-row table:number-rows-repeated="1048572">{cells}</table:table-row>'
    assert found(read(ods(table(HEAD_ODS + ods_row(*ADA) + empty)))) == [(2, "attach", "1234", "")]


def test_hidden_rows_are_read_and_counted(read):
    def hide(book):
        book["People"].row_dimensions[2].hidden = True

    warned = "Rows of the worksheet are hidden, by hand or by a filter: 1. They are read as any other."
    for data in (
        by_openpyxl(("People", [HEADER, ADA]), change=hide),
        ods(table(HEAD_ODS + ods_row(*ADA, more='table:visibility="filter"'))),
    ):
        done = read(data)
        assert (found(done), done.messages) == ([(2, "attach", "1234", "")], [warned])


def test_line_ends_in_cells_are_blanks(read):
    def wrap(book):
        book["People"]["B2"] = "ada@example.com\n"

    rows = [("Action", "Login\nEmail", "Extension", "Note"), ("attach", "", "1234", 'a,\n"b"')]
    assert found(read(by_openpyxl(("People", rows), change=wrap))) == [(2, "attach", "1234", "")]


def test_rows_that_linecard_writes_itself_are_known_in_a_workbook(desk):
    """Also where the inbox's own files have no header."""
    head = ("Action", "LoginEmail", "PbxId", "Extension", "Number", "Reason")
    data = by_openpyxl(("retry", [head, (*ADA, "held_by_other: somebody")]))
    assert found(desk.read(data, desk.inbox(workbook={}))) == [(2, "attach", "1234", "")]


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        (ods_cell("0102", 'office:value-type="float" office:value="102"'), "0102"),
        (ods_cell("3.31E+10", 'office:value-type="float" office:value="33123456789"'), "33123456789"),
        (ods_cell("1,001.00", 'office:value-type="float" office:value="1001"'), "1001"),
        (ods_cell("1 001", 'office:value-type="float" office:value="1001"'), "1001"),
        (ods_cell("04/03/26", 'office:value-type="date" office:date-value="2026-04-03"'), "2026-04-03"),
        (ods_cell("#N/A"), "#N/A"),
        ('<table:table-cell table:formula="of:=[.A1]+1"/>', "=[.A1]+1"),
        (ods_cell('1234<text:s text:c="2"/><text:tab/>x'), "1234 x"),
        ("<table:table-cell><office:annotation><text:p>9</text:p></office:annotation></table:table-cell>", ""),
        (ods_cell("<text:span>12</text:span>34"), "1234"),
    ],
)  # fmt: skip
def test_a_cell_of_an_ods_is_what_stands_in_it_where_that_has_all_digits(read, cell, seen):
    done = read(ods(table(HEAD_ODS + ods_row("attach", "ada@example.com", "hq", cell, ""))))
    assert done.rows[0].extension == seen


def test_repeated_cells_and_rows_are_as_many(read):
    row = '<table:table-row table:number-rows-repeated="3">{}</table:table-row>'
    gap = '<table:table-cell table:number-columns-repeated="2"/>'
    data = ods(table(HEAD_ODS + row.format(ods_cell("detach") + ods_cell("ada@example.com") + gap + gap)))
    assert [row.line for row in read(data).rows] == [2, 3, 4]


def test_texts_have_their_escapes_undone_and_no_furigana(read):
    strings = (
        "<si><t>attach</t><rPh><t>ATTACH</t></rPh></si><si><r><t>ada@</t></r><r><t>example.com_x000D_</t></r></si>"
    )
    cells = "".join(f'<c t="s"><v>{at}</v></c>' for at in (0, 1)) + "<c/><c><v>1234</v></c>"
    assert found(read(xlsx(row_xml(HEADER) + f"<row>{cells}</row>", strings=strings))) == [(2, "attach", "1234", "")]


def test_a_workbook_comes_out_of_other_containers(desk):
    data = by_openpyxl(("People", [HEADER, ADA]))
    inbox = desk.inbox(workbook={}, zip={}, gzip={})
    for wrapped in (data, gzip.compress(data), zipped(("people.xlsx", data)), gzip.compress(zipped(("p.xlsx", data)))):
        assert found(desk.read(wrapped, inbox)) == [(2, "attach", "1234", "")]


def test_without_the_opener_a_workbook_is_named_and_what_takes_it(desk: Desk):
    for data in (by_openpyxl(("People", [HEADER])), ods(table(HEAD_ODS))):
        read = desk.read(data, desk.inbox())
        assert read.codes == ["packing"]
        assert read.remedies == ["Send it as plain CSV."]


def test_csv_is_read_as_ever_unless_workbooks_are_required(read):
    csv = b"Action,LoginEmail,Extension\nattach,ada@example.com,1234\n"
    assert found(read(csv)) == [(2, "attach", "1234", "")]
    assert read(csv, required=True).codes == ["workbook"]
