"""A file that is no text is refused as what it is, with the remedy; no text is taken for such a file."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.rules.wrapped import wrapped
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
        (archive("[Content_Types].xml", "xl/workbook.xml"), "workbook", "CSV UTF-8"),
        (archive("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "workbook", "CSV UTF-8"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), "Excel workbook", "CSV UTF-8"),
    ],
    ids=["armour", "ecdh", "rsa", "old rsa", "passphrase", "gzip", "zip", "xlsx", "ods", "xls"],
)
def test_a_file_that_is_no_text_is_told_as_what_it_is(data, what, remedy):
    """An inbox that does not open such files says what came, and what to do."""
    fault = read(data).fault
    assert (fault.line, fault.code) == (0, "packing")
    assert what in fault.message
    assert remedy in fault.hint


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp850", "utf-16"])
@given(st.text(st.characters(min_codepoint=32, exclude_categories=("C",)), max_size=80))
def test_a_text_is_never_taken_for_one(encoding, text):
    """Not even one that begins with an accent in an old encoding, whose byte is the mark of a packet too."""
    assert wrapped(text.replace("-----BEGIN", "").encode(encoding, "ignore")) is None
