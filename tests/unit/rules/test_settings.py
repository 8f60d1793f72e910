"""What can be set about a fault, where every file of a feed is like that."""

from __future__ import annotations

import pytest

from linecard.model.sheet import Column, Fault, FaultCode, Severity
from linecard.rules.containers import containers
from linecard.rules.settings import find_setting


def setting(code, message="Something.", column="", remedy=""):
    return find_setting(Fault(0, column, "", code, Severity.ERROR, message, remedy))


def test_of_most_codes_one_sentence_can_be_said():
    assert setting(FaultCode.TOO_MANY_ROWS) == "`max_rows` on the inbox is the limit."
    assert setting(FaultCode.BAD_EMAIL) == ""


@pytest.mark.parametrize(
    ("code", "column", "said"),
    [
        (
            FaultCode.MISSING_COLUMN,
            Column.ACTION,
            "`action` on the inbox says what all its rows ask for, `columns` maps the column's name.",
        ),
        (
            FaultCode.MISSING_COLUMN,
            Column.MEMBER,
            "`columns` on the inbox maps header names, `ignore_columns` lists those that mean nothing.",
        ),
        (
            FaultCode.BAD_ACTION,
            Column.ACTION,
            "`actions` on the inbox says what its words mean, `ignore_rows` which rows ask for nothing.",
        ),
    ],
)
def test_a_missing_column_action_can_be_fixed_for_the_inbox(code, column, said):
    assert setting(code, column=column) == said


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("The file is not UTF-8: byte 0xe9; it looks like cp1252.", "set `encoding: cp1252` on the inbox."),
        ("The file is not UTF-8: byte 0xe9.", "`encoding` on the inbox says how its files are written."),
    ],
)
def test_a_likely_encoding_is_named(message, said):
    assert setting(FaultCode.ENCODING, message) == said


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "The file is not packed with gzip, and this inbox accepts no others.",
            "`required: false` below `open: gzip:` of the inbox accepts it unpacked.",
        ),
        (
            "What is packed in the file is more than 100 times larger than the file.",
            "`ratio` below `open:` of the inbox is the limit.",
        ),
        ("The whole row is quoted as one cell.", ""),
        ("Extension is empty.", "`ignore_rows` on the inbox says which rows ask for nothing."),
    ],
)
def test_what_the_message_tells_comes_before_what_the_code_does(message, said):
    """Also that nothing can be set: a code may be that of many faults."""
    assert setting(FaultCode.TOO_LARGE, message) == said


@pytest.mark.parametrize("container", containers(), ids=lambda container: container.what)
def test_a_container_that_an_inbox_can_open_is_opened_by_a_setting(container):
    """Where it may hold the sheet, also when the remedy speaks of another wrapping; a document only as itself."""
    said = f"set `open: {{{container.opener}: {{}}}}` on the inbox." if container.opener else ""
    for sentence in (container.sentence, container.sentence_inside):
        assert setting(FaultCode.PACKING, sentence, remedy=container.remedy) == said
        other = setting(FaultCode.PACKING, sentence, remedy="Pack it otherwise.")
        assert other == (said if container.is_wrapping else "")
        assert setting(FaultCode.TOO_LARGE, sentence, remedy=container.remedy).startswith("`max_bytes`")
    assert setting(FaultCode.PACKING, "The file is a piano; it cannot be read as it is.", remedy=container.remedy) == ""
