"""Workbooks of SheetJS and exceljs, with which most exports "to Excel" of web programs are written."""

from __future__ import annotations

from pathlib import Path

import pytest

FILES = Path(__file__).parents[2] / "data" / "workbooks"
ROWS = [
    (2, "attach", "ada@example.com", "1001", "+33123456789"),
    (3, "attach", "bo@example.com", "1002", "+33123456788"),
    (4, "attach", "cy@example.com", "0103", "+33123456787"),
    (5, "attach", "di@example.com", "2026-04-03", ""),
    (6, "attach", "ed@example.com", "1005", ""),
    (7, "attach", "fi@example.com", "#N/A", ""),
    (9, "detach", "gé@example.com", "1008", ""),
]
"""Texts, numbers, numbers shown with zeros and a plus sign, a date, a formula with its value, an error, a gap."""
FAULTS = [
    ("Number (E3)", "cleaned"),
    ("Extension (D4)", "out_of_range"),
    ("Extension (D5)", "spreadsheet_damage"),
    ("Extension (D7)", "spreadsheet_damage"),
]


def rows(done):
    return [(row.line, str(row.action), row.member, row.extension, row.number) for row in done.rows]


def faults(done):
    return [(fault.column, fault.code.value) for row in done.rows for fault in row.faults]


@pytest.mark.parametrize("name", ["sheetjs.xlsx", "sheetjs.xlsm", "sheetjs-sst.xlsx"])
def test_sheetjs_is_read_as_people_see_it(read, name):
    done = read((FILES / name).read_bytes())
    assert (rows(done), faults(done), done.messages) == (ROWS, FAULTS, [])


@pytest.mark.parametrize("name", ["exceljs.xlsx", "exceljs-stream.xlsx", "exceljs-stream-shared.xlsx"])
def test_exceljs_is_read_as_people_see_it(read, name):
    """Links, formatted text and a formula that nobody has worked out, too."""
    done = read((FILES / name).read_bytes())
    assert rows(done) == [*ROWS, (10, "attach", "hu@example.com", "=1000+9", "")]
    assert faults(done) == [*FAULTS, ("Extension (D10)", "spreadsheet_damage")]


def test_what_sheetjs_leaves_out_of_an_ods_is_not_made_up(read):
    """It writes a date as the number of its day and an error as nothing; both are faults all the same."""
    done = read((FILES / "sheetjs.ods").read_bytes())
    assert rows(done) == [
        *ROWS[:2],
        (4, "attach", "cy@example.com", "103", "33123456787"),
        (5, "attach", "di@example.com", "46115", ""),
        ROWS[4],
        (7, "attach", "fi@example.com", "", ""),
        ROWS[6],
    ]
    assert [column for column, code in faults(done) if code != "cleaned"] == [
        "Extension (D4)",
        "Extension (D5)",
        "Extension (D7)",
    ]


@pytest.mark.parametrize("kind", [".xlsb", ".xls"])
def test_other_kinds_of_sheetjs_are_named(read, kind):
    done = read((FILES / f"sheetjs{kind}").read_bytes())
    assert done.messages == [f"The file is a workbook of the kind {kind}, which linecard does not read."]
