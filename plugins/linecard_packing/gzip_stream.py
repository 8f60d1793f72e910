"""gzip (RFC 1952), member after member, in bounded memory."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import BinaryIO, cast

from linecard.api import Context
from linecard.api.opener import CannotOpen, Fault
from linecard_packing.options import GzipOptions
from linecard_packing.unpacking_limits import LimitedStream, not_packed_error, refuse

MAGIC = b"\x1f\x8b"
_BLOCK = 1 << 16
_AGAIN = "Ask the sender to send the file again."
_MEMBERS = 1000
"""gzip files may be put one after another; nobody splits a sheet into more."""


class GzipOpener:
    """Unpacks the files of one inbox while they are read."""

    def __init__(self, options: GzipOptions, _context: Context) -> None:
        self._options = options

    def recognises(self, head: bytes) -> bool:
        return head.startswith(MAGIC)

    def refuse_unwrapped(self) -> CannotOpen | None:
        return not_packed_error("gzip") if self._options.required else None

    def open(self, wrapped: BinaryIO, most: int, noted: Callable[[Fault], None]) -> BinaryIO:  # noqa: ARG002
        members = _Members(wrapped)
        flow = LimitedStream(members.inflate, lambda: members.taken, most=most, ratio=self._options.ratio)
        return cast("BinaryIO", io.BufferedReader(flow, _BLOCK))

    def close(self) -> None:
        """Nothing is held."""


class _Members:
    """What the members of a gzip file hold, one after another."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._members = 0
        self._inflate = self._begin_member()
        self._rest = b""
        self.taken = 0

    def _begin_member(self) -> zlib._Decompress:
        self._members += 1
        if self._members > _MEMBERS:
            refuse(f"The gzip file has more than {_MEMBERS} parts.", "Pack the sheet in one piece.")
        return zlib.decompressobj(wbits=31)  # with gzip's own header and check sum

    def inflate(self, most: int) -> bytes:
        while True:
            if self._inflate.eof and not self._has_next_member():
                return b""
            if not self._rest:
                self._rest = self._file.read(_BLOCK)
                self.taken += len(self._rest)
                if not self._rest:
                    refuse("The gzip file was cut off in transit.", _AGAIN, is_cut=True)
            try:
                found = self._inflate.decompress(self._rest, most)
            except zlib.error:
                refuse("The gzip file was damaged in transit.", _AGAIN)
            self._rest = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            if found:
                return found

    def _has_next_member(self) -> bool:
        """Whether another member follows; zeros at the end are padding, as tapes and some senders add it."""
        while True:
            self._rest = self._rest.lstrip(b"\0")
            if self._rest:
                break
            self._rest = self._file.read(_BLOCK)
            self.taken += len(self._rest)
            if not self._rest:
                return False
        if len(self._rest) < len(MAGIC):
            self._rest += self._file.read(_BLOCK)
        if not self._rest.startswith(MAGIC):
            refuse("Something that is not gzip follows what is packed.", _AGAIN)
        self._inflate = self._begin_member()
        return True
