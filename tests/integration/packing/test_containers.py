"""What no inbox opens is named for what it is, wherever it comes: alone, packed, encrypted, or in volumes."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator

import pytest

from integration.packing.reading import CONTAINERS, SHEET, Desk, zipped

PACKED = {"gzip": {}, "zip": {}}


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    """A site that needs no keys."""
    made = Desk(tmp_path / "state", tmp_path)
    yield made
    made.close()
    assert list((tmp_path / "state").glob("plain/*")) == []


def tarred(form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        info = tarfile.TarInfo("people.csv")
        info.size, info.mtime = len(SHEET), 1767268800
        archive.addfile(info, io.BytesIO(SHEET))
    return out.getvalue()


def v7() -> bytes:
    """Without the mark `ustar`, as tar wrote until 1988 and `tar --format=v7` writes it."""
    head = bytearray(tarred(tarfile.USTAR_FORMAT))
    head[257:512] = bytes(255)
    head[148:156] = b"        "
    head[148:156] = b"%06o\0 " % sum(head[:512])
    return bytes(head)


def packed(name: str) -> bytes:
    return (CONTAINERS / name).read_bytes()


NAMED = {
    "7z": (packed("people.7z"), "a 7z archive"),
    "7z with a password": (packed("encrypted.7z"), "a 7z archive"),
    "xz": (packed("people.csv.xz"), "packed with xz"),
    "lzma": (packed("people.csv.lzma"), "packed with lzma"),
    "bzip2": (packed("people.csv.bz2"), "packed with bzip2"),
    "zstd": (packed("people.csv.zst"), "packed with zstd"),
    "lz4": (packed("people.csv.lz4"), "packed with lz4"),
    "tar of GNU": (tarred(tarfile.GNU_FORMAT), "a tar archive"),
    "tar of POSIX": (tarred(tarfile.PAX_FORMAT), "a tar archive"),
    "tar of old": (v7(), "a tar archive"),
    "RAR 5": (bytes.fromhex("526172211a07010009efc86f0b0105070406010180808000def570721c0202ba"), "a RAR archive"),
    "RAR 4": (bytes.fromhex("526172211a0700cf907300000d000000000000000e5c7420"), "a RAR archive"),
    "age": (b"age-encryption.org/v1\n-> X25519 abc\n", "encrypted with age"),
    "openssl": (b"Salted__" + bytes(range(64)), "encrypted with openssl"),
    "S/MIME": (bytes.fromhex("3082011306092a864886f70d010703a0820104") + bytes(64), "encrypted or signed with S/MIME"),
    "a web page": (b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n", "a web page, not CSV"),
    "a web page of XHTML": (
        b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">\n<html>\n',
        "a web page, not CSV",
    ),
    "a piece of a web page": (b"\n<!-- session over --><script>location='/login'</script>\n", "a web page, not CSV"),
    "flat ODF": (
        b'<?xml version="1.0" encoding="UTF-8"?>\n\n<office:document xmlns:office="urn:oasis:names:tc:opendocument">',
        "a workbook, not CSV",
    ),
    "XML of Excel 2003": (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n', "a workbook, not CSV"),
    "SYLK": (b'ID;PSCALC3\nB;Y2;X3\nC;Y1;X1;K"Action"\n', "a workbook, not CSV"),
    "XML": (b'<?xml version="1.0"?>\n<people><person/></people>\n', "an XML document, not CSV"),
    "JSON": (b'[\n  {"Action": "attach"}\n]\n', "JSON, not CSV"),
    "RTF": (b"{\\rtf1\\ansi Action,LoginEmail}", "a text document, not CSV"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "a PDF document, not CSV"),
}
WRAPPINGS = [name for name in NAMED if "tar" in name or name in ("7z", "xz", "bzip2", "zstd")]


@pytest.mark.parametrize("openers", [{}, PACKED], ids=["none", "gzip and zip"])
@pytest.mark.parametrize(("data", "what"), NAMED.values(), ids=NAMED)
def test_a_file_that_nothing_opens_is_named(desk, data, what, openers):
    found = desk.read(data, desk.inbox(**openers))
    assert (found.rows, found.codes) == ([], ["packing"])
    assert found.messages == [f"The file is {what}; it cannot be read as it is."]
    assert "CSV" in found.remedies[0]


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped(("people", data))], ids=["gzip", "zip"])
@pytest.mark.parametrize(("data", "what"), NAMED.values(), ids=NAMED)
def test_so_it_is_within_another(desk, data, what, pack):
    found = desk.read(pack(data), desk.inbox(**PACKED))
    assert (found.rows, found.codes) == ([], ["packing"])
    assert found.messages == [f"What is packed in the file is {what}; it cannot be read as it is."]


def test_a_packed_tar_is_named_where_gzip_is_not_opened(desk):
    found = desk.read(gzip.compress(tarred()), desk.inbox(zip={}))
    assert found.messages == ["The file is a tar archive packed with gzip; it cannot be read as it is."]


def test_a_workbook_in_a_zip_archive_in_gzip_is_a_workbook(desk):
    book = zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>"))
    assert desk.read(gzip.compress(book), desk.inbox(gzip={})).messages == [
        "What is packed in the file is a workbook, not CSV; it cannot be read as it is."
    ]
    assert "a workbook" in desk.read(zipped(("people.xlsx", book)), desk.inbox(**PACKED)).messages[0]


def test_a_member_with_no_break_spaces_in_its_name_is_a_sheet(desk):
    """It is no path to somewhere else; a French desktop sets one before the colon."""
    found = desk.read(zipped(("Arrivées\u00a0: mars 1\u202f234.csv", SHEET)), desk.inbox(**PACKED))
    assert found.messages == []
    assert len(found.rows) == len(SHEET.splitlines()) - 1


def test_in_and_instead_of_openpgp(town, tmp_path):
    """What is encrypted otherwise is not called unencrypted; how this inbox wants it is said."""
    desk = Desk(town.state, tmp_path)
    inbox = desk.inbox(pgp={}, **PACKED)
    for name in WRAPPINGS:
        data, what = NAMED[name]
        found = desk.read(town.hr.writes(data, town.site.key), inbox)
        assert found.messages == [f"What is packed in the file is {what}; it cannot be read as it is."]
    for name, remedy in (("age", "keys export"), ("7z", "keys export"), ("a web page", "browser")):
        data, what = NAMED[name]
        found = desk.read(data, inbox)
        assert (found.codes, found.messages) == (["packing"], [f"The file is {what}; it cannot be read as it is."])
        assert remedy in found.remedies[0]
    desk.close()


class TestVolumes:
    SAID = ("packing", "The file is one volume of a split archive; it cannot be read as it is.")

    def read(self, desk: Desk, data: bytes, name: str, openers: dict) -> tuple[str, str]:
        found = desk.read(data, desk.inbox(**openers), name=name)
        assert (len(found.codes), found.rows) == (1, []), found
        assert "in one piece" in found.remedies[0]
        return found.codes[0], found.messages[0]

    @pytest.mark.parametrize("openers", [{}, PACKED], ids=["none", "gzip and zip"])
    @pytest.mark.parametrize("number", ["001", "002"])
    def test_of_7_zip(self, desk, number, openers):
        """Only the first has a mark of 7z."""
        assert self.read(desk, packed(f"people.7z.{number}"), f"people.7z.{number}", openers) == self.SAID

    @pytest.mark.parametrize("openers", [{}, PACKED], ids=["none", "gzip and zip"])
    @pytest.mark.parametrize("at", [0, 1])
    @pytest.mark.parametrize("ending", ["zip.00{}", "csv.gz.00{}", "csv.gz.part{}"])
    def test_of_a_file_that_was_cut_into_pieces(self, desk, at, ending, openers):
        """By 7-Zip or split(1), which cut anywhere and add no mark."""
        rows = b"".join(b"attach,%d@example.com,\n" % (n * n * 7919) for n in range(2000))
        whole = gzip.compress(SHEET + rows) if "gz" in ending else zipped(("people.csv", SHEET + rows))
        half = len(whole) // 2
        piece = whole[:half] if at == 0 else whole[half:]
        assert self.read(desk, piece, "people." + ending.format(at + 1), openers) == self.SAID

    @pytest.mark.parametrize("openers", [{}, PACKED], ids=["none", "gzip and zip"])
    def test_of_zip(self, desk, openers):
        """`zip -s`: the first begins with the mark PK 7 8, the last is called .zip and has a number (APPNOTE 8.5)."""
        whole = zipped(("people.csv", SHEET * 50))
        end = bytearray(whole[-22:])
        end[4:8] = b"\1\0\1\0"
        assert self.read(desk, b"PK\x07\x08" + whole[:60], "people.z01", openers) == self.SAID
        assert self.read(desk, whole[40:-22] + end, "people.zip", openers) == self.SAID
        assert self.read(desk, whole[40:], "people.z02", openers) == self.SAID
        assert self.read(desk, b"PK\x03\x04" + whole[60:-22] + end, "people.zip", openers) == self.SAID

    @pytest.mark.parametrize("name", ["people.rar", "people.part1.rar"])
    @pytest.mark.parametrize(
        "head",
        [
            "526172211a0701003eaf92081101050d090c0103fc81868000c6828680001597",  # RAR 5, the first
            "526172211a0701002d47a5b11201050d0b020c0103cacf80800093d08080003a",  # RAR 5, the last
            "526172211a07005a6e7311010d00000000000000638c7422903200a68f0100c8",  # RAR 3, the first
            "526172211a0700f1fb7301000d00000000000000b43574219032007c010000c8",  # RAR 3, the last, called .r01
        ],
    )
    def test_of_rar(self, desk, head, name):
        """Its own programs wrote these heads; a flag in them says so, whatever the file is called."""
        assert self.read(desk, bytes.fromhex(head), name, PACKED) == self.SAID

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            ("people.zip.001", zipped(("people.csv", SHEET))),
            ("people.zip", b"PK00" + zipped(("people.csv", SHEET))),
            ("people.csv.gz.001", gzip.compress(SHEET)),
            ("people.z01", SHEET),
            ("people.7z.002", SHEET.decode().encode("utf-8-sig")),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_whole_file_that_is_called_like_one_is_read(self, desk, name, data):
        assert len(desk.read(data, desk.inbox(**PACKED), name=name).rows) == 2

    def test_another_fault_of_a_file_that_is_called_like_one_is_said(self, desk):
        found = desk.read(zipped(("a.csv", SHEET), ("b.csv", SHEET)), desk.inbox(**PACKED), name="people.zip.001")
        assert "2 files that match" in found.messages[0]
