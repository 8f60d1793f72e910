"""OpenPGP messages that this gpg reads or refuses and no longer writes itself: its own, taken apart and sealed again.

The session key of a message that gpg has written is asked of gpg; what is put together here is then sealed with it.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:
    CFB = modes.CFB

from integration.packing.people import Person

MARKER = b"\xca\x03PGP"
AES256 = 9


def packet(tag: int, body: bytes) -> bytes:
    """In the new form, with a length in one, two or five bytes (RFC 4880, section 4.2.2)."""
    size = len(body)
    if size < 192:
        length = bytes([size])
    elif size < 8384:
        length = bytes([((size - 192) >> 8) + 192, (size - 192) & 0xFF])
    else:
        length = b"\xff" + size.to_bytes(4)
    return bytes([0xC0 | tag]) + length + body


def padding(size: int) -> bytes:
    """RFC 9580, section 5.14: bytes that say nothing."""
    return packet(21, hashlib.shake_128(b"padding").digest(size))


def literal(data: bytes) -> bytes:
    return packet(11, b"b\x05a.csv" + bytes(4) + data)


def split(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The packets of a message, whole: tag and bytes. Lengths in parts are put together into one packet."""
    at = 0
    while at < len(message):
        tag, body, at = _packet(message, at)
        yield tag, packet(tag, body)


def _packet(message: bytes, at: int) -> tuple[int, bytes, int]:
    first = message[at]
    if not first & 0x40:
        size = (1, 2, 4)[first & 3]
        length = int.from_bytes(message[at + 1 : at + 1 + size])
        start = at + 1 + size
        return first >> 2 & 0xF, message[start : start + length], start + length
    body, at = b"", at + 1
    while True:
        code = message[at]
        if code < 192:
            length, at, last = code, at + 1, True
        elif code < 224:
            length, at, last = ((code - 192) << 8) + message[at + 1] + 192, at + 2, True
        elif code < 255:
            length, at, last = 1 << (code & 0x1F), at + 1, False
        else:
            length, at, last = int.from_bytes(message[at + 1 : at + 5]), at + 5, True
        body, at = body + message[at : at + length], at + length
        if last:
            return first & 0x3F, body, at


class Envelope:
    """The session key of a message to `reader`, by which other packets can be sealed for the same."""

    def __init__(self, message: bytes, reader: Person) -> None:
        self.head = next(whole for tag, whole in split(message) if tag == 1)
        words = ["gpg", "--homedir", reader.home, "--batch", "--no-tty", "--show-session-key", "-d"]
        said = subprocess.run(words, input=message, capture_output=True, check=True).stderr.decode()
        cipher, _, key = said.partition("session key: '")[2].partition("'")[0].partition(":")
        assert int(cipher) == AES256
        self._key = bytes.fromhex(key)

    def sealed(self, packets: bytes) -> bytes:
        """With integrity protection, as every message of today (RFC 4880, section 5.13)."""
        start = bytes(range(16))
        text = start + start[-2:] + packets + b"\xd3\x14"
        return self.head + packet(18, b"\x01" + self._encrypted(text + hashlib.sha1(text).digest(), bytes(16)))

    def unprotected(self, packets: bytes) -> bytes:
        """Without, as PGP 8 and old defaults of Bouncy Castle (RFC 4880, section 5.7, with its second start)."""
        start = bytes(range(16))
        head = self._encrypted(start + start[-2:], bytes(16))
        return self.head + packet(9, head + self._encrypted(packets, head[2:]))

    def _encrypted(self, data: bytes, iv: bytes) -> bytes:
        made = Cipher(algorithms.AES(self._key), CFB(iv)).encryptor()
        return made.update(data) + made.finalize()
