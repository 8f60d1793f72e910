"""OpenPGP by its first bytes (RFC 4880 section 4.2, RFC 9580), so that no name need be believed."""

from __future__ import annotations

import base64
import binascii
import re
from enum import StrEnum
from typing import NamedTuple


class PgpKind(StrEnum):
    """What begins like OpenPGP."""

    ENCRYPTED = "encrypted"
    MESSAGE = "message"  # signed, or no more than a container
    KEY = "key"
    SECRET_KEY = "secret key"  # noqa: S105 - no password
    SIGNATURE = "signature"
    PART = "part"  # of an armoured message in several files


class Packet(NamedTuple):
    """The head of a packet: where its body begins, how long that is (None: told in parts, or up to the end)."""

    tag: int
    start: int
    length: int | None


_ARMOUR = re.compile(rb"(?:\xef\xbb\xbf)?\s*-----BEGIN PGP ([A-Z ]+)(, PART \d+)?")
_ARMOURED = {
    b"PUBLIC KEY BLOCK": PgpKind.KEY,
    b"PRIVATE KEY BLOCK": PgpKind.SECRET_KEY,
    b"SECRET KEY BLOCK": PgpKind.SECRET_KEY,
    b"SIGNATURE": PgpKind.SIGNATURE,
}
_MARKER, _PADDING, _UNPROTECTED, _LITERAL = 10, 21, 9, 11
# What stands first, and the bytes that may follow its length: versions, or the kind of what is inside. Control bytes,
# so that no text is taken for a message, though its first letter may be 0xC3 or 0x90 (an accent), the mark of a packet.
_FIRST = {
    1: (b"\x02\x03\x06", PgpKind.ENCRYPTED),  # a session key for a public key
    2: (b"\x02\x03\x04\x05\x06", PgpKind.MESSAGE),  # a signature, before what is signed
    3: (b"\x04\x05\x06", PgpKind.ENCRYPTED),  # a session key for a passphrase
    4: (b"\x03\x06", PgpKind.MESSAGE),  # the announcement of a signature
    5: (b"\x02\x03\x04\x05\x06", PgpKind.SECRET_KEY),
    6: (b"\x02\x03\x04\x05\x06", PgpKind.KEY),
    8: (b"\x00\x01\x02\x03", PgpKind.MESSAGE),  # something compressed
    18: (b"\x01\x02", PgpKind.ENCRYPTED),
    20: (b"\x01", PgpKind.ENCRYPTED),  # with OCB or EAX, as gpg 2.3 and rnp write it
}
_TEXT_CONTROLS = b"\t\n\r\f\x1a\0"


def detect_openpgp(head: bytes) -> PgpKind | None:
    """What a file that begins so is in OpenPGP, binary or armoured; None for anything else, such as a text."""
    armour = _ARMOUR.match(head)
    if armour is not None:
        return PgpKind.PART if armour[2] else _ARMOURED.get(armour[1], _armoured_message(armour[1]))
    at = preamble_length(head)
    if at >= len(head):
        return PgpKind.ENCRYPTED if at and (at == _size_of_marker(head) or _is_random(head)) else None
    packet = _packet(head, at)
    if packet is None:
        return None
    body = head[packet.start :]
    if packet.tag in _FIRST:
        allowed, kind = _FIRST[packet.tag]
        return kind if body[:1] in allowed else None  # a head that ends before its body tells no more
    if packet.tag == _LITERAL:
        return PgpKind.MESSAGE if _is_literal(body) else None
    if packet.tag == _UNPROTECTED:
        return PgpKind.ENCRYPTED if packet.length != 0 and _is_random(body) else None
    return None


def preamble_length(head: bytes) -> int:
    """How many bytes of marker and padding packets stand before the first packet that says something.

    May be more than there are in `head`: padding can be long.
    """
    at = 0
    while at < len(head):
        packet = _packet(head, at)
        if packet is None or packet.length is None:
            return at
        is_marker = packet.tag == _MARKER and b"PGP".startswith(head[packet.start : packet.start + 3])
        if not (is_marker and packet.length == 3) and packet.tag != _PADDING:
            return at
        at = packet.start + packet.length
    return at


def key_version(content: bytes) -> int | None:
    """The version of the first key in a file of keys, armoured or not; None where there is none."""
    head = _strip_armour(content) if _ARMOUR.match(content) else content
    packet = _packet(head, preamble_length(head))
    if packet is None or packet.tag not in (5, 6) or packet.start >= len(head):
        return None
    return head[packet.start]


def _strip_armour(content: bytes) -> bytes:
    """The first bytes of what is armoured; no check sum is looked at."""
    _, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    line = body.lstrip().partition(b"\n")[0].strip()
    try:
        return base64.b64decode(line[: len(line) // 4 * 4])
    except binascii.Error:
        return b""


def _armoured_message(label: bytes) -> PgpKind:
    return PgpKind.MESSAGE if label.startswith(b"SIGNED") else PgpKind.ENCRYPTED


def _size_of_marker(head: bytes) -> int:
    return 5 if head[:5] in (b"\xca\x03PGP", b"\xa8\x03PGP") else -1


def _is_literal(body: bytes) -> bool:
    """Whether this is something as it is: its form, a name with its length before it, and a time in four bytes."""
    if not body[1:]:
        return body in b"btul1m"
    length = body[1]
    return (
        body[:1] in b"btul1m" and length < 0x20 and any(b < 0x20 and b not in b"\t\n\r" for b in body[1 : 6 + length])
    )


def _is_random(data: bytes) -> bool:
    """Whether bytes are those of a cipher, and no text: they are not UTF-8, and control bytes are among them."""
    if not any(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in data):
        return False
    try:
        data[:-4].decode()
    except UnicodeDecodeError:
        return True
    return False


def _packet(head: bytes, at: int) -> Packet | None:
    """The packet that begins there; None where none does."""
    first = head[at : at + 6]
    if len(first) < 2 or not first[0] & 0x80:
        return None
    if not first[0] & 0x40:
        size = (1, 2, 4, 0)[first[0] & 3]
        length = int.from_bytes(first[1 : 1 + size]) if size else None
        return Packet((first[0] & 0x3C) >> 2, at + 1 + size, length)
    tag, code = first[0] & 0x3F, first[1]
    if code < 192:
        return Packet(tag, at + 2, code)
    if code < 224:
        return Packet(tag, at + 3, ((code - 192) << 8) + first[2] + 192 if first[2:] else None)
    if code < 255:
        return Packet(tag, at + 2, None)
    return Packet(tag, at + 6, int.from_bytes(first[2:6]))
