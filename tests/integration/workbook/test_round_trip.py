"""What linecard has written, opened, edited and saved by the programs that people use: nothing else changes."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from acceptance.cli.terminal import Site, typed
from integration.packing.reading import Desk, Read
from integration.workbook.programs import Job, save_by_gnumeric, type_in_libreoffice
from linecard.rules.cells import clean_cell

DONE = (
    "attach,ada@example.com,,0101,+33 1 23 45 67 89",
    "attach,bo@example.com,,1002,+33123456788",
    "attach,fi@example.com,,1003,",
)
"""The first run: what the PBX holds then."""
WRONG = (
    "atach,cy@example.com,,0103,+33123456780",
    "attach,di@example.com,,0101,",
    'attach,"=1+1,|x",,1004,3-4',
    "attach,ed@example.com,,1005,+33 1 23 45 67 81",
)
"""The second run: a wrong word, an extension that somebody holds, cells that would be run; and a good row."""
CORRECTED = {"A2": "attach", "D3": "'0104", "B4": "gil@example.com", "E4": "+33 1 23 45 67 82"}
"""What a person types into the retry sheet as CSV: an apostrophe says that zeros count."""
CORRECTED_TEXT = {"A2": "attach", "D3": "0104", "B4": "gil@example.com", "E4": "+33123456782"}
"""And as a workbook, whose columns are text."""
AFTER = {
    "0101": ("ada@example.com", "+33123456789"),
    "1002": ("bo@example.com", "+33123456788"),
    "1003": ("fi@example.com", None),
    "0103": ("cy@example.com", "+33123456780"),
    "0104": ("di@example.com", None),
    "1004": ("gil@example.com", "+33123456782"),
    "1005": ("ed@example.com", "+33123456781"),
}
ZOE = {"B2": "zoe@example.com"}
SEEN = {"F2": "seen by Zoé"}
EDITS = {
    "sample.csv": ZOE,
    "members.csv": ZOE,
    "report.csv": {"E2": "seen by Zoé"},
    "retry.csv": CORRECTED,
    "undo.csv": SEEN,
    "sample.xlsx": ZOE,
    "retry.xlsx": CORRECTED_TEXT,
    "undo.xlsx": {},
    "cells.csv": {},
}
CELLS = ("+33123456789", "0101", "3/4", "+33 1 23 45 67 89", "'+33123456789", "'0101", "'3/4")
"""Of the table in docs/start.md, under a header that makes no sheet of them."""
SAVED = [*EDITS, "sample.ods", "retry.ods", "undo.ods"]
"""What LibreOffice saves; workbooks as both kinds."""


@dataclass(frozen=True)
class Desktop:
    """A site, the files that it wrote (`sent`), and these as LibreOffice has saved them (`back`)."""

    site: Site
    sent: Path
    back: Path


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Desktop:
    folder = tmp_path_factory.mktemp("desktop")
    sent, back = folder / "sent", folder / "back"
    sent.mkdir()
    back.mkdir()
    assert typed("init", folder / "site").code == 0
    site = Site(folder / "site")
    site.configure("extensions: 1000-4999", "extensions: [1000-4999, 0100-0199]")
    site.import_(*DONE)
    assert site.run("import", site.sheet(*WRONG), "--yes").code == 1
    for ending in ("csv", "xlsx"):
        assert site.run("sample", "-o", sent / f"sample.{ending}").code == 0
        workbook = ["--workbook"] * (ending == "xlsx")
        for run, form in ((2, "retry"), (1, "undo")):
            assert site.run("report", str(run), "--format", form, *workbook, "-o", sent / f"{form}.{ending}").code == 0
    assert site.run("report", "2", "--format", "csv", "-o", sent / "report.csv").code == 0
    (sent / "members.csv").write_text(site.run("members", "--sheet").out, encoding="utf-8")
    (sent / "cells.csv").write_text("".join(f"{cell}\n" for cell in CELLS), encoding="utf-8")
    jobs = [Job(sent / _sent(name), back / name, EDITS[_sent(name)]) for name in SAVED]
    type_in_libreoffice(folder, jobs)
    return Desktop(site, sent, back)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "state" / "plain").mkdir(parents=True)
    with closing(Desk(tmp_path / "state", tmp_path)) as desk:
        yield desk


def _sent(name: str) -> str:
    return name.replace(".ods", ".xlsx")


def cells(file: Path) -> list[list[str]]:
    """The cells of a CSV file; a spreadsheet pads short rows with empty ones, which are left out."""
    rows = csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""))
    return [row[: max((at for at, cell in enumerate(row, 1) if cell), default=0)] for row in rows]


def edited(rows: list[list[str]], edits: dict[str, str]) -> list[list[str]]:
    """The rows with these cells typed over; the apostrophe before what is typed says that it is a text."""
    for name, text in edits.items():
        rows[int(name[1:]) - 1][ord(name[0]) - ord("A")] = text.removeprefix("'")
    return rows


@pytest.mark.parametrize("name", [name for name in EDITS if name.endswith(".csv") and name != "cells.csv"])
def test_libreoffice_changes_no_cell_of_a_csv_file_but_those_that_were_typed(desktop: Desktop, name: str) -> None:
    assert cells(desktop.back / name) == edited(cells(desktop.sent / name), EDITS[name])


def test_the_document_says_what_they_make_of_cells_that_nobody_marked(desktop: Desktop) -> None:
    """`docs/start.md` has the table. A plus sign, zeros and what looks like a date are lost, unless they are marked."""
    by_gnumeric = save_by_gnumeric(desktop.back, desktop.sent / "cells.csv", desktop.back / "by-gnumeric.csv")
    for file in (desktop.back / "cells.csv", by_gnumeric):
        number, zeros, date, spaced, *marked = (row[0] for row in cells(file))
        assert (number, zeros, spaced) == ("33123456789", "101", "+33 1 23 45 67 89")
        assert re.search(r"\b0?[34]\b.*\b0?[34]\b", date), date
        assert date != "3/4"
        kept = [cell.removeprefix("'" if file is by_gnumeric else "") for cell in CELLS[4:]]
        assert marked == kept


@pytest.mark.parametrize("name", ["sample.csv", "retry.csv", "undo.csv", "members.csv"])
def test_gnumeric_changes_nothing_that_linecard_reads_in_a_csv_file(desktop: Desktop, desk: Desk, name: str) -> None:
    """It takes the apostrophe for its own, and keeps the text behind it."""
    back = save_by_gnumeric(desktop.back, desktop.sent / name, desktop.back / f"gnumeric-{name}")
    assert rows(desk, back) == rows(desk, desktop.sent / name)


@pytest.mark.parametrize("name", ["retry.xlsx", "sample.xlsx", "undo.xlsx"])
@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_gnumeric_changes_nothing_in_a_workbook(desktop: Desktop, desk: Desk, name: str, ending: str) -> None:
    back = save_by_gnumeric(desktop.back, desktop.sent / name, desktop.back / f"gnumeric-{name}.{ending}")
    assert rows(desk, back) == rows(desk, desktop.sent / name)


@pytest.mark.parametrize("name", [name for name in SAVED if not name.endswith(".csv")])
def test_libreoffice_changes_nothing_in_a_workbook_but_what_was_typed(desktop: Desktop, desk: Desk, name: str) -> None:
    """What is typed into its columns stays as it was typed: they are text."""
    expected = {row[0]: row for row in rows(desk, desktop.sent / _sent(name))}
    for cell, text in EDITS[_sent(name)].items():
        line = int(cell[1:])
        at = "_ABDE".index(cell[0])
        expected[line] = (*expected[line][:at], text, *expected[line][at + 1 :])
    assert rows(desk, desktop.back / name) == list(expected.values())


def rows(desk: Desk, file: Path) -> list[tuple[object, ...]]:
    """Line, action, login, extension and number of each row as linecard reads them."""
    read: Read = desk.read(file.read_bytes(), desk.inbox(workbook={}), name=file.name)
    assert read.codes == [], read.messages
    return [
        (row.line, *(clean_cell(str(cell)) for cell in (row.action, row.member, row.extension, row.number)))
        for row in read.rows
    ]


@pytest.mark.parametrize("name", ["retry.csv", "retry.xlsx", "retry.ods"])
def test_a_retry_sheet_that_was_corrected_in_libreoffice_is_done(desktop: Desktop, tmp_path: Path, name: str) -> None:
    site = copy_of(desktop.site, tmp_path)
    assert site.run("import", desktop.back / name, "--yes").code == 0
    assert site.holds() == AFTER


@pytest.mark.parametrize("name", ["undo.csv", "undo.xlsx", "undo.ods"])
def test_an_undo_sheet_that_libreoffice_has_saved_rolls_back(desktop: Desktop, tmp_path: Path, name: str) -> None:
    site = copy_of(desktop.site, tmp_path)
    assert site.run("import", desktop.back / name, "--yes").code == 0
    assert {extension: held for extension, held in site.holds().items() if held != (None, None)} == {
        "1005": AFTER["1005"]
    }


def test_who_holds_what_as_a_sheet_asks_for_nothing_but_what_was_typed(desktop: Desktop) -> None:
    """Zoé is typed over the holder of the first extension, which is refused."""
    plan = desktop.site.run("plan", desktop.back / "members.csv", "--json").json
    assert [(row["member"], row["outcome"]) for row in plan["rows"]] == [
        ("zoe@example.com", "refused"),
        *((member, "unchanged") for member in ("bo@example.com", "fi@example.com", "ed@example.com")),
    ]


def copy_of(site: Site, folder: Path) -> Site:
    shutil.copytree(site.folder, folder / "site")
    return Site(folder / "site")
