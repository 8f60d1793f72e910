"""Bytes to text: UTF-8 or what the inbox names, never a guess, and a refusal says where and what it looks like."""

from __future__ import annotations

import pytest

from linecard.model.sheet import Action
from linecard.rules.settings import find_setting
from unit.sheet.reading import FILES, HEADER, file, read

ADA = (2, "attach", "ada@example.com", "hq", "1234", "+33123456789")
ZOE = (3, "attach", "zoé@example.com", "hq", "1235", "")
CHARLES = (4, "detach", "charles@example.com", "", "", "")


@pytest.mark.parametrize(
    "name",
    ["utf8.csv", "utf8-bom-crlf.csv", "cr-only.csv", "no-last-line-end.csv", "tab.tsv", "pipe.csv"],
)
def test_utf8_with_or_without_mark_and_any_line_end_is_read(name):
    """CRLF, LF and CR alone, with or without BOM, with any of the delimiters: the same rows."""
    reading = file(name)
    assert reading.valid == [ADA, ZOE, CHARLES]
    assert reading.errors == reading.warnings == []


def test_the_mark_may_stand_before_a_quoted_name():
    """The BOM is never part of the first column's name."""
    assert read('\ufeff"Action",LoginEmail,Extension\nattach,ada@example.com,1234\n').codes == []


