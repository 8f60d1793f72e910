"""Limits: bytes, lines, rows, columns and cells, checked before memory is spent; quotes that are never closed."""

from __future__ import annotations

import csv
import subprocess
import sys
import threading
import tracemalloc

import pytest

from linecard.model.format import SheetFormat
from linecard.rules.check import Sheet
from unit.sheet.reading import HEADER, HQ, file, read

ROW = "attach,ada@example.com,,1234,\n"


def test_a_file_of_more_bytes_is_refused():
    size = len(HEADER + ROW)
    assert read(HEADER + ROW, max_bytes=size).codes == []
    for block in (1, 10, 1000):
        fault = read(HEADER + ROW, max_bytes=size - 1, block=block).fault
        assert (fault.line, fault.code) == (0, "too_large")


def test_more_rows_are_refused_with_the_line_of_the_first_too_many():
    """Valid or not, quick or not; comments and blank rows are no rows."""
    text = HEADER + ROW + "% x\n\n,,,,\n" + ROW.replace("attach", "atach") + "% x\n"
    assert read(text, max_rows=2).codes == ["bad_action"]
    for row in (ROW, ROW.replace("attach", "atach")):
        reading = read(text + row, max_rows=2)
        assert reading.faults[0][0:4:3] == (8, "too_many_rows")


def test_more_columns_are_refused_but_blank_ones_at_the_end_are_none():
    assert read(HEADER.strip() + ",,,,\n" + ROW, max_columns=5).codes == []
    fault = read(HEADER.strip() + ",x\n" + ROW, max_columns=5).fault
    assert (fault.line, fault.code) == (1, "too_large")


@pytest.mark.parametrize(
    "cells", ["{},ada@example.com,,1234,", "attach,ada@example.com,,1234,{}", "{},,,,", "'%{}',,,,"]
)
def test_a_longer_cell_is_refused_wherever_it_stands(cells):
    text = HEADER + ROW + cells.format("9" * 1000).replace("'", '"') + "\n"
    assert not read(text, max_cell=1001).refused
    fault = read(text, max_cell=999).fault
    assert (fault.line, fault.code) == (3, "too_large")


def test_a_column_that_is_not_read_stops_nothing():
    """However long its cells, and however many such columns; a quote that swallows rows is not taken for one."""
    text = "Action,LoginEmail,Extension,Note\nattach,ada@example.com,1234,x\nattach,ada@example.com,1235,{}\n"
    reading = read(text.format("y" * 1000), max_cell=999)
    assert ([row[0] for row in reading.valid], reading.errors) == ([2, 3], [])
    assert read(text.format('"' + "y" * 999 + "\n" + ROW * 100), max_cell=999).fault[0:4:3] == (3, "quoting")
    wide = ",".join(f"sip_setting_{n}" for n in range(200))
    reading = read(f"Action,Email,Extension,{wide}\nattach,ada@example.com,1234{',x' * 200}\n")
    assert (len(reading.valid), reading.warnings) == (1, [(1, "", "unknown_column")])


