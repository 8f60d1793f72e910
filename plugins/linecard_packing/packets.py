"""OpenPGP by its first bytes (RFC 4880 section 4.2, RFC 9580), so that no name need be believed."""

from __future__ import annotations

_ARMOUR = b"-----BEGIN PGP "
_BOM = b"\xef\xbb\xbf"
# What stands first in a message, and the bytes that may follow its length: versions, or the kind of what is inside.
_FIRST = {
    1: b"\x02\x03\x06",  # a session key for a public key
    2: b"\x02\x03\x04\x05\x06",  # a signature, before what is signed
    3: b"\x04\x05\x06",  # a session key for a passphrase
    4: b"\x03\x06",  # the announcement of a signature
    8: b"\x00\x01\x02\x03",  # something compressed
    11: b"btul1m",  # something as it is
    18: b"\x01\x02",  # something encrypted
}


def is_message(head: bytes) -> bool:
    """Whether a file that begins so is an OpenPGP message, binary or armoured.

    A text never is taken for one, though its first letter may be 0xC3 (an accent in UTF-8), which is also the mark of
    a packet: what must follow tells them apart.
    """
    if head.removeprefix(_BOM).lstrip().startswith(_ARMOUR):
        return True
    found = _packet(head)
    return found is not None and found[0] in _FIRST and (not found[1] or found[1] in _FIRST[found[0]])


def _packet(head: bytes) -> tuple[int, bytes] | None:
    """The tag of the first packet and the first byte of its body, empty where that is cut off."""
    if len(head) < 2 or not head[0] & 0x80:
        return None
    if head[0] & 0x40:
        tag, first = head[0] & 0x3F, head[1]
        size = 1 if first < 192 or 224 <= first < 255 else 2 if first < 224 else 5
    else:
        tag, size = (head[0] & 0x3C) >> 2, (1, 2, 4, 0)[head[0] & 3]
    return tag, head[1 + size : 2 + size]