@pytest.mark.parametrize(
    ("name", "line", "offset", "value", "likely"),
    [
        ("cp1252.csv", 3, 92, "e9", "windows-1252"),
        ("cp850.csv", 3, 94, "82", "cp850"),
        ("utf16-le.txt", 1, 0, "fffe", "utf-16-le"),
        ("utf16-be.txt", 1, 0, "feff", "utf-16-be"),
        ("utf16-no-mark.txt", 1, 1, "00", "utf-16-le"),
    ],
)
def test_another_encoding_refuses_the_file(name, line, offset, value, likely):
    """The byte, its offset, its line, and the likely encoding with the setting that would allow it."""
    fault = read(FILES / name).fault
    assert (fault.line, fault.code, fault.value) == (line, "encoding", value)
    assert f"0x{value} at offset {offset} (line {line})" in fault.message
    assert likely in fault.message.lower()
    assert f"`encoding: {likely}`" in find_setting(fault)
    assert fault.remedy == "Save it as CSV UTF-8."
    assert (FILES / name).read_bytes()[offset : offset + len(value) // 2].hex() == value


WEST = ["René", "Müller", "Ångström", "François", "Núñez", "Groß", "Zoë", "naïve", "Çelik", "Élodie", "ÉLODIE", "Søren"]


@pytest.mark.parametrize(
    ("codec", "likely", "names"),
    [
        ("cp1252", "windows-1252", [*WEST, "O\u2019Neil", "Škoda"]),
        ("mac_roman", "Mac Roman", [*WEST, "O\u2019Neil"]),
        ("cp850", "cp850", WEST),
        ("cp437", "cp850", [name for name in WEST if name != "Søren"]),
        ("cp1250", "windows-1250", ["Jiří Dvořák", "Łukasz", "Błażej"]),
        ("cp852", "cp852", ["Jiří Dvořák", "Łukasz", "Škoda"]),
        ("cp1251", "windows-1251", ["Иванов", "Пётр"]),
        ("cp866", "cp866", ["Иванов"]),
        ("koi8_r", "KOI8-R", ["Иванов", "Пётр", "ИВАНОВ"]),
        ("iso8859_5", "ISO-8859-5", ["Иванов", "Ольга Петрова"]),
        ("mac_latin2", "Mac Central European", ["Łukasz Żółć", "Lucie Černá"]),
        ("mac_greek", "Mac Greek", ["Γιώργος Παπαδόπουλος"]),
        ("cp737", "cp737", ["Γιώργος Παπαδόπουλος", "Ελένη"]),
        ("iso8859_15", "ISO-8859-15", ["Œuvre 10 €", "Škoda"]),
        ("iso8859_2", "ISO-8859-2", ["Škoda", "Łukasz Śliwa"]),
        ("cp1253", "windows-1253", ["Παπαδόπουλος", "Γιώργος", "Μαρία Νικολάου", "Ελένη", "Άννα"]),
        ("iso8859_7", "ISO-8859-7", ["Άννα Ιωάννου"]),
        ("cp1254", "windows-1254", ["Y\u0131lmaz", "Şahin", "Gökçe Ağaoğlu", "İbrahim Iş\u0131k", "Doğan", "Ayşe"]),
        ("cp1256", "windows-1256", ["محمد أحمد", "يوسف"]),
        ("cp932", "Shift-JIS", ["山田太郎", "佐藤", "髙橋", "東京支店"]),
        ("euc_jp", "EUC-JP", ["山田太郎", "佐藤", "鈴木一郎"]),
        ("gb18030", "GB18030", ["王伟", "李娜", "张伟", "欧阳娜娜"]),
        ("cp950", "Big5", ["王偉", "李娜", "陳靜"]),
        ("cp949", "EUC-KR", ["김철수", "이영희", "박지성"]),
    ],
)
def test_the_likely_encoding_is_the_one_in_which_names_are_names(codec, likely, names):
    """One name is enough. The setting that is named reads the file; cp437 and cp850 have these letters in one place."""
    for name in names:
        data = f"Action,LoginEmail,Extension,Name\nattach,ada@example.com,1234,{name}\n".encode(codec)
        fault = read(data, ignored=None).fault
        assert fault.message.endswith(f"it looks like {likely}."), name
        setting = find_setting(fault).split("`encoding: ")[1].split("`")[0]
        assert name in data.decode(setting)


@pytest.mark.parametrize(
    ("codec", "likely", "names"),
    [
        ("cp1255", "windows-1255", ["דוד כהן", "שרה לוי", "משה ישראלי"]),
        ("iso8859_9", "windows-1254", ["Y\u0131lmaz", "Çağlar", "Uğur K\u0131l\u0131ç"]),
        ("cp866", "cp866", ["Пётр", "Ольга", "Иванов"]),
        ("mac_cyrillic", "Mac Cyrillic", ["Иванов", "Ольга Петрова", "Димитър Стоянов"]),
        ("cp1251", "windows-1251", ["Шевченко", "Ольга", "ИВАНОВ"]),
    ],
)
def test_several_names_tell_what_one_may_not(codec, likely, names):
    rows = "".join(f"attach,m{at}@example.com,12{at:02},{names[at % len(names)]}\n" for at in range(30))
    fault = read(f"Action,LoginEmail,Extension,Name\n{rows}".encode(codec), ignored=None).fault
    assert fault.message.endswith(f"it looks like {likely}.")


def test_a_character_of_several_bytes_is_told_wherever_utf8_breaks():
    """The first bytes of the line may be good UTF-8 by chance, and begin in the middle of a character."""
    name = "伟女"  # of which the first is good UTF-8
    fault = read(f"Action,LoginEmail,Extension,Name\nattach,ada@example.com,1234,{name}王\n".encode("gb18030")).fault
    assert fault.message.endswith("it looks like GB18030.")


def test_bytes_that_are_words_in_no_encoding_are_not_called_one():
    fault = read(b"Action,LoginEmail,Extension,Name\nattach,ada@example.com,1234,a\xb0\xb1b\n", ignored=None).fault
    assert fault.message.endswith("(line 2).")
    assert "looks" not in fault.message


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\r\n" + 70 * "\x1a", "\r\n\x1a\r\n"])
def test_the_mark_of_dos_for_the_end_of_a_file_is_no_row(end):
    for block in (1, 1 << 20):
        reading = read(
            f"Action,LoginEmail,Extension,Number\r\nattach,ada@example.com,1234,+33123456789{end}", block=block
        )
        assert reading.valid == [ADA]
        assert reading.errors == reading.warnings == []
    assert read("\x1a").fault.code == "empty"


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("cp1252.csv", "cp1252"),
        ("utf16-le.txt", "utf-16"),
        ("utf16-le.txt", "utf-16-le"),
        ("utf16-be.txt", "utf-16"),
        ("utf16-no-mark.txt", "utf-16-le"),
        ("utf8-bom-crlf.csv", "cp1252"),
        ("utf8.csv", "utf-8-sig"),
    ],
)
def test_the_encoding_that_the_inbox_names_is_used(name, encoding):
    """And a byte order mark of UTF-8 is proof enough of UTF-8 in any inbox."""
    assert file(name, encoding=encoding).valid == [ADA, ZOE, CHARLES]


