"""Laws of the sheet reader: any text and any bytes are read or clearly refused, and two ways give one row."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linecard.model.sheet import Action, Severity
from linecard.rules.cells import clean_cell
from linecard.rules.defuse import defuse
from unit.sheet.reading import HEADER, HQ, TWO, read

TOKENS = [
    *("attach", "force_attach", "detach", "Action", "LoginEmail", "PbxId", "Extension", "Number", "sep=;", "%", "hq"),
    *(",", ";", "\t", "|", '"', '""', "'", "\\", "\n", "\r\n", "\r", " ", "=", '="', "+33123456789", "1234", "0100"),
    *("ada@example.com", "zo\u00e9@example.com", "3.31E+10", "112", "\u00a0", "\u200b", "\ufeff", "\uff11", "\u202e"),
    *("\0", "\x1f", "\u2028", "e\u0301", "@", "x" * 70),
]
SOUP = st.lists(st.sampled_from(TOKENS) | st.text(max_size=3), max_size=60).map("".join)
FORMATS = st.fixed_dictionaries(
    {},
    optional={
        "encoding": st.sampled_from(["utf-8", "cp1252", "utf-16", "utf-16-be", "utf-32", "ascii", "shift_jis"]),
        "delimiter": st.sampled_from([",", ";", "\t", "|"]),
        "quote": st.just("'"),
        "backslash": st.booleans(),
        "skip_lines": st.integers(0, 3),
        "second_header": st.booleans(),
        "positions": st.permutations(["Action", "LoginEmail", "Extension", None]).map(tuple),
        "actions": st.just({"active": Action.ATTACH, "attach": Action.DETACH}),
        "max_bytes": st.integers(1, 400),
        "max_rows": st.integers(1, 4),
        "max_columns": st.integers(1, 6),
        "max_cell": st.integers(1, 50),
    },
)
DESTINATIONS = st.sampled_from([HQ, TWO])


@settings(max_examples=250, deadline=None)
@given(SOUP, st.sampled_from(["", HEADER, HEADER.replace(",", ";")]), FORMATS, DESTINATIONS, st.integers(1, 80))
def test_any_text_is_read_or_clearly_refused(text, head, form, to, block):
    """`read` holds every row and fault to what is promised; a traceback fails the test."""
    read((head + text).encode("utf-8", "replace"), to, block=block, **form)


@settings(max_examples=250, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", HEADER.encode(), b"\xff\xfe", b"\xef\xbb\xbf"]), FORMATS)
def test_any_bytes_are_read_or_clearly_refused(data, head, form):
    read(head + data, **form)


@settings(max_examples=150, deadline=None)
@given(SOUP, st.integers(1, 30))
def test_the_blocks_in_which_a_file_comes_change_nothing(text, block):
    """Of a refused file, as many rows may come before the refusal as the blocks allow: they are not used."""
    data = (HEADER + text).encode()
    whole, pieces = read(data), read(data, block=block)
    assert pieces.refused == whole.refused
    if not whole.refused:
        assert pieces == whole
    else:
        assert [f.code for f in pieces.faults] == [f.code for f in whole.faults]


ACTIONS = st.sampled_from([str(action) for action in Action])
MEMBERS = st.sampled_from(["ada@example.com", "bob@example.com", "Eve@Example.com", "a.b-c@example.org", "nobody", ""])
PBXS = st.sampled_from(["", "hq", "lab", "nope"])
EXTENSIONS = st.sampled_from(["", "1234", "0100", "75", "9999", "112", "1515", "12a4", "2*00"])
NUMBERS = st.sampled_from(["", "+33123456789", "+4930123456", "+1", "0123456789", "+112", "3.31E+10"])
ROWS = st.lists(st.tuples(ACTIONS, MEMBERS, PBXS, EXTENSIONS, NUMBERS), min_size=1, max_size=12)


@settings(max_examples=120, deadline=None)
@given(ROWS, DESTINATIONS, st.booleans())
def test_a_row_written_plainly_and_with_padding_is_the_same_row(cells, to, unread):
    """The quick way and the careful way through the reader agree, but for notes on what was cleaned."""
    more = ("x",) if unread else ()
    head = HEADER.strip() + (",Note" if unread else "")
    flat = "\n".join([head, *(",".join(row + more) for row in cells)])
    padded = "\n".join([head, *(" , ".join(f" {cell} " for cell in (row + more)) for row in cells)])
    quoted = "\n".join([head, *(" ,".join(f'"{cell}"' for cell in (row + more)) for row in cells)])
    plainly = read(flat, to)
    for other in (read(padded, to), read(quoted, to)):
        assert [row[:6] for row in other.rows] == [row[:6] for row in plainly.rows]
        assert other.errors == plainly.errors


@settings(max_examples=120, deadline=None)
@given(ROWS, DESTINATIONS)
def test_a_row_behind_invisible_marks_is_the_same_row(cells, to):
    """And says of each cell that it was cleaned."""
    plainly = read("\n".join([HEADER.strip(), *map(",".join, cells)]), to)
    marked = read("\n".join([HEADER.strip(), *(",".join(c and f"\u200e{c}\u00a0" for c in row) for row in cells)]), to)
    valid = {row.line: row for row in plainly.rows if row.valid}
    for row in marked.rows:
        assert row.valid == (row.line in valid)
        if row.valid:
            assert row[:6] == valid[row.line][:6]
            assert any(fault.code == "cleaned" for fault in row.faults)
    assert marked.errors == plainly.errors


def written(rows):
    """As linecard writes a sheet that people may open in a spreadsheet."""
    out = io.StringIO()
    csv.writer(out).writerows([HEADER.strip().split(","), *([defuse(cell) for cell in row[1:6]] for row in rows)])
    return out.getvalue()


def _stopped_by(row):
    return [fault.code for fault in row.faults if fault.severity is Severity.ERROR]


CELLS = st.lists(st.sampled_from(TOKENS) | st.text(max_size=3), max_size=4).map("".join)


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.tuples(ACTIONS | CELLS, MEMBERS | CELLS, PBXS | CELLS, EXTENSIONS | CELLS, NUMBERS | CELLS), max_size=5)
)
def test_what_linecard_writes_is_read_back_unchanged(cells):
    """A valid row as the same row; an invalid one with the same faults, never as a comment, never as another row."""
    out = io.StringIO()
    csv.writer(out).writerows([HEADER.strip().split(","), *cells])
    first = read(out.getvalue())
    # Which cell of a ragged row is which is not known: the retry sheet marks such rows, it does not repair them.
    rows = [row for row in first.rows if _stopped_by(row) != ["cell_count"]]
    if first.refused or not rows:
        return
    again = read(written(rows))
    assert [row[1:6] for row in again.rows if row.valid] == [row[1:6] for row in rows if row.valid]
    assert [_stopped_by(row) for row in again.rows] == [_stopped_by(row) for row in rows]
    assert written(again.rows) == written(rows)


@given(st.text())
def test_a_defused_cell_means_the_same_and_runs_nowhere(text):
    """An apostrophe goes before what would run or be changed, and the reader takes it away."""
    cell = defuse(text)
    assert clean_cell(cell) == clean_cell(text) or clean_cell(cell) == clean_cell("'" + text)
    assert cell[:1] not in ("=", "-", "@", "|", "\uff1d") or cell.startswith("'")


@pytest.mark.parametrize(
    "cell",
    ["+33123456789", "+33 1 23", "0101", "0", "00", "123456789012", "3-4", "1/2", "3.31E+10", "(030) 12", "12 %"],
)
def test_what_a_spreadsheet_would_change_is_a_text(cell):
    """Plus signs and zeros come back, and no date is made of them; a short number that comes back anyway is left."""
    assert defuse(cell) == (cell if cell == "0" else f"'{cell}")
    assert clean_cell(defuse(cell)) == cell


@pytest.mark.parametrize("cell", ["", "1234", "12345678901", "ada@example.org", "2nd floor", "*21", "A-1"])
def test_what_comes_back_by_itself_stays_as_it_is(cell):
    assert defuse(cell) == cell


@given(st.text(st.sampled_from("='\"+ \u00a0\u200b123%ab"), max_size=12))
def test_cleaning_leaves_no_outer_blanks_and_nothing_invisible(text):
    cleaned = clean_cell(text)
    assert cleaned == cleaned.strip()
    assert "\u200b" not in cleaned
    assert "\u00a0" not in cleaned
