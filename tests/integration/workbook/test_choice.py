"""Which worksheet is the sheet, and which workbooks are not read at all."""

from __future__ import annotations

import io
import zipfile

import pytest

from integration.workbook.workbooks import HEADER, SHEET_ODS, by_openpyxl, ods, ods_row, packed, row_xml, table, xlsx

ADA = ("attach", "ada@example.com", "hq", "1234", "")
PEOPLE, NOTES = ("People", [HEADER, ADA]), ("Notes", [("Ask Ada",), ("Action", "what to do")])


def hide(*names):
    def change(book):
        for name in names:
            book[name].sheet_state = "hidden"

    return change


def test_the_worksheet_with_the_header_is_read_and_the_others_are_named(read):
    done = read(by_openpyxl(NOTES, PEOPLE))
    assert [row.extension for row in done.rows] == ["1234"]
    assert done.messages == ["Only the worksheet People was read, not Notes."]


def test_one_that_lacks_a_column_is_better_than_none(read):
    done = read(by_openpyxl(NOTES, ("People", [("Action", "Extension"), ("attach", "1234")])))
    assert done.codes == ["missing_column"]


def test_two_that_fit_are_refused_by_name(read):
    done = read(by_openpyxl(PEOPLE, ("Old", [HEADER, ADA])))
    assert (done.codes, done.messages) == (
        ["workbook"],
        ["Several worksheets have the header of a sheet: People, Old."],
    )


def test_several_of_which_none_fits_are_refused_by_name(read):
    done = read(by_openpyxl(NOTES, ("More", [("x",)])))
    assert (done.codes, done.messages) == (["workbook"], ["No worksheet has the header of a sheet: Notes, More."])


def test_a_hidden_one_is_not_meant_unless_it_is_named(read):
    data = by_openpyxl(PEOPLE, ("Old", [HEADER, ADA, ADA]), change=hide("Old"))
    assert len(read(data).rows) == 1
    assert len(read(data, sheet="old").rows) == 2
    alone = by_openpyxl(("Blank", []), PEOPLE, change=hide("People"))
    assert read(alone).messages == ["All worksheets with anything in them are hidden: People."]
    style = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    rows = ods_row(*HEADER) + ods_row(*ADA)
    tables = table(rows, name="Old", style="ta2"), table(rows)
    assert len(read(ods(*tables, styles=style)).rows) == 1
    assert read(ods(*tables)).codes == ["workbook"]


def test_worksheets_behind_a_long_one_are_seen(read):
    """What follows the head of one is passed over, up to the tag of the next, wherever a block ends."""
    rows = ods_row(*HEADER) + ods_row(*ADA) * 40
    for padding in range(65_536 - 300, 65_536 + 300, 7):
        size = len(ods_row(*ADA))
        long = table(rows + ods_row(*ADA) * (padding // size) + f"<!--{'x' * (padding % size)}-->")
        assert read(ods(long, table(ods_row(*HEADER), name="Other"))).messages == [
            "Several worksheets have the header of a sheet: People, Other."
        ]


def test_a_name_that_is_not_there_is_told_with_those_that_are(read):
    assert read(by_openpyxl(PEOPLE), sheet="Staff").messages == ["The workbook has no worksheet Staff; it has People."]


def test_an_empty_workbook_says_so(read):
    assert read(by_openpyxl(("People", []))).messages == ["The workbook is empty."]
    assert read(ods(table(""))).messages == ["The workbook is empty."]


def test_macros_are_never_run_and_told(read):
    done = read(xlsx(row_xml(HEADER) + row_xml(ADA), more={"xl/vbaProject.bin": b"Auto_Open"}))
    assert (len(done.rows), done.messages) == (1, ["The workbook has macros; they were not run."])


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
KIND = "The file is a workbook of the kind {}, which linecard does not read."
OTHER = "The file is a document of another kind, not a workbook."
PROTECTED = "The workbook is protected with a password."
DAMAGED = "The workbook was damaged or cut off in transit."
TEXT_ODT, MANIFEST = SHEET_ODS.replace("spreadsheet", "text"), "META-INF/manifest.xml"
LOCKED = "<x>" + " " * 70_000 + "<m:encryption-data/></x>"
MAIN_ELSEWHERE = {"_rels/.rels": '<R><R Id="a" Type="x/officeDocument" Target="word/document.xml"/></R>'}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (OLE + "Workbook".encode("utf-16-le"), KIND.format(".xls")),
        (OLE + bytes((1 << 20) - 515) + "EncryptedPackage".encode("utf-16-le"), PROTECTED),
        (packed({"[Content_Types].xml": "", "xl/workbook.bin": ""}), KIND.format(".xlsb")),
        (packed({"docProps/x": "", "Index/Document.iwa": ""}), KIND.format(".numbers")),
        (packed({"[Content_Types].xml": "", **MAIN_ELSEWHERE, "word/document.xml": ""}), OTHER),
        (packed({"mimetype": TEXT_ODT, "content.xml": "", MANIFEST: ""}), OTHER),
        (packed({"mimetype": SHEET_ODS, "content.xml": "", MANIFEST: LOCKED}), PROTECTED),
        (packed({"xl/nothing": ""}), DAMAGED),
        (xlsx(row_xml(HEADER))[:-30], DAMAGED),
        (xlsx(b"<worksheet"), DAMAGED),
        (xlsx('<row><c t="s"><v>7</v></c></row>'), DAMAGED),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named(read, data, says):
    done = read(data)
    assert (done.codes, done.messages) == (["workbook"], [says])


@pytest.mark.parametrize("data", [b"hello\n", bytes(range(128, 256)), b"a\0b", "caf\xe9\tx\n".encode("latin-1")])
@pytest.mark.parametrize("name", ["people.xlsx", "PEOPLE.ODS", "people.xls.gz"])
def test_a_file_that_only_has_the_name_of_a_workbook_is_told_so(desk, data, name):
    """Renaming a file does not make a workbook of it, and it is not blamed for its header."""
    for inbox in (desk.inbox(workbook={}), desk.inbox()):
        done = desk.read(data, inbox, name=name)
        ending = "." + name.lower().split(".")[1]
        assert done.codes == ["workbook"]
        assert done.messages == [f"The file is named {ending}, but it is no workbook, nor is it a sheet as CSV."]


def test_a_sheet_as_csv_is_read_whatever_its_name_is(desk):
    csv = b"Action,LoginEmail,Extension\nattach,ada@example.com,1234\n"
    assert len(desk.read(csv, desk.inbox(workbook={}), name="people.xlsx").rows) == 1
    misspelt = desk.read(csv.replace(b"Action", b"Acton"), desk.inbox(workbook={}), name="people.xlsx")
    assert misspelt.codes == ["missing_column"]


def test_an_archive_with_a_password_of_its_own_is_protected(read):
    """7-Zip and others can lock an .xlsx as the archive that it is."""
    data = bytearray(xlsx(row_xml(HEADER)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        at = archive.getinfo("_rels/.rels").header_offset
    central = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[at + 6] |= 1
    data[central + 8] |= 1
    assert read(bytes(data)).messages == ["The workbook is protected with a password."]