def test_utf32_is_told_from_utf16():
    text = (FILES / "utf8.csv").read_text("utf-8")
    assert read(text.encode("utf-32"), encoding="utf-32").valid == [ADA, ZOE, CHARLES]
    assert "UTF-32-LE" in read(text.encode("utf-32")).fault.message


@pytest.mark.parametrize("codec", ["cp037", "cp273", "cp500", "cp1140"])
def test_a_file_of_a_mainframe_is_named_as_that(codec):
    fault = read("Action,LoginEmail,Extension\nattach,ada@example.com,1001\n".encode(codec), ignored=None).fault
    assert fault.message.endswith("it looks like EBCDIC.")
    assert "`encoding: cp500`" in find_setting(fault)


@pytest.mark.parametrize(("name", "likely"), [("utf16-no-mark.txt", "UTF-16-LE"), ("utf8.csv", "UTF-8")])
def test_utf16_without_its_mark_is_a_fault_and_no_traceback(name, likely):
    """Python raises in the middle of the file when the order of the bytes cannot be told."""
    fault = file(name, encoding="utf-16").fault
    assert (fault.line, fault.code) == (1, "encoding")
    assert likely in fault.message


def test_a_file_cut_off_inside_a_character_says_so():
    """An upload that broke off is not blamed on the encoding."""
    fault = file("cut-off.csv").fault
    assert (fault.line, fault.code) == (3, "encoding")
    assert "cut off" in fault.message
    assert "encoding:" not in fault.remedy


@pytest.mark.parametrize("block", [1, 2, 3, 50, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_and_offset_of_a_bad_byte_are_right_wherever_the_blocks_break(block, end):
    rows = f"attach,ada@example.com,,1234,{end}".encode()
    data = HEADER.strip().encode() + end.encode() + 40 * rows + b"attach,zo\xe9"
    fault = read(data, block=block).fault
    assert fault.line == 42
    assert f"offset {data.index(0xE9)} " in fault.message


def test_lines_are_counted_in_utf16_too():
    """U+0A0A has the bytes of two line ends and is none."""
    text = HEADER + "attach,\u0a0a\u0a0a@example.com,,1234,\n"
    data = text.encode("utf-16-le") + b"\x00\xdc"
    assert read(data, encoding="utf-16-le").fault.line == 3


def test_a_nul_byte_refuses_the_file_with_its_line():
    fault = file("nul.csv").fault
    assert (fault.line, fault.code) == (3, "nul_byte")
    assert "line 3" in fault.message


@pytest.mark.parametrize("name", ["decomposed.csv", "composed.csv"])
def test_composed_and_decomposed_letters_are_the_same(name):
    """Files from a Mac may have é as two characters: in headers, actions, PBX names and addresses."""
    reading = file(name, columns={"LoginEmail": ("Adresse é",)}, actions={"fin": Action.DETACH})
    assert [row[1:4] for row in reading.valid] == [
        ("attach", "zoé@example.com", "hq"),
        ("detach", "chloé@exämple.com", ""),
    ]
