"""The packets of SFTP version 3 (draft-ietf-secsh-filexfer-02), the one that every server speaks. Names stay bytes."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

VERSION = 3
MOST = 1 << 18
"""Bytes that a packet may have; a server that sends longer ones is broken, or means harm."""
MOST_LISTED = 1 << 25
"""Bytes that one may have that lists a folder: some servers do so in a single answer, with a hundred bytes a name."""


class Ask(IntEnum):
    INIT = 1
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RMDIR = 15
    REALPATH = 16
    STAT = 17
    RENAME = 18
    EXTENDED = 200


class Answer(IntEnum):
    VERSION = 2
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105


class Status(IntEnum):
    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    NO_CONNECTION = 6
    CONNECTION_LOST = 7
    UNSUPPORTED = 8


class Garbled(Exception):
    """A packet does not say what it should."""


class Attributes(NamedTuple):
    """What a server says of a file; None where it says nothing."""

    size: int | None = None
    mode: int | None = None
    modified: int | None = None


class NameEntry(NamedTuple):
    name: bytes
    found: Attributes


def encode_text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def encode_request(number: int, kind: Ask, *parts: bytes | int) -> bytes:
    """A request: `number` comes back with its answer; numbers among the parts are four bytes long."""
    body = b"".join([struct.pack(">I", part) if isinstance(part, int) else encode_text(part) for part in parts])
    return struct.pack(">IBI", len(body) + 5, kind, number) + body


def encode_hello() -> bytes:
    return struct.pack(">IBI", 5, Ask.INIT, VERSION)


class PacketReader:
    """Reads what a packet holds, one after the other. Raises `Garbled` where it ends too soon."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def read_number(self) -> int:
        value: int = self._unpack(">I", 4)
        return value

    def read_long(self) -> int:
        value: int = self._unpack(">Q", 8)
        return value

    def _unpack(self, form: str, size: int) -> int:
        try:
            (value,) = struct.unpack_from(form, self._body, self._at)
        except struct.error as error:
            raise Garbled("a packet ends too soon") from error
        self._at += size
        return int(value)

    def read_text(self) -> bytes:
        length = self.read_number()
        value = self._body[self._at : self._at + length]
        if len(value) != length:
            raise Garbled("a packet ends too soon")
        self._at += length
        return value

    def read_attributes(self) -> Attributes:
        flags = self.read_number()
        size = self.read_long() if flags & 1 else None
        if size is not None and size >> 63:  # no file is so large: -1, of a server that does not know it
            size = None
        if flags & 2:
            self.read_number(), self.read_number()
        mode = self.read_number() if flags & 4 else None
        modified = None
        if flags & 8:
            self.read_number()
            modified = self.read_number()
        if flags & 0x80000000:
            for _ in range(min(self.read_number(), 1000)):
                self.read_text(), self.read_text()
        return Attributes(size, mode, modified)

    def read_entries(self) -> list[NameEntry]:
        """What a folder holds; what a long listing would say of each file is passed over."""
        found = []
        for _ in range(self.read_number()):
            name, _long = self.read_text(), self.read_text()
            found.append(NameEntry(name, self.read_attributes()))
        return found

    def read_version(self) -> tuple[int, frozenset[bytes]]:
        """The version that a server speaks, and what it can besides."""
        number, can = self.read_number(), set[bytes]()
        while self._at < len(self._body):
            can.add(self.read_text())
            self.read_text()
        return number, frozenset(can)

    def read_status(self) -> tuple[int, str]:
        code = self.read_number()
        try:
            return code, self.read_text().decode(errors="replace")
        except Garbled:  # old servers leave the sentence out
            return code, ""
