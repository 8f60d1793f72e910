"""Workbooks in OpenDocument (ISO 26300): .ods, row by row. What people see stands in the file beside each value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from linecard_workbook.archive import PROTECTED, SMALL, UNPROTECT, Archive
from linecard_workbook.number_formats import general
from linecard_workbook.parts import DEEPEST, Parser, check_text, too_deep
from linecard_workbook.refusals import damage, odd, refuse, refuse_other
from linecard_workbook.table import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, TableRow, Worksheet, formula

CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _TEXT, _STYLE = (f"{_OASIS}{name}:1.0 " for name in ("office", "table", "text", "style"))
_CELLS = frozenset({f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"})
_NAME, _STYLE_NAME = f"{_TABLE}name", f"{_TABLE}style-name"
_ROWS_REPEATED, _COLUMNS_REPEATED = f"{_TABLE}number-rows-repeated", f"{_TABLE}number-columns-repeated"
_VISIBILITY, _DISPLAY, _FORMULA = f"{_TABLE}visibility", f"{_TABLE}display", f"{_TABLE}formula"
_TYPE, _VALUE, _DATE = f"{_OFFICE}value-type", f"{_OFFICE}value", f"{_OFFICE}date-value"
_BOOLEAN, _STRING = f"{_OFFICE}boolean-value", f"{_OFFICE}string-value"
_PARAGRAPH = f"{_TEXT}p"
_BLANKS = frozenset({f"{_TEXT}tab", f"{_TEXT}line-break"})
_SPACES, _SPACES_COUNT = f"{_TEXT}s", f"{_TEXT}c"
_MOST_TABLES = 1_000
_RUN = re.compile(r"[ \t\r\n]+")
_ROOT_TAG = re.compile(rb"<([\w.-]+):document-content\s[^<>]*>")
_TABLE_PREFIX = re.compile(rb"""xmlns:([\w.-]+)=["']""" + re.escape(f"{_OASIS}table:1.0".encode()) + rb"""["']""")
_NO_DIGIT = re.compile(r"[^0-9]+")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:[,.' \u00a0\u202f\u2019][0-9]{3})+")


class Ods:
    """One workbook. Its worksheets stand one after another in one part."""

    has_macros = False  # they are there in nearly every file, as an empty library, and never run

    def __init__(self, archive: Archive, most: int) -> None:
        self._archive = archive
        if not {CONTENT, _MANIFEST} <= archive.names:
            raise damage()
        if "mimetype" in archive.names and b"spreadsheet" not in b"".join(archive.blocks("mimetype", 1_000)):
            refuse_other()
        if any(b"encryption-data" in block for block in _with_overlap(archive.blocks(_MANIFEST, SMALL))):
            refuse(PROTECTED, UNPROTECT)
        archive.check_sizes(CONTENT)
        tables, self._heads = _survey(archive.blocks(CONTENT), most)
        self.worksheets = tuple(Worksheet(name, is_hidden, str(at)) for at, (name, is_hidden) in enumerate(tables))

    def read_head(self, worksheet: Worksheet, most: int) -> list[TableRow]:  # noqa: ARG002 - as far as was read before
        return self._heads[int(worksheet.part)]

    def read_rows(self, worksheet: Worksheet) -> Iterator[TableRow]:
        return _Tables(int(worksheet.part), MOST_ROWS).read(self._archive.blocks(CONTENT))


def _survey(blocks: Iterator[bytes], most: int) -> tuple[list[tuple[str, bool]], list[list[TableRow]]]:
    """The worksheets, and the head of each. What follows a head is passed over as bytes, up to the next worksheet:
    a reader of all of it would take half of the time again."""
    reader = _Tables(None, most)
    root = tag = b""
    begun = b""
    for block in blocks:
        begun += block
        if not root:
            root, tag = _root(begun)  # LibreOffice's is 2 KB long, and stands in the first block
        if reader.is_over:
            found = re.search(b"<" + tag + rb"[\s>]", begun)
            if found is None:
                begun = begun[-len(tag) - 2 :]
                continue
            reader.begin_again(root)
            begun = begun[found.start() :]
        reader.read_some(begun)
        last = begun.rfind(b"<")
        begun = begun[last:] if reader.is_over and last > begun.rfind(b">") else b""  # a tag, cut by the block's end
    if not root:
        raise damage()
    return reader.tables, reader.heads


def _root(begun: bytes) -> tuple[bytes, bytes]:
    """The tags around all worksheets, of which the first says what prefixes mean, and the name of a worksheet's tag."""
    found = _ROOT_TAG.search(begun)
    prefix = _TABLE_PREFIX.search(found[0]) if found is not None else None
    if found is None or prefix is None:
        raise damage()
    around = b"<%b:body><%b:spreadsheet>" % (found[1], found[1])
    return found[0] + around, prefix[1] + b":table"


class _Repeated(NamedTuple):
    row: TableRow
    times: int


class _Tables:
    """The worksheets of a part being read: rows of the wanted one, or the heads of all, as far as row `most`."""

    def __init__(self, wanted: int | None, most: int) -> None:
        self.tables: list[tuple[str, bool]] = []
        self.heads: list[list[TableRow]] = []
        self._wanted, self._most = wanted, most
        self._rows: list[_Repeated] = []
        self._held: list[str] = []
        self._hidden: set[str] = set()
        self.is_over = False
        self._parser = self._make_parser()

    def read(self, blocks: Iterator[bytes]) -> Iterator[TableRow]:
        for _ in self._parser.feed_all(blocks):
            check_text(self._held)
            for row, times in self._rows:
                yield row
                for more in range(1, times):
                    yield row._replace(number=row.number + more)
            self._rows.clear()
            if self.is_over:
                return

    def read_some(self, block: bytes) -> None:
        """Read as far as the head of a worksheet, or to its end; what follows in the block is read for nothing."""
        self._parser.feed(block)
        check_text(self._held)

    def begin_again(self, root: bytes) -> None:
        """Read on from the tag of another worksheet; `root` are the tags around all of them."""
        self.is_over = False
        self._parser = self._make_parser()
        self._parser.feed(root)

    def _make_parser(self) -> Parser:
        rows, held, hidden = self._rows, self._held, self._hidden
        cells: list[str] = []
        attributes: dict[str, str] = {}
        is_row_hidden = in_cell = is_wanted = False
        depth = tables = skipped = number = times = ahead = count = 0
        style = ""

        def start_element(name: str, said: dict[str, str]) -> None:
            nonlocal depth, tables, skipped, number, times, ahead, attributes, style, in_cell, is_wanted, is_row_hidden
            depth += 1
            if depth > DEEPEST:
                too_deep()
            if skipped:
                return
            if name in _CELLS:
                attributes, in_cell = said, True
            elif in_cell:
                if name == _PARAGRAPH:
                    if held:
                        held.append(" ")
                    text_of.CharacterDataHandler = held.append
                elif name in _BLANKS:
                    held.append(" ")
                elif name == _SPACES:
                    held.append(" " * _times(said.get(_SPACES_COUNT), 1_000))
                elif not name.startswith(_TEXT):  # a comment or a drawing, perhaps with text of its own
                    skipped = depth
                    text_of.CharacterDataHandler = None
            elif name == _ROW:
                number += times
                times, ahead = _times(said.get(_ROWS_REPEATED), MOST_ROWS), 0
                is_row_hidden = said.get(_VISIBILITY, "visible") != "visible"
            elif name == _TABLE_ELEMENT:
                self.tables.append((said.get(_NAME, ""), said.get(_STYLE_NAME) in hidden))
                self.heads.append([])
                if len(self.tables) > _MOST_TABLES:
                    raise odd("it has too many worksheets")
                number, times, self.is_over = 1, 0, False
                is_wanted = self._wanted in (None, len(self.tables) - 1)
            elif name == _STYLE_ELEMENT:
                style = said.get(f"{_STYLE}name", "")
            elif name == _TABLE_STYLE and said.get(_DISPLAY) == "false":
                hidden.add(style)

        def end_element(name: str) -> None:
            nonlocal depth, skipped, ahead, count, in_cell, is_wanted
            depth -= 1
            if skipped:
                if depth < skipped:
                    skipped = 0
            elif name == _PARAGRAPH:
                text_of.CharacterDataHandler = None
            elif name in _CELLS:
                in_cell = False
                text = held[0] if len(held) == 1 else "".join(held)
                held.clear()
                if attributes:
                    shown, repeated = _cell(attributes, text)
                else:
                    shown, repeated = text, 1
                if shown and is_wanted:
                    if ahead:
                        cells.extend([""] * min(ahead, MOST_COLUMNS))
                        ahead = 0
                    cells.extend([shown] * min(repeated, MOST_COLUMNS))
                    if len(cells) > MOST_COLUMNS:
                        raise odd("it has too many columns")
                else:
                    ahead += repeated
            elif name == _ROW:
                if cells:
                    count += len(cells) * times
                    if count > MOST_CELLS or number + times - 1 > MOST_ROWS:
                        raise odd("it has too many rows")
                    row = TableRow(number, cells.copy(), is_row_hidden)
                    cells.clear()
                    if self._wanted is None:
                        self.heads[-1].append(row)
                        if number > self._most:
                            is_wanted = False
                            self.is_over = True
                    else:
                        rows.append(_Repeated(row, times))
            elif name == _TABLE_ELEMENT and self._wanted == len(self.tables) - 1:
                self.is_over = True

        to = Parser(start_element, end_element)
        text_of = to.expat
        return to


_ROW, _TABLE_ELEMENT = f"{_TABLE}table-row", f"{_TABLE}table"
_STYLE_ELEMENT, _TABLE_STYLE = f"{_STYLE}style", f"{_STYLE}table-properties"


def _times(said: str | None, most: int) -> int:
    if said is None:
        return 1
    if not said.isdigit() or len(said) > 10:
        raise damage()
    return min(int(said), most)


def _cell(said: dict[str, str], text: str) -> tuple[str, int]:
    """What is seen in a cell, and how many such cells there are."""
    repeated = said.get(_COLUMNS_REPEATED)
    times = 1 if repeated is None else _times(repeated, MOST_COLUMNS)
    if "\n" in text or "  " in text:
        text = _RUN.sub(" ", text)
    kind = said.get(_TYPE)
    if kind == "string":
        return text or said.get(_STRING, ""), times
    if kind == "float" or kind == "currency":  # noqa: PLR1714 - asked for each number
        return _number(said.get(_VALUE, ""), text), times
    if kind is None:
        return (formula(said[_FORMULA]) if not text and _FORMULA in said else text), times
    if kind == "date":
        return said.get(_DATE, text).replace("T", " ").removesuffix(" 00:00:00"), times
    if kind == "boolean":
        return said.get(_BOOLEAN, text).upper(), times
    return text, times


def _number(value: str, text: str) -> str:
    """The text of a number where it has all digits of the value; Gnumeric shows `3.31E+10` of 33123456789."""
    if text == value and text.isdigit():
        return general(text)
    plain = general(value)
    if not plain.isdigit() or _THOUSANDS.fullmatch(text):
        return plain
    return text if _NO_DIGIT.sub("", text).lstrip("0") == plain.lstrip("0") else plain


def _with_overlap(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks, each with the end of the one before it."""
    before = b""
    for block in blocks:
        yield before + block
        before = block[-64:]
