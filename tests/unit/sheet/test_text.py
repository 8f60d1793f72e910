"""From bytes to lines: where a file is wrong is said to the byte and the line, wherever its blocks break."""

from __future__ import annotations

import pytest

from linecard.model.format import SheetFormat
from linecard.rules.containers import HEAD
from linecard.rules.text import Lines, Refused

ROW = "attach,ada@example.com,,1234,"


def lines(data, block=1 << 20, **form):
    data = data if isinstance(data, list) else [data[at : at + block] for at in range(0, len(data), block)]
    return list(Lines(data, SheetFormat(**form)))


def refused(data, block=1 << 20, **form):
    with pytest.raises(Refused) as caught:
        lines(data, block, **form)
    assert str(caught.value) == caught.value.fault.message
    return caught.value.fault


@pytest.mark.parametrize("block", [1, 7, 50, 1000, HEAD + 1, 1 << 20])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("count", [1, 41, 4000])
def test_line_and_offset_of_a_bad_byte_in_the_middle(block, end, count):
    if block == 1 and count == 4000:
        pytest.skip("long, and the same as with seven bytes")
    rows = (ROW + end).encode()
    data = count * rows + b"attach,zo\xe9@example.com" + end.encode() + 40 * rows
    fault = refused(data, block)
    assert fault.line == count + 1
    assert f"byte 0xe9 at offset {data.index(0xE9)} (line {count + 1})" in fault.message
    assert fault.value == "e9"
    assert fault.message.startswith("The file is not UTF-8: ")


def test_a_line_end_that_two_blocks_share_is_one():
    """The block ends behind the CR, and the bad byte stands in the next."""
    first = (ROW + "\r\n").encode() * (HEAD // 20)
    data = [first[:-1], b"\nattach,zo\xe9x\r\n"]
    assert refused(data).line == first.count(b"\r") + 1
    assert refused([first[:-1], b"attach,zo\xe9x\r\n"]).line == first.count(b"\r") + 1


def test_a_character_that_is_cut_off_is_told_with_its_bytes():
    fault = refused("attach,zoé\nattach,王".encode()[:-1])
    assert (fault.line, fault.value) == (2, "王".encode()[:-1].hex())
    assert fault.message.startswith("The file ends in the middle of a character, at offset 19 (line 2)")


@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_a_nul_byte_is_told_with_the_first_ones_line(block):
    assert refused(b"\0" + b"a\n" * 50, block).line == 1
    assert refused(b"a\n" * 200 + b"b\0\nc\n\0\n", block).line == 201
    assert refused(b"\n" * 200 + b"\0", block).line == 201


@pytest.mark.parametrize("block", [1, 5, 1 << 20])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_line_may_be_as_long_as_the_inbox_says(block, end):
    long = "x" * 60
    whole = ("a\nb\n" + long + end).encode()
    assert lines(whole, block, max_columns=1, max_cell=57)[2].rstrip("\n") == long
    fault = refused(whole, block, max_columns=1, max_cell=56)
    assert fault.line == 3
    assert fault.value == "x" * 40
    assert fault.message == "A line is longer than 59 characters."


def test_of_a_line_without_end_no_more_is_held_than_the_inbox_allows():
    given = []

    def blocks():
        for at in range(10_000):
            given.append(at)
            yield b"x" * 1000

    with pytest.raises(Refused) as caught:
        list(Lines(blocks(), SheetFormat(max_columns=5, max_cell=997)))
    assert caught.value.fault.line == 1
    assert len(given) <= 5 + HEAD // 1000 + 2


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_a_file_may_be_as_large_as_the_inbox_says(mark, block):
    data = mark + b"abc\n" * 400
    assert len(lines(data, block, max_bytes=len(data))) == 400
    fault = refused(data, block, max_bytes=len(data) - 1)
    assert fault.line == 0
    assert fault.message.startswith("The file is larger than ")


@pytest.mark.parametrize(("text", "nul"), [("a;b\n", 1), ("\u0141b;c\n", 3)])
def test_utf16_without_its_mark_is_told_by_its_first_nul(text, nul):
    fault = refused(text.encode("utf-16-le"))
    assert (fault.line, fault.value) == (1, "00")
    assert f"at offset {nul} " in fault.message


def test_a_few_nuls_are_damage_and_no_utf16():
    """Up to a quarter of the first 64 bytes; a letter in UTF-16 has half."""
    assert refused(b"\0" * 16 + b"a" * 200).code == "nul_byte"
    assert refused(b"\0" * 17 + b"a" * 200).code == "encoding"
    assert refused(b"a" * 64 + b"\0" * 64).code == "nul_byte"


def test_without_the_mark_the_order_of_utf16_is_not_guessed():
    fault = refused("Action\n".encode("utf-16-be"), encoding="utf-16")
    assert (fault.line, fault.value) == (1, "00")
    assert fault.message.startswith("The file is not UTF-16: byte 0x00 at offset 0 (line 1)")


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "utf-8-sig", "utf_8_sig"])
def test_utf8_by_any_of_its_names(name):
    assert lines("zoé\n".encode(), encoding=name) == ["zoé\n"]
    assert refused(b"zo\xe9x\n", encoding=name).message.startswith("The file is not UTF")
