"""Workbooks that people fill in."""

from __future__ import annotations

import io

import openpyxl
import pytest

from linecard.infrastructure.workbook import write_workbook

RETRY = (
    "\ufeffAction,LoginEmail,PbxId,Extension,Number,Reason\r\n"
    "% Correct the rows.\r\n"
    "attach,a@b.org,hq,0101,'=1+1,no\r\n"
)
UNDO = "Action,LoginEmail,PbxId,Extension,Linecard-Restore,Reason\r\n"


def written(text: str) -> bytes:
    out = io.BytesIO()
    write_workbook(io.StringIO(text, newline=""), out)
    return out.getvalue()


@pytest.fixture
def sheet():
    return openpyxl.load_workbook(io.BytesIO(written(RETRY)))["Sheet"]


def test_every_cell_is_text_and_so_are_those_that_are_typed_later(sheet):
    assert [cell.value for cell in sheet[3]] == ["attach", "a@b.org", "hq", "0101", "=1+1", "no"]
    assert {cell.data_type for cell in sheet[3]} == {"s"}
    assert {cell.number_format for cell in sheet[3]} == {"@"}
    assert {sheet.column_dimensions[letter].number_format for letter in "ABCEF"} == {"@"}  # C stands for D too


def test_actions_are_a_list_the_header_stays_and_says_what_it_means(sheet):
    (asked,) = sheet.data_validations.dataValidation
    assert (str(asked.sqref), asked.formula1) == ("A2:A1003", '"attach,force_attach,detach"')
    assert sheet.freeze_panes == "A2"
    assert all(cell.comment.text for cell in sheet[1])
    undo = openpyxl.load_workbook(io.BytesIO(written(UNDO)))["Sheet"]
    assert undo.data_validations.dataValidation[0].formula1 == '"restore"'


def test_the_reason_is_protected_and_nothing_else(sheet):
    assert sheet.protection.sheet
    assert [cell.protection.locked for cell in sheet[3]] == [False] * 5 + [True]
    assert not sheet.column_dimensions["A"].protection.locked


def test_the_same_sheet_gives_the_same_bytes():
    assert written(RETRY) == written(RETRY)
