"""Sheets that come as worksheets: which row is their header, and cells by the names that spreadsheet programs have."""

from __future__ import annotations

from string import ascii_uppercase

import pytest

from linecard.languages.stored_sentences import match_sentence
from linecard.model.format import SheetFormat
from linecard.model.sheet import Action, Column, Fault, FaultCode, Row, Severity
from linecard.rules.header import Layout
from linecard.rules.worksheet import HeaderFit, HeaderRule, Origin, cell_name


@pytest.mark.parametrize(
    ("cells", "form", "fit"),
    [
        (["Action", "LoginEmail", "Extension"], {}, HeaderFit.ALL),
        (["Login Email", "action"], {}, HeaderFit.ALL),
        (["Action", "Extension"], {}, HeaderFit.SOME),
        (["LoginEmail", "Extension"], {}, HeaderFit.SOME),
        (["LoginEmail", "Extension"], {"action": Action.ATTACH}, HeaderFit.ALL),
        (["Action", "Extension"], {"action": Action.ATTACH}, HeaderFit.SOME),
        (["LoginEmail", "Email"], {}, HeaderFit.NONE),
        (["Action", "Joiners of March"], {}, HeaderFit.NONE),
        (["Was", "LoginEmail"], {"columns": {"Action": ("Was",)}}, HeaderFit.ALL),
        ([], {}, HeaderFit.NONE),
        (["Action", "LoginEmail"], {"positions": ("Action", "LoginEmail")}, HeaderFit.NONE),
    ],
)
def test_how_well_a_row_is_a_header(cells, form, fit):
    """By its columns: all that are needed, two at least, or not at all; never where the inbox's files have none."""
    assert HeaderRule(SheetFormat(**form)).fit(cells) is fit


def test_rows_of_files_without_a_header_have_as_many_cells_as_there_are_positions():
    assert HeaderRule(SheetFormat(positions=("Action", None, "LoginEmail"))).least_width == 3
    assert HeaderRule(SheetFormat()).least_width == 0


def fault(code=FaultCode.NO_HEADER):
    return Fault(3, "Action", "PK", code, Severity.ERROR, "Line 3 has no known column.", "Name them.")


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        *(("people.xlsx", ".xlsx"), ("PEOPLE.XLS", ".xls"), ("people.xlsm", ".xlsm"), ("people.xlsb", ".xlsb")),
        *(("people.ods", ".ods"), ("people.numbers", ".numbers"), ("people.xlsx.gz", ".xlsx"), ("a.ods.pgp", ".ods")),
        *(("people.xlsx.csv", ""), ("xlsx", ""), ("people.csv", ""), ("people.xls.bak", "")),
    ],
)
@pytest.mark.parametrize("code", [FaultCode.NO_HEADER, FaultCode.ENCODING, FaultCode.NUL_BYTE, FaultCode.NO_TRAILER])
@pytest.mark.parametrize("is_worksheet", [False, True])
def test_a_file_that_is_a_workbook_in_name_alone_is_refused_as_such(name, ending, code, is_worksheet):
    """Where its bytes are no text of a sheet: what else is wrong with a file is said as it is."""
    said = Origin(is_worksheet, name).explain(fault(code))
    if not ending or is_worksheet or code is FaultCode.NO_TRAILER:
        assert said == fault(code)
        return
    message = f"The file is named {ending}, but it is no workbook, nor is it a sheet as CSV."
    assert said == Fault(0, "", "PK", FaultCode.WORKBOOK, Severity.ERROR, message, said.remedy)
    assert match_sentence(said.message)
    assert match_sentence(said.remedy)


def test_a_worksheet_is_written_in_one_way_whatever_the_inbox_says_of_its_files():
    form = SheetFormat(encoding="cp1252", delimiter=";", quote="'", backslash=True, skip_lines=2)
    assert Origin(is_worksheet=True).format(form) == SheetFormat(delimiter=",", skip_lines=2)
    assert Origin().format(form) is form


def test_faults_name_the_cell_where_the_sheet_was_a_worksheet():
    layout = Layout(",", {Column.ACTION: 0, Column.MEMBER: 27}, 28)
    of_cell, of_row = fault()._replace(column="LoginEmail"), fault()._replace(column="")
    good = Row(2, Action.ATTACH, "ada@example.com", "hq", "1000", "")
    bad = good._replace(line=17, faults=(of_cell, of_row))
    named, whole = list(Origin(is_worksheet=True).locate_faults(iter([good, bad]), layout))
    assert named == good
    assert whole == bad._replace(faults=(of_cell._replace(column="LoginEmail (AB17)"), of_row))
    assert list(Origin().locate_faults(iter([good, bad]), layout)) == [good, bad]


def test_columns_go_on_with_two_letters_after_the_first_twenty_six():
    two = [one + other for one in ascii_uppercase for other in ascii_uppercase]
    assert [cell_name(place, 1) for place in range(26 + 26 * 26)] == [f"{name}1" for name in (*ascii_uppercase, *two)]
    assert [cell_name(16383, 17), cell_name(702, 9)] == ["XFD17", "AAA9"]
