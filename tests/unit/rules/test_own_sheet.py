"""linecard's own retry and undo sheets are known by their headers, whatever the inbox into which they are dropped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from linecard.model.format import SheetFormat
from linecard.model.sheet import Action
from linecard.rules.own_sheet import RETRY_HEADER, UNDO_HEADER, detect_own_format

ODD = SheetFormat(
    quote="'",
    backslash=True,
    skip_lines=3,
    skip_last=2,
    trailer="END",
    action=Action.ATTACH,
    second_header=True,
    positions=("Action", "LoginEmail"),
    columns={"Action": ("Was",)},
    max_columns=2,
    max_cell=10,
)
"""A feed that is written in no way as linecard writes."""

RETRY = replace(
    ODD,
    own=True,
    quote='"',
    backslash=False,
    skip_lines=0,
    skip_last=0,
    trailer="",
    action=None,
    second_header=False,
    positions=None,
    restores=False,
    columns={},
    max_columns=7,
    max_cell=501,
)
UNDO = replace(RETRY, skip_lines=1, positions=tuple(map(str, RETRY_HEADER)), restores=True, max_cell=20_000)


def detect(data, form=ODD, block=1 << 20):
    blocks, found = detect_own_format([data[at : at + block] for at in range(0, len(data), block)], form)
    assert b"".join(blocks) == data, "nothing of the file is lost"
    return found


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("header", "own"), [(RETRY_HEADER, RETRY), (UNDO_HEADER, UNDO)], ids=["retry", "undo"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "", "\nattach\n"])
def test_its_header_says_how_it_is_written(delimiter, header, own, end):
    """With the delimiter that the spreadsheet of a country has written; nothing else of the inbox holds for it."""
    assert detect((delimiter.join(header) + end).encode()) == replace(own, delimiter=delimiter)


@pytest.mark.parametrize(
    "header",
    [
        "\ufeff" + ",".join(RETRY_HEADER),
        ",".join(f'"{name}"' for name in RETRY_HEADER),
        ",".join(RETRY_HEADER).upper(),
        ",".join(RETRY_HEADER) + ",,,",
    ],
)
def test_as_spreadsheets_write_it_back(header):
    """With a mark of UTF-8, quotes, another case, and cells at the end that are empty."""
    assert detect(f"{header}\nattach,ada@example.com\n".encode()) == replace(RETRY, delimiter=",")


def test_a_header_in_the_first_of_many_blocks():
    data = ",".join(RETRY_HEADER).encode() + b"\n" + b"attach,ada@example.com\n" * 20
    assert detect(data, block=100) == replace(RETRY, delimiter=",")


def test_larger_limits_of_the_inbox_stay():
    """A cell may have one character more than theirs, for the mark that is put before what would run."""
    large = replace(ODD, max_columns=99, max_cell=30_000)
    assert detect(",".join(RETRY_HEADER).encode(), large) == replace(
        RETRY, delimiter=",", max_columns=99, max_cell=30_001
    )
    assert detect(",".join(UNDO_HEADER).encode(), large) == replace(
        UNDO, delimiter=",", max_columns=99, max_cell=30_001
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Action,LoginEmail,PbxId,Extension,Number\n",
        ",".join(RETRY_HEADER[:-1]).encode() + b",Reasons\n",
        ",".join((*RETRY_HEADER, "More")).encode(),
        b"\n" + ",".join(RETRY_HEADER).encode(),
        ",".join(RETRY_HEADER).encode("utf-16"),
        b"x" * 200 + ",".join(RETRY_HEADER).encode(),
    ],
)
def test_any_other_file_is_read_as_the_inbox_says(data):
    assert detect(data) is ODD


def test_of_an_empty_file_there_is_no_block():
    assert list(detect_own_format([], ODD)[0]) == []
