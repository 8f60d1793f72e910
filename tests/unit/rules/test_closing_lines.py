"""Last lines that are no rows: what an inbox promises of them, and what says by itself that it closes the file."""

from __future__ import annotations

import pytest

from linecard.languages.stored_sentences import match_sentence
from linecard.model.format import SheetFormat
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.rules.closing_line import closes, closing_line, may_close
from linecard.rules.text import Refused
from linecard.rules.trailer import Trailer, row_at_the_end


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Total: 35", 35),
        ("35 rows selected.", 35),
        ("TRL|000035", 35),
        ("TRL|2026|35", 2026),
        ("TRL|2026|35", 35),
        ("Total: 1,035", 1035),
        ("1 035 lignes", 1035),
    ],
)
def test_a_count_closes_a_file_of_so_many_rows_and_no_other(text, rows):
    assert may_close(text)
    assert closes(text, rows)
    assert not closes(text, rows + 1)


@pytest.mark.parametrize("text", ["End of report", "EOF", "ENDE", "-----", "Page 1 of 1", "\\."])
def test_an_end_closes_a_file_of_any_size(text):
    assert may_close(text)
    assert closes(text, 7)


@pytest.mark.parametrize(
    "text", ["attach", "Total", "35", "", "Total: 35 ada@example.com", "Total: 35" + " " * 192, "weekend"]
)
def test_what_may_be_a_row_or_is_too_long_closes_nothing(text):
    assert not may_close(text)


def test_two_hundred_characters_are_not_too_long():
    assert may_close("Total: 35" + " " * 191)


def test_what_is_said_of_a_line_that_closes_the_file():
    fault = closing_line(9, "Total: 35")
    message = "Line 9 closes the file and was not read as a row: Total: 35."
    assert fault == Fault(9, "", "Total: 35", FaultCode.CLOSING_LINE, Severity.WARNING, message, fault.remedy)
    assert match_sentence(fault.remedy)


def held(text, **form):
    trailer = Trailer(SheetFormat(**form))
    return list(trailer.hold_back(text.splitlines(keepends=True))), trailer


@pytest.mark.parametrize(
    ("form", "passed", "kept"),
    [
        ({}, ["a\n", "b\n", "\n", "c\n", "\n"], []),
        ({"skip_last": 1}, ["a\n", "b\n"], [(4, "c")]),
        ({"skip_last": 2}, ["a\n"], [(2, "b"), (4, "c")]),
        ({"trailer": "c"}, ["a\n", "b\n"], [(4, "c")]),
        ({"skip_last": 2, "trailer": "c"}, ["a\n"], [(2, "b"), (4, "c")]),
        ({"skip_last": 9}, [], [(1, "a"), (2, "b"), (4, "c")]),
    ],
)
def test_so_many_last_lines_are_held_back_blank_ones_not_counted(form, passed, kept):
    found, trailer = held("a\nb\n\nc\n\n", **form)
    assert (found, trailer.lines) == (passed, kept)


def test_a_line_of_nothing_but_the_mark_of_the_end_is_blank():
    assert held("a\nb\n\x1a\n \t\r\n", skip_last=1)[1].lines == [(2, "b")]


@pytest.mark.parametrize(
    ("text", "rows", "fault"),
    [
        ("a\nTRL|000002\n", 2, None),
        ("a\nTRL|3\n", 2, (2, FaultCode.ROW_COUNT, "TRL|3")),
        ("a\nb\n", 2, (2, FaultCode.NO_TRAILER, "b")),
        ("", 0, (0, FaultCode.NO_TRAILER, "")),
    ],
)
def test_the_trailer_that_an_inbox_promises_is_there_and_counts_as_linecard_does(text, rows, fault):
    _, trailer = held(text, trailer="TRL|{rows}")
    if fault is None:
        trailer.check_trailer(rows)
        return
    with pytest.raises(Refused) as caught:
        trailer.check_trailer(rows)
    said = caught.value.fault
    assert (said.line, said.code, said.value, said.severity) == (*fault, Severity.ERROR)
    assert match_sentence(said.message)
    assert match_sentence(said.remedy)


def test_a_trailer_that_counts_nothing_is_enough_and_none_is_asked_for_where_none_is_promised():
    held("a\nEND\n", trailer="END")[1].check_trailer(7)
    held("a\n", skip_last=1)[1].check_trailer(7)
    held("", skip_last=1)[1].check_trailer(0)


def test_a_row_at_the_end_is_no_trailer():
    fault = row_at_the_end(9).fault
    message = "Line 9 is a row, but the inbox says that it is a trailer."
    assert fault == Fault(9, "", "", FaultCode.NO_TRAILER, Severity.ERROR, message, fault.remedy)
    assert match_sentence(fault.remedy)
