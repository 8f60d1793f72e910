"""Bombs, and a program that reads each of them and says what it took."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from integration.packing.reading import Desk
from integration.workbook.workbooks import HEADER, MAIN, ODF, ods, ods_cell, ods_row, packed, row_xml, table, xlsx
from linecard.model.sheet import Severity
from linecard.pipeline import sheet_file

MB = 1_000_000
MOST = 30 * MB
HEAD = row_xml(HEADER)
ADA = ("attach", "ada@example.com", "hq", "1234", "")
ROW = row_xml(ADA)
ODS_HEAD, ODS_ADA = ods_row(*HEADER), ods_row(*ADA)
CELLS = ods_cell("x", 'table:number-columns-repeated="16384"')


def _whole(inner: bytes) -> bytes:
    return xlsx(b"<worksheet %b><sheetData>%b%b</sheetData></worksheet>" % (MAIN.encode(), HEAD.encode(), inner))


def _laughs(element: str) -> str:
    lines = [f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 9)]
    return f"<!DOCTYPE x [<!ENTITY l0 'ha'>{''.join(lines)}]><{element}>&l8;</{element}>"


def _members() -> bytes:
    return packed({f"xl/{n}": "" for n in range(10_001)})


def _tag() -> bytes:
    return _whole(b"<row %b/>" % b"".join(b'a%d="" ' % n for n in range(900_000)))


def _understated() -> bytes:
    """What a part says of its size is a lie."""
    data = bytearray(_whole(b" " * (20 * MB)))
    size = len(HEAD) + 20 * MB + len(f"<worksheet {MAIN}><sheetData></sheetData></worksheet>")
    return bytes(data.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))


NOT_AS = "The workbook is not as spreadsheet programs write them: {}."
LARGER = "What is packed in the file is more than 200 times larger than the file."
DOCTYPE, DEEP = NOT_AS.format("it declares a document type"), NOT_AS.format("its parts are nested deeper than 100")
LONG, WIDE = NOT_AS.format("a cell is longer than 131,072 characters"), NOT_AS.format("it has too many columns")
UNORDERED, TEXTS = NOT_AS.format("its rows are not in order"), NOT_AS.format("it has too many different texts")
DAMAGED = "The workbook was damaged or cut off in transit."
TIMES = 'table:number-rows-repeated="{}"'.format
STRING = '<row><c t="s"><v>0</v></c></row>'
LAST = row_xml(("attach", "b@example.com", "hq", "1235"), 1_048_576)
WIDE_ROW = '<row><c r="XFD{}"><v>1</v></c></row>'
BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "blanks": ("What is packed in the file is larger than 30 MB.", lambda: _whole(b" " * (40 * MB))),
    "blanks below the limit": (LARGER, lambda: _whole(b" " * (25 * MB))),
    "a size that is a lie": (DAMAGED, _understated),
    "one cell": (LONG, lambda: _whole(b"<row><c><v>%b</v></c></row>" % (b"9" * (9 * MB)))),
    "one tag": (NOT_AS.format("it has a tag that does not end"), _tag),
    "deep": (DEEP, lambda: _whole(b"<a>" * (3 * MB))),
    "deep cells": (DEEP, lambda: _whole(b"<row>" + b"<c>" * (3 * MB))),
    "cells": (WIDE, lambda: _whole(b"<row>" + b"<c/>" * (2 * MB))),
    "cells outside rows": (WIDE, lambda: _whole(b"<c/>" * (2 * MB))),
    "rows": ("", lambda: _whole(b"<row/>" * 1_048_575)),
    "rows in no order": (UNORDERED, lambda: _whole(b'<row r="9"/><row r="9"/>')),
    "more rows than there are": (UNORDERED, lambda: _whole(b'<row r="1048577"/>')),
    "the last row": ("", lambda: xlsx(HEAD + ROW + LAST)),
    "the last column": ("", lambda: xlsx(HEAD + "".join(map(WIDE_ROW.format, range(2, 50))))),
    "no column": (WIDE, lambda: xlsx(HEAD + '<row><c r="XFE2"><v>1</v></c></row>')),
    "a formula": (LONG, lambda: _whole(b"<row><c><f>%b</f></c></row>" % (b"A" * (9 * MB)))),
    "laughs": (DOCTYPE, lambda: xlsx(_laughs("worksheet").encode())),
    "laughs in strings": (DOCTYPE, lambda: xlsx(HEAD + STRING, strings=_laughs("sst").encode())),
    "laughs in the list": (DOCTYPE, lambda: xlsx(HEAD, more={"xl/workbook.xml": _laughs("workbook")})),
    "laughs in ods": (DOCTYPE, lambda: ods(more={"content.xml": _laughs(f"office:document-content {ODF}")})),
    "strings": (TEXTS, lambda: xlsx(HEAD + STRING, strings=f"<sst {MAIN}>{'<si/>' * 1_900_000}</sst>".encode())),
    "long strings": (LONG, lambda: xlsx(HEAD + STRING, strings=f"<si><t>{'x' * 9 * MB}</t></si>")),
    "members": (NOT_AS.format("it has 10,001 parts"), _members),
    "repeated rows": (LARGER, lambda: ods(table(ODS_HEAD + ods_row(*ADA, more=TIMES(1_048_570))))),
    "repeated empty rows": ("", lambda: ods(table(ODS_HEAD + ods_row(more=TIMES(1_048_570)) + ODS_ADA))),
    "repeated for ever": (DAMAGED, lambda: ods(table(ODS_HEAD + ods_row(*ADA, more=TIMES(10**11))))),
    "repeated cells": (LARGER, lambda: ods(table(ODS_HEAD + ods_row(CELLS, more=TIMES(1_000))))),
    "worksheets": (NOT_AS.format("it has too many worksheets"), lambda: ods(*[table(ODS_HEAD)] * 2_000)),
    "deep ods": (DEEP, lambda: ods(table(ODS_HEAD + ODS_ADA * 50 + "<text:p>" * MB))),
}  # fmt: skip
"""By name, why it is refused, empty where it is read, and what makes it."""


def _peak() -> int:
    """The largest resident size in MB: that of `getrusage` is inherited from the process that started this one."""
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) // 1000


def main(folder: Path) -> None:
    (folder / "state" / "plain").mkdir(parents=True)
    desk = Desk(folder / "state", folder)
    inbox = desk.inbox(MOST, workbook={})
    found: dict[str, tuple[str, float, int]] = {}
    for name in BOMBS:
        Path("/proc/self/clear_refs").write_text("5")  # which forgets the peak so far
        begun = time.process_time()
        sheet = sheet_file.open_sheet(folder / f"{name}.xlsx", inbox)
        for _ in sheet:
            pass
        seconds = time.process_time() - begun
        errors = [fault.message for fault in sheet.faults if fault.severity is Severity.ERROR]
        found[name] = (" ".join(errors), seconds, _peak())
    print(json.dumps(found))


def write(folder: Path) -> None:
    for name, (_, make) in BOMBS.items():
        (folder / f"{name}.xlsx").write_bytes(make())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
