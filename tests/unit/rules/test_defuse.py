"""Cells that a spreadsheet would run, or change, have an apostrophe before them; all others stay as they are."""

from __future__ import annotations

import pytest

from linecard.rules.cells import clean_cell
from linecard.rules.defuse import defuse


@pytest.mark.parametrize(
    "cell",
    [
        *("=1+1", "+331", "-1", "@sum", "|cmd", "%comment", " =1", "\t=1", "\0=1", "\n-1"),
        *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20a", "+33123456789", "007", "0100", "123456789012", "00"),
        *("3-4", "3.4", "1/2", "1:30", "1 000", "1,5", "12%", "1e5", "1E5", "(01) 23", "+1(2)"),
    ],
)
def test_what_would_run_or_come_back_changed_is_marked(cell):
    """A leading + and zeros are lost, long digits become 1E+11, 3-4 a date. The reader takes the mark away again."""
    assert defuse(cell) == f"'{cell}"
    assert clean_cell(defuse(cell)) == clean_cell(cell)


@pytest.mark.parametrize(
    "cell", ["", "0", "1234", "12345678901", "ada@example.com", "a=1", "hq", "1234a", "#1", "(a)", "12 monkeys"]
)
def test_what_comes_back_as_it_was_stays(cell):
    assert defuse(cell) == cell
