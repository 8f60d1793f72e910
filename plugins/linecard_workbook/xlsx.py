"""Workbooks in Office Open XML (ECMA-376, transitional and strict): .xlsx and .xlsm, row by row."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from functools import cached_property

from linecard_workbook.archive import SMALL, Archive
from linecard_workbook.number_formats import BUILT_IN, Shown, general, make_renderer
from linecard_workbook.parts import DEEPEST, Parser, check_text, local, too_deep
from linecard_workbook.refusals import damage, odd, refuse_kind, refuse_other
from linecard_workbook.table import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, TableRow, Worksheet, formula

_MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main ",
    "http://purl.oclc.org/ooxml/spreadsheetml/main ",
)
_MOST_STRINGS, _MOST_TEXT = 1_000_000, 32_000_000
"""Texts that all cells share, and their characters: they are held in memory."""
_MOST_FORMATS = 100_000
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_DIGITS = "0123456789"
_BINARY = "xl/workbook.bin"


class Xlsx:
    """One workbook."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        if archive.find(_BINARY):
            refuse_kind(".xlsb")
        main = next(iter(self._targets("_rels/.rels", "", ("/officeDocument",)).values()), None)
        if main is None or archive.find(main) is None:
            raise damage()
        self._main = archive.find(main) or main
        folder, name = posixpath.split(self._main)
        if self._main.lower().startswith(("word/", "ppt/", "visio/")):
            refuse_other()
        self._parts = self._targets(f"{folder}/_rels/{name}.rels", folder, ("/worksheet", "/sharedStrings", "/styles"))
        self.has_macros = any(name.lower().endswith("vbaproject.bin") for name in archive.names)
        self._since_1904 = self._computes_later = False
        self.worksheets = tuple(self._list())

    def _targets(self, part: str, folder: str, kinds: tuple[str, ...]) -> dict[str, str]:
        """The parts that another one names, by the name it gives them, of some kinds."""
        found: dict[str, str] = {}

        def start_element(_name: str, said: dict[str, str]) -> None:
            if said.get("Type", "").endswith(kinds) and said.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, said.get("Target", "")))
                key = said.get("Id", "") if said["Type"].endswith(kinds[0]) else said["Type"].rpartition("/")[2]
                found[key] = target.lstrip("/")

        self._parse(part, start_element)
        return found

    def _parse(self, part: str, start: Callable[[str, dict[str, str]], None]) -> None:
        name = self._archive.find(part)
        if name is None:
            raise damage()
        depth = 0

        def check_depth(element: str, said: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > DEEPEST:
                too_deep()
            start(element, said)

        def end_element(_name: str) -> None:
            nonlocal depth
            depth -= 1

        for _ in Parser(check_depth, end_element).feed_all(self._archive.blocks(name, SMALL)):
            pass

    def _list(self) -> list[Worksheet]:
        found: list[Worksheet] = []

        def start_element(name: str, said: dict[str, str]) -> None:
            element = local(name)
            if element == "sheet":
                target = next((value for key, value in said.items() if local(key) == "id"), "")
                part = self._archive.find(self._parts.get(target, ""))
                if part is not None:  # else it is a chart, or a macro of another age
                    found.append(Worksheet(said.get("name", ""), said.get("state", "visible") != "visible", part))
            elif element == "workbookPr":
                self._since_1904 = said.get("date1904") in ("1", "true")
            elif element == "calcPr":
                self._computes_later = said.get("fullCalcOnLoad") in ("1", "true")

        self._parse(self._main, start_element)
        return found

    @cached_property
    def _formats(self) -> dict[str, Shown | None]:
        """How numbers are seen, by the number of the style of their cells."""
        codes: dict[str, str] = {}
        styles: list[str] = []
        inside = ""

        def start_element(name: str, said: dict[str, str]) -> None:
            nonlocal inside
            element = local(name)
            if element in ("cellXfs", "cellStyleXfs", "dxfs"):
                inside = element
            elif element == "numFmt" and inside != "dxfs":
                codes[said.get("numFmtId", "")] = said.get("formatCode", "")
            elif element == "xf" and inside == "cellXfs":
                styles.append(said.get("numFmtId", "0"))
            if len(codes) + len(styles) > _MOST_FORMATS:
                raise odd("it has too many formats")

        part = self._archive.find(self._parts.get("styles", ""))
        if part is not None:
            self._parse(part, start_element)
        built_in = {str(number): code for number, code in BUILT_IN.items()}
        known = {
            number: make_renderer(code, since_1904=self._since_1904) for number, code in {**built_in, **codes}.items()
        }
        return {str(at): known.get(number) for at, number in enumerate(styles)}

    @cached_property
    def _strings(self) -> list[str]:
        """The texts that cells share."""
        part = self._archive.find(self._parts.get("sharedStrings", ""))
        found: list[str] = []
        if part is None:
            return found
        held: list[str] = []
        of_one, of_text, of_sound = ({f"{main}{name}" for main in _MAIN} for name in ("si", "t", "rPh"))
        depth = size = 0
        is_sound = False

        def start_element(name: str, _said: dict[str, str]) -> None:
            nonlocal depth, is_sound
            depth += 1
            if depth > DEEPEST:
                too_deep()
            if name in of_text:
                to.expat.CharacterDataHandler = None if is_sound else held.append
            elif name in of_sound:
                is_sound = True

        def end_element(name: str) -> None:
            nonlocal depth, size, is_sound
            depth -= 1
            if name in of_text:
                to.expat.CharacterDataHandler = None
            elif name in of_one:
                text = held[0] if len(held) == 1 else "".join(held)
                held.clear()
                size += len(text)
                found.append(_plain(text) if "_x" in text else text)
            elif name in of_sound:
                is_sound = False

        to = Parser(start_element, end_element)
        for _ in to.feed_all(self._archive.blocks(part)):
            check_text(held)
            if len(found) > _MOST_STRINGS or size > _MOST_TEXT:
                raise odd("it has too many different texts")
        return found

    def read_head(self, worksheet: Worksheet, most: int) -> list[TableRow]:
        found: list[TableRow] = []
        for row in self.read_rows(worksheet):
            found.append(row)
            if row.number > most:
                break
        return found

    def read_rows(self, worksheet: Worksheet) -> Iterator[TableRow]:
        self._archive.check_sizes(
            worksheet.part, *filter(None, [self._archive.find(self._parts.get("sharedStrings", ""))])
        )
        reader = _Rows(self._strings, self._formats, computes_later=self._computes_later)
        for _ in reader.parser.feed_all(self._archive.blocks(worksheet.part)):
            check_text(reader.held)
            check_text(reader.of_formula)
            if len(reader.cells) > MOST_COLUMNS:
                raise odd("it has too many columns")
            yield from reader.rows
            reader.rows.clear()


class _Rows:
    """The rows of one worksheet; those that were read are put into `rows`.

    One object with a slot for each fact would take twice the time: what a cell is made of is held in variables of
    the functions that expat calls, 3 million times for 100,000 rows.
    """

    def __init__(self, strings: list[str], formats: dict[str, Shown | None], *, computes_later: bool) -> None:
        self.rows: list[TableRow] = []
        self.held: list[str] = []
        self.of_formula: list[str] = []
        self.cells: list[str] = []
        self._strings, self._formats, self._computes_later = strings, formats, computes_later
        self.parser = self._parser()

    def _parser(self) -> Parser:
        rows, held, strings, formats = self.rows, self.held, self._strings, self._formats
        columns: dict[str, int] = {}
        cell, value, formula_of, row, text, sound = (
            frozenset(f"{main}{name}" for main in _MAIN) for name in ("c", "v", "f", "row", "t", "rPh")
        )
        cells, of_formula = self.cells, self.of_formula
        number = depth = count = 0
        attributes: dict[str, str] = {}
        is_hidden = has_value = has_formula = is_sound = False

        def start_element(name: str, said: dict[str, str]) -> None:
            nonlocal number, depth, attributes, is_hidden, has_value, has_formula, is_sound
            depth += 1
            if depth > DEEPEST:
                too_deep()
            if name in cell:
                attributes = said
                has_value = has_formula = False
            elif name in value:
                has_value = True
                text_of.CharacterDataHandler = held.append
            elif name in row:
                number = _row_number(said.get("r"), number)
                is_hidden = said.get("hidden") in ("1", "true")
                cells.clear()
            elif name in formula_of:
                has_formula = True
                text_of.CharacterDataHandler = of_formula.append
            elif name in text:
                text_of.CharacterDataHandler = None if is_sound else held.append
            elif name in sound:
                is_sound = True

        def end_element(name: str) -> None:
            nonlocal depth, count, is_sound
            depth -= 1
            if name in cell:
                reference = attributes.get("r")
                if reference is not None:
                    letters = reference.rstrip(_DIGITS)
                    column = columns.get(letters)
                    if column is None:
                        column = columns[letters] = _column(letters)
                    if column != len(cells):
                        if column < len(cells):
                            raise odd("its cells are not in order")
                        cells.extend([""] * (column - len(cells)))
                if not held and not has_formula:
                    cells.append("")
                    return
                found = held[0] if len(held) == 1 else "".join(held)
                held.clear()
                kind = attributes.get("t", "n")
                if has_formula:
                    of = "".join(of_formula)
                    of_formula.clear()
                    is_due = self._computes_later and found == "0"
                    if is_due or not (found or (has_value and kind == "str")):
                        cells.append(formula(of))
                        return
                if kind == "s":
                    try:
                        at = int(found)
                        cells.append(strings[at] if at >= 0 else strings[len(strings)])
                    except (ValueError, IndexError):
                        raise damage() from None
                elif kind == "n":
                    shown = formats.get(attributes.get("s", ""))
                    cells.append(general(found) if shown is None else shown(found))
                elif kind == "b":
                    cells.append("TRUE" if found.strip() in ("1", "true") else "FALSE")
                elif kind == "d":
                    cells.append(found.strip().rstrip("Z").replace("T", " ").removesuffix(" 00:00:00"))
                else:  # str, inlineStr, e: text as it stands there
                    cells.append(_plain(found) if "_x" in found else found)
            elif name in value or name in formula_of or name in text:
                text_of.CharacterDataHandler = None
            elif name in row:
                count += len(cells)
                if count > MOST_CELLS or len(cells) > MOST_COLUMNS:
                    raise odd("it has too many cells")
                if any(cells):
                    rows.append(TableRow(number, cells.copy(), is_hidden))
                cells.clear()
            elif name in sound:
                is_sound = False

        to = Parser(start_element, end_element)
        text_of = to.expat
        return to


def _row_number(said: str | None, last: int) -> int:
    try:
        number = last + 1 if said is None else int(said)
    except ValueError:
        raise damage() from None
    if not last < number <= MOST_ROWS:
        raise odd("its rows are not in order")
    return number


def _column(letters: str) -> int:
    """The place of a column from its letters, A is 0."""
    place = 0
    for letter in letters[:4].upper():
        if not "A" <= letter <= "Z":
            raise damage()
        place = place * 26 + ord(letter) - ord("A") + 1
    if not 0 < place <= MOST_COLUMNS:
        raise odd("it has too many columns")
    return place - 1


def _plain(text: str) -> str:
    """The text with its escapes undone: `_x000D_` is a carriage return (22.9.2.19); halves of a character are left."""
    return _ESCAPE.sub(lambda found: found[0] if found[1][0] in "dD" else chr(int(found[1], 16)), text)