def test_sheets_that_are_read_at_once_keep_their_own_limits():
    """The csv module has one limit for the whole process; a small inbox must not cut the cells of a large one."""
    long = f"Action,LoginEmail,Extension,Note\nattach,ada@example.com,1234,{'x' * 300_000}\n" * 1
    large = SheetFormat(max_cell=400_000)
    rows = iter(Sheet([long.encode()] * 1, large, HQ))
    before = csv.field_size_limit()
    assert read(HEADER + ROW, max_cell=10).codes == ["too_large"]
    assert csv.field_size_limit() >= before
    assert next(rows).valid
    found: list[list[str]] = []

    def reads(most: int) -> None:
        found.extend(read(long, max_cell=most).codes for _ in range(20))

    threads = [threading.Thread(target=reads, args=(most,)) for most in (1000, 400_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(tuple, found)) == [()] * 20 + [("too_large",)] * 20


@pytest.mark.parametrize("block", [1, 1000, 1 << 20])
def test_a_longer_line_is_refused_wherever_the_blocks_break(block):
    form = {"max_columns": 5, "max_cell": 40}
    most = SheetFormat(**form).max_line
    assert read(HEADER + ROW + "%" * most + "\n" + ROW, block=block, **form).codes == []
    assert read(HEADER + ROW + "%" * most, block=block, **form).codes == []
    for end in ("", "\n", "\n" + ROW):
        fault = read(HEADER + ROW + "%" * (most + 1) + end, block=block, **form).fault
        assert (fault.line, fault.code) == (3, "too_large")


def test_a_quote_that_is_never_closed_refuses_the_file_and_names_its_line():
    fault = file("quote-never-closed.csv").fault
    assert (fault.line, fault.code) == (3, "quoting")
    assert fault.message == "A quote opened in line 3 is never closed."


def test_text_after_a_closing_quote_refuses_the_file():
    fault = file("text-after-quote.csv").fault
    assert (fault.line, fault.code) == (3, "quoting")
    assert "twice" in fault.remedy


def test_a_quote_that_swallows_more_than_a_cell_is_a_quote_not_closed():
    """However it ends: closed in the end, cut by the csv module, or by the end of the file."""
    for end in ('",,1234,\n', ",,1234,\n"):
        for rows in (50, 50_000):
            fault = read(HEADER + ROW + 'attach,"' + rows * ROW + end, max_cell=100).fault
            assert (fault.line, fault.code) == (3, "quoting")


@pytest.mark.parametrize("filling", [b"x", b",", b'"', b"%", b" ", b"\xc3\xa9", b"\n", b"\r", b"\0"])
def test_a_gigabyte_in_one_line_costs_no_memory(filling):
    """The stream would go on for a gigabyte; it is dropped at the first block that shows it, or read in blocks."""
    block = filling * (1 << 16)
    taken = 0

    def stream():
        nonlocal taken
        yield HEADER.encode()
        while taken < (1 << 30 if filling.strip() else 1 << 18):
            taken += len(block)
            yield block

    tracemalloc.start()
    sheet = Sheet(stream(), SheetFormat(max_bytes=1 << 40), HQ)
    rows = list(sheet)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == []
    assert peak < 20_000_000
    if filling.strip():
        assert sheet.is_refused
        assert taken <= 1 << 20


@pytest.mark.timeout(60)
@pytest.mark.parametrize("character", ["\t", " ", '"', ",", "'", "%", "="])
def test_no_character_repeated_makes_the_reader_stand_still(character):
    """Time grows with the length of a line, never with its square: in headers, rows and cells."""
    line = character * 60_000
    for head in (HEADER, HEADER.replace(",", "\t"), ""):
        for text in (f"{line}x\n", f'a{line}" x\n', f"{character}{line}", f'"{line}\n', f"a@{line}.b{line}\n"):
            read(head + text, max_cell=70_000)


PROGRAM = """
import resource, sys
from linecard.model.format import SheetFormat
from linecard.rules.check import Destinations, Sheet
from linecard.rules.numbering import NumberingPlan
list(Sheet([b"Action,LoginEmail\\n"], SheetFormat(), Destinations({"hq": NumberingPlan("FR")}, {}, "hq")))
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 48_000_000, used + 48_000_000))
block = b"attach,ada@example.com,,1234,\\n" * 30_000
def stream():
    yield b"Action,LoginEmail,PbxId,Extension,Number\\n"
    for _ in range(5):
        yield block
    for _ in range(1000):
        yield b"x" * (1 << 20)
sheet = Sheet(stream(), SheetFormat(max_bytes=1 << 40), Destinations({"hq": NumberingPlan("FR")}, {}, "hq"))
print(sum(1 for row in sheet), sheet.faults[0].line, sheet.faults[0].code)
"""


def test_rows_and_then_a_gigabyte_in_one_line_fit_into_little_memory():
    """In a process that is allowed 48 MB more than an empty sheet needs."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == ["150000", "150002", "too_large"]
