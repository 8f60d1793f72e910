"""gzip and zip, alone and around or inside OpenPGP: what comes off, and what is refused."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from integration.packing.reading import BIG, CONTAINERS, SHEET, Desk, zipped

ALL = {"gzip": {}, "zip": {}}


@pytest.fixture
def desk(tmp_path):
    """A site that needs no keys."""
    made = Desk(tmp_path / "state", tmp_path)
    yield made
    made.close()
    assert list((tmp_path / "state").glob("plain/*")) == []


def refused(desk, data: bytes, most: int = 10_000_000, **wrappings: dict) -> tuple[str, str]:
    found = desk.read(data, desk.inbox(most, **(wrappings or ALL)))
    assert len(found.codes) == 1, found
    return found.codes[0], found.messages[0]


class TestGzip:
    def test_is_known_by_its_content(self, desk):
        assert len(desk.read(gzip.compress(BIG), desk.inbox(**ALL)).rows) == 20_002

    def test_may_have_several_members_and_padding(self, desk):
        data = gzip.compress(BIG[:1000]) + gzip.compress(b"") + gzip.compress(BIG[1000:]) + b"\0" * 512
        assert len(desk.read(data, desk.inbox(**ALL)).rows) == 20_002

    def test_a_plain_sheet_is_taken_too(self, desk):
        assert len(desk.read(SHEET, desk.inbox(**ALL)).rows) == 2

    def test_a_plain_sheet_is_refused_where_packing_is_required(self, desk):
        assert refused(desk, SHEET, gzip={"required": True})[0] == "packing"

    @pytest.mark.parametrize("end", [2, 5, 10, 18, 0.5, -9, -8, -1])
    def test_cut_off_anywhere(self, desk, end):
        data = gzip.compress(BIG)
        cut = data[: int(len(data) * end) if isinstance(end, float) else end]
        assert refused(desk, cut) == ("packing", "The gzip file was cut off in transit.")

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.99995])
    def test_damaged(self, desk, share):
        data = bytearray(gzip.compress(BIG))
        data[int(len(data) * share)] ^= 0x55
        assert refused(desk, bytes(data))[0] == "packing"

    def test_followed_by_something_else(self, desk):
        assert refused(desk, gzip.compress(SHEET) + b"attach,eve@example.com,1236\n")[0] == "packing"

    def test_a_bomb_stops_by_its_ratio(self, desk):
        bomb = gzip.compress(b"," * 50_000_000)
        assert desk.size(bomb, desk.inbox(10**9, **ALL)) == "too_large"
        assert desk.size(bomb, desk.inbox(10**9, gzip={"ratio": 10_000})) == 50_000_000

    def test_a_small_sheet_may_pack_as_well_as_it_can(self, desk):
        assert desk.size(gzip.compress(b"," * 999_999), desk.inbox(**ALL)) == 999_999

    def test_a_bomb_stops_by_its_size(self, desk):
        bomb = gzip.compress(b"," * 50_000_000)
        assert desk.size(bomb, desk.inbox(2_000_000, gzip={"ratio": 10_000})) == "too_large"

    def test_a_bomb_takes_no_memory(self, desk):
        bomb = gzip.compress(b"," * 50_000_000)
        inbox = desk.inbox(10**9, gzip={"ratio": 10_000})
        tracemalloc.start()
        try:
            assert desk.size(bomb, inbox) == 50_000_000
            assert tracemalloc.get_traced_memory()[1] < 8_000_000
        finally:
            tracemalloc.stop()

    def test_too_many_members(self, desk):
        assert refused(desk, gzip.compress(b"") * 2000 + gzip.compress(SHEET))[0] == "packing"

    def test_packed_twice(self, desk):
        assert refused(desk, gzip.compress(gzip.compress(SHEET))) == (
            "packing",
            "The file is packed twice in the same way.",
        )


class TestZip:
    def test_its_one_sheet_is_taken_whatever_its_name(self, desk):
        assert len(desk.read(zipped(("Mitarbeiter/März.TXT", BIG)), desk.inbox(**ALL)).rows) == 20_002

    def test_stored_is_as_good_as_deflated(self, desk):
        assert desk.read(zipped(("a.csv", SHEET), how=zipfile.ZIP_STORED), desk.inbox(**ALL)).taken

    def test_folders_and_what_macos_adds_do_not_count(self, desk):
        data = zipped(("out/", b""), ("out/a.csv", SHEET), ("__MACOSX/out/._a.csv", b"x"))
        assert desk.read(data, desk.inbox(**ALL)).taken

    def test_a_member_without_a_name_is_taken(self, desk):
        """As 7-Zip packs its standard input; Python's ZipInfo.is_dir fails at one (3.11)."""
        assert len(desk.read((CONTAINERS / "nameless.zip").read_bytes(), desk.inbox(**ALL)).rows) == 2
        data = zipped(("", SHEET), ("__MACOSX/", b""), ("out/", b""), ("__MACOSX/._", b"x"))
        assert len(desk.read(data, desk.inbox(**ALL)).rows) == 2

    def test_a_member_without_a_name_matches_no_other_pattern(self, desk):
        data = (CONTAINERS / "nameless.zip").read_bytes()
        code, message = refused(desk, data, zip={"member": "*.csv"})
        assert (code, message) == ("packing", "The zip archive has no file that matches *.csv: (without a name).")

    @pytest.mark.parametrize(
        "junk",
        [
            *(".DS_Store", "out/.DS_Store", "out/._people.csv", "__MACOSX/out/._people.csv", "Icon\r", ".git/config"),
            *("Thumbs.db", "out\\Thumbs.db", "desktop.ini", "~$people.csv", "people.csv~", "@eaDir/people.csv/x"),
            *("$RECYCLE.BIN/x.csv", "people.csv.filepart", "people.csv.tmp"),
        ],
    )
    @pytest.mark.parametrize("member", ["*", "*.csv*"])
    def test_what_systems_and_programs_leave_beside_a_sheet_does_not_count(self, desk, junk, member):
        """The Finder packs .DS_Store, Explorer Thumbs.db."""
        data = zipped((junk, b"x"), ("out/people.csv", SHEET))
        assert len(desk.read(data, desk.inbox(zip={"member": member})).rows) == 2

    def test_what_only_looks_unfinished_is_the_sheet_where_it_stands_alone(self, desk):
        assert len(desk.read(zipped(("people.tmp", SHEET), (".DS_Store", b"x")), desk.inbox(**ALL)).rows) == 2

    def test_an_archive_of_nothing_but_junk_is_refused_with_its_names(self, desk):
        code, message = refused(desk, zipped((".DS_Store", b"x"), ("out/Thumbs.db", b"x")))
        assert (code, message) == ("packing", "The zip archive has no file that matches *: .DS_Store, out/Thumbs.db.")

    def test_several_sheets_are_refused_with_their_names(self, desk):
        code, message = refused(desk, zipped(("a.csv", SHEET), ("", SHEET), (".DS_Store", b"x")))
        assert (code, message) == ("packing", "The zip archive has 2 files that match *: a.csv, (without a name).")

    def test_the_one_that_matches_is_taken(self, desk):
        data = zipped(("readme.txt", b"x"), ("roster.csv", SHEET))
        assert desk.read(data, desk.inbox(zip={"member": "*.CSV"})).taken

    @pytest.mark.parametrize("names", [(), ("a.csv", "b.csv"), ("a.csv", "readme.txt")])
    def test_none_or_several_are_refused(self, desk, names):
        assert refused(desk, zipped(*((name, SHEET) for name in names)))[0] == "packing"

    @pytest.mark.parametrize(
        "name", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "..\\a.csv", "C:\\a.csv", "\\\\host\\a.csv", "a\nb.csv"]
    )
    def test_a_name_that_is_a_path_to_somewhere_else_is_refused(self, desk, name):
        code, message = refused(desk, zipped((name, SHEET)))
        assert (code, "path to somewhere else" in message) == ("packing", True)

    def test_an_archive_in_the_archive_is_refused(self, desk):
        assert "another archive" in refused(desk, zipped(("a.csv", zipped(("a.csv", SHEET)))))[1]

    def test_an_encrypted_archive_is_refused(self, desk):
        data = bytearray(zipped(("a.csv", SHEET)))
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + at] |= 1
        assert refused(desk, bytes(data)) == ("packing", "The zip archive is encrypted.")

    @pytest.mark.parametrize(("how", "name"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")])
    def test_other_methods_are_refused_by_name(self, desk, how, name):
        code, message = refused(desk, zipped(("a.csv", SHEET), how=how))
        assert (code, f"packed with {name}," in message) == ("packing", True)

    @pytest.mark.parametrize(("how", "said"), [(99, "is encrypted"), (9, "Deflate64"), (93, "zstd"), (77, "method 77")])
    def test_methods_that_python_cannot_write_are_refused_by_name(self, desk, how, said):
        data = bytearray(zipped(("a.csv", SHEET)))
        for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            data[data.index(mark) + at] = how
        code, message = refused(desk, bytes(data))
        assert (code, said in message) == ("packing", True)

    def test_a_workbook_is_told_as_one(self, desk):
        data = zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>"))
        assert "workbook" in refused(desk, data)[1]

    @pytest.mark.parametrize("end", [4, 30, 0.5, -22, -1])
    def test_cut_off_anywhere(self, desk, end):
        data = zipped(("a.csv", BIG))
        cut = data[: int(len(data) * end) if isinstance(end, float) else end]
        assert refused(desk, cut)[0] == "packing"

    def test_damaged(self, desk):
        data = bytearray(zipped(("a.csv", BIG)))
        data[len(data) // 2] ^= 0x55
        found = desk.read(bytes(data), desk.inbox(**ALL))
        assert found.codes == ["packing"]

    def test_a_wrong_check_sum_is_damage(self, desk):
        data = bytearray(zipped(("a.csv", SHEET)))
        for mark, at in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
            data[data.index(mark) + at] ^= 0xFF
        assert refused(desk, bytes(data))[0] == "packing"

    def test_a_bomb_stops_by_its_ratio_or_size(self, desk):
        bomb = zipped(("a.csv", b"," * 50_000_000))
        assert desk.size(bomb, desk.inbox(10**9, **ALL)) == "too_large"
        assert desk.size(bomb, desk.inbox(3_000_000, zip={"ratio": 10_000})) == "too_large"
        assert desk.size(bomb, desk.inbox(10**9, zip={"ratio": 10_000})) == 50_000_000

    @pytest.mark.parametrize("lie", [100, 2**31])
    def test_a_size_that_the_archive_lies_about_helps_nobody(self, desk, lie):
        data = bytearray(zipped(("a.csv", b"," * 50_000_000)))
        at = data.index(b"PK\x01\x02")
        data[at + 20 : at + 24] = struct.pack("<I", lie)  # what it is packed into, from which the ratio is taken
        assert desk.size(bytes(data), desk.inbox(3_000_000, **ALL)) in ("too_large", "packing")

    def test_a_directory_of_many_members_takes_no_memory(self, desk):
        entry = b"PK\x01\x02" + b"\0" * 24 + struct.pack("<H", 1) + b"\0" * 16 + b"a"
        directory = entry * 200_000
        end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, len(directory), 4, 0)
        data = b"PK\x03\x04" + directory + end
        inbox = desk.inbox(50_000_000, **ALL)
        tracemalloc.start()
        try:
            assert desk.read(data, inbox).codes == ["packing"]
            assert tracemalloc.get_traced_memory()[1] < 12_000_000
        finally:
            tracemalloc.stop()


class TestOneInAnother:
    def test_zip_in_gzip_and_gzip_in_zip(self, desk):
        assert desk.read(gzip.compress(zipped(("a.csv", BIG))), desk.inbox(**ALL)).taken
        assert desk.read(zipped(("a.csv.gz", gzip.compress(BIG))), desk.inbox(**ALL)).taken

    def test_what_the_inbox_does_not_name_stays_on(self, desk):
        found = desk.read(gzip.compress(SHEET), desk.inbox(zip={}))
        assert found.codes == ["packing"]

    def test_nothing_is_opened_where_the_inbox_names_nothing(self, desk):
        assert desk.read(gzip.compress(SHEET), desk.inbox()).codes == ["packing"]

    def test_a_sheet_that_begins_like_nothing_known_is_read_as_it_is(self, desk):
        raw = zlib.compress(SHEET)
        assert desk.read(raw, desk.inbox(**ALL)).codes == ["encoding"]


def test_in_and_around_openpgp(town, tmp_path):
    """zip in PGP, gzip in PGP, PGP in gzip: each comes off, and where encryption is needed it is needed."""
    desk = Desk(town.state, tmp_path)
    inbox = desk.inbox(pgp={"signers": [town.hr.key]}, **ALL)
    for inner in (zipped(("a.csv", BIG)), gzip.compress(BIG)):
        assert len(desk.read(town.hr.writes(inner, town.site.key, sign=True), inbox).rows) == 20_002
    outer = town.hr.writes(BIG, town.site.key, sign=True)
    assert len(desk.read(gzip.compress(outer), inbox).rows) == 20_002
    assert len(desk.read(zipped(("a.pgp", outer)), inbox).rows) == 20_002
    assert desk.read(gzip.compress(SHEET), inbox).codes == ["not_encrypted"]
    assert desk.read(gzip.compress(outer)[:-500], inbox).codes == ["packing"]
    desk.close()
