"""OpenPGP is known by its first bytes, and no sheet is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.rules.openpgp import PgpKind, detect_openpgp, key_version, preamble_length

MESSAGES = {
    "a session key, old form": "85 01 8c 03 0a",
    "a short session key": "84 5e 03 e3",
    "a session key, new form": "c1 c0 4c 03",
    "a session key of RFC 9580": "c1 60 06 15",
    "a passphrase": "8c 0d 04 09",
    "a passphrase, new form": "c3 0d 04 07",
    "signed, one pass": "90 0d 03 00",
    "signed, before": "89 01 33 04 00",
    "compressed, of unknown length": "a3 02",
    "compressed, in parts": "c8 eb 01",
    "as it is": "ac 1d 62 00",
    "encrypted data": "d2 c0 0a 01",
    "cut off after its length": "85 01 8c",
    "a marker and a session key": "ca 03 50 47 50 84 5e 03 e3",
    "an old marker and a session key": "a8 03 50 47 50 84 5e 03 e3",
    "a marker alone": "ca 03 50 47 50",
    "padding and a session key": "d5 02 41 42 84 5e 03 e3",
    "padding in two parts and a session key": "d5 00 d5 01 99 84 5e 03 e3",
    "padding longer than what is seen": "d5 c1 00 99 07 fe 8a",
    "without integrity protection": "c9 30 07 99 fe 8a 01 02 03 04 05",
    "without integrity protection, of unknown length": "a7 07 99 fe 8a 01 02 03 04 05",
    "with AEAD of GnuPG": "d4 40 01 09 02 10",
}


@pytest.mark.parametrize("head", MESSAGES.values(), ids=MESSAGES)
def test_a_binary_message(head: str) -> None:
    assert detect_openpgp(bytes.fromhex(head)) is not None


KINDS = {
    b"\xc6\x33\x04\x60": PgpKind.KEY,
    b"\x98\x33\x04\x60": PgpKind.KEY,
    b"\xc6\x2a\x06\x63": PgpKind.KEY,
    b"\x94\x58\x04\x60": PgpKind.SECRET_KEY,
    b"\x88\x75\x04\x00": PgpKind.MESSAGE,
    b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n": PgpKind.KEY,
    b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n": PgpKind.SECRET_KEY,
    b"-----BEGIN PGP SIGNATURE-----\n": PgpKind.SIGNATURE,
    b"-----BEGIN PGP SIGNED MESSAGE-----\n": PgpKind.MESSAGE,
    b"-----BEGIN PGP MESSAGE-----\n": PgpKind.ENCRYPTED,
    b"-----BEGIN PGP MESSAGE, PART 2/3-----\n": PgpKind.PART,
}


@pytest.mark.parametrize(("head", "kind"), KINDS.items())
def test_what_it_is(head: bytes, kind: PgpKind) -> None:
    assert detect_openpgp(head) is kind


def test_the_version_of_a_key() -> None:
    armour = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\nComment: x\r\n\r\nxioGY4d/4xsAAAAg\r\n"
    assert [key_version(data) for data in (b"\xc6\x2a\x06\x63", b"\x98\x33\x04\x60", armour)] == [6, 4, 6]
    assert [key_version(data) for data in (b"", b"\xc6", b"\xc6\x2a", b"Action", b"-----BEGIN PGP X")] == [None] * 5


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n \n"])
@pytest.mark.parametrize("what", [b"MESSAGE", b"SIGNED MESSAGE"])
def test_an_armoured_message(before: bytes, what: bytes) -> None:
    assert detect_openpgp(before + b"-----BEGIN PGP " + what + b"-----\n\n") is not None


HEADS = [
    "Action,LoginEmail",
    "État;E-mail",
    "Âge;Poste",
    "Ação;E-mail",
    "Личный;Номер",
    "姓名,分機",
    "% Liste\n",
    '"É"',
    "",
]


@pytest.mark.parametrize("text", HEADS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "cp850", "koi8-r"])
def test_no_header_in_any_usual_encoding(text: str, encoding: str) -> None:
    assert detect_openpgp(text.encode(encoding, "replace")) is None


@given(st.text(min_size=3))
def test_no_text_in_utf_8_but_armour(text: str) -> None:
    head = text.encode()
    control = any(ord(c) < 32 and c not in "\t\r\n" for c in text[:8])
    assert control or "-----BEGIN PGP" in text or detect_openpgp(head) is None


@given(st.binary(max_size=40))
def test_any_bytes_get_an_answer(head: bytes) -> None:
    detect_openpgp(head)
    key_version(head)
    assert preamble_length(head) >= 0
