"""A file that is no text is refused as what it is, with the remedy; no text is taken for such a file."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linecard.languages import wording
from linecard.languages.stored_sentences import match_sentence
from linecard.rules.containers import containers, detect_container, has_volume_name
from linecard.rules.settings import find_setting
from unit.sheet.reading import HEADER, read


def archive(*names: str) -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as packed:
            for name in names:
                packed.writestr(name, HEADER)
        return file.getvalue()


@pytest.mark.parametrize(
    ("data", "what", "remedy"),
    [
        (b"-----BEGIN PGP MESSAGE-----\n\nhF4D\n", "PGP", "open: {pgp: {}}"),
        (b"\x84\x5e\x03" + bytes(61), "PGP", "open: {pgp: {}}"),  # ECDH, as gpg writes it
        (b"\x85\x01\x0c\x03" + bytes(60), "PGP", "open: {pgp: {}}"),  # RSA
        (b"\xc1\xc0\x4c\x03" + bytes(60), "PGP", "open: {pgp: {}}"),  # RSA, as others write it
        (b"\x8c\x0d\x04\x09" + bytes(60), "PGP", "open: {pgp: {}}"),  # a passphrase
        (gzip.compress(HEADER.encode(), mtime=0), "gzip", "open: {gzip: {}}"),
        (archive("sheet.csv"), "zip archive", "open: {zip: {}}"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "workbook", "open: {workbook: {}}"),
        (archive("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "workbook", "open: {workbook: {}}"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), "Excel workbook", "CSV UTF-8"),
    ],
    ids=["armour", "ecdh", "rsa", "old rsa", "passphrase", "gzip", "zip", "xlsx", "ods", "xls"],
)
def test_a_file_that_is_no_text_is_told_as_what_it_is(data, what, remedy):
    """An inbox that does not open such files says what came, and what to do."""
    fault = read(data).fault
    assert (fault.line, fault.code) == (0, "packing")
    assert what in fault.message
    assert remedy in f"{fault.remedy} {find_setting(fault)}"
    assert "`" not in fault.remedy


@pytest.mark.parametrize("container", containers(), ids=lambda container: container.what)
def test_what_is_said_of_each_is_translated(container):
    for sentence in (container.sentence, container.sentence_inside):
        text, facts = match_sentence(sentence)
        assert "{said}" in text
        assert match_sentence(facts["said"]) == (container.what, {})
    assert match_sentence(container.remedy) is not None


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "Le fichier est une archive 7z ; il ne peut pas être lu tel quel."),
        ("de", "Die Datei ist ein 7z-Archiv; so kann sie nicht gelesen werden."),
        ("es", "El archivo es un archivo 7z; no se puede leer tal como está."),
        ("pt", "O ficheiro é um arquivo 7z; não pode ser lido tal como está."),
    ],
)
def test_it_is_said_in_the_reader_s_language(language, said):
    assert wording(language).translate_stored(detect_container(b"7z\xbc\xaf\x27\x1c\0\4").sentence) == said


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp850", "utf-16"])
@given(st.text(st.characters(min_codepoint=32, exclude_categories=("C",)), max_size=80))
def test_a_text_is_never_taken_for_one(encoding, text):
    """Not even one that begins with an accent in an old encoding, whose byte is the mark of a packet too."""
    assume(not text.lstrip().startswith(("{", "[", "<")))  # JSON and markup are texts, too, and named
    data = text.replace("-----BEGIN", "").encode(encoding, "ignore")
    assert detect_container(data) is None
    assert detect_container((data + b"\r\n") * 300) is None


HEADS = [
    *("Éxtension;LoginEmail", "Überschrift;Nebenstelle", "ÃÂ;Ç", "Õ;Õ", "Ğ;Şirket", "Фамилия;Номер", "内線;電子"),
    *("PK;7z;Rar!", "BZh9;x", "MZ;y", "LZIP;z", "ustar ;a", "070701;b", "%;PDF", "<;html", "Salted__;c", "(µ/ý;d"),
]


@pytest.mark.parametrize("name", ["people.csv", "people.7z.002", "people.z01", "people.part2.rar"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "cp1251", "cp850", "koi8-r"])
@pytest.mark.parametrize("head", HEADS)
def test_no_sheet_is_taken_for_one_by_its_first_letters_or_its_name(head, encoding, name):
    data = f"{head}\r\nattach;ada@example.com\r\n".encode(encoding, "replace") * 20
    assert detect_container(data[:512], name=name, tail=data[-22:]) is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "people.z01",
            "PEOPLE.Z99",
            "people.zx01",
            "people.zip.001",
            "people.7z.12",
            "people.tar.gz.aa",
            "a.rar.part1",
        ),
        *("people.part1.rar", "people.part0002.rar", "people.r00", "people.csv.gpg.001"),
    ],
)
def test_a_name_of_a_volume(name):
    assert has_volume_name(name)


@pytest.mark.parametrize(
    "name", ["people.csv", "people.zip", "people.001", "people.csv.001", "a.7z", "r01", "people.rar", "people.z1", ""]
)
def test_a_name_of_no_volume(name):
    assert not has_volume_name(name)


@pytest.mark.parametrize(
    "data", [b"<?xml version='1.0'?><office:document>", b"TABLE\n0,1\n", bytes.fromhex("d0cf11e0a1b11ae1")]
)
def test_no_setting_reads_what_no_opener_reads(data):
    """A flat workbook is none of those that `workbook` opens."""
    fault = read(data + bytes(504) if data[0] > 127 else data).fault
    assert (fault.code, find_setting(fault)) == ("packing", "")
