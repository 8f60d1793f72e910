"""The zip archive that a workbook is: what is in it, and its parts as streams whose size is bounded beforehand."""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from linecard.api import format_size
from linecard.api.opener import CannotOpen, OpenerError
from linecard_workbook.refusals import Bounds, damage, odd, refuse

_BLOCK = 1 << 16
_MEMBERS = 10_000
_DIRECTORY = 4_000_000
"""Bytes of an archive's directory, which is held in memory."""
SMALL = 8_000_000
"""Bytes of a part that is read whole, such as the list of worksheets."""
_ENCRYPTED = 0x1 | 0x40 | 0x2000
PROTECTED = "The workbook is protected with a password."
UNPROTECT = "Save it without a password (in Excel: File, Info, Protect Workbook), and send that."


class Archive:
    """The parts of one workbook."""

    def __init__(self, file: BinaryIO, bounds: Bounds) -> None:
        self._bounds = bounds
        try:
            self._zip = zipfile.ZipFile(cast("Any", _Bounded(file)))
        except Exception as error:
            raise _as_refusal(error) from error
        self._members = {info.filename: info for info in self._zip.infolist()}
        self._lower = {name.lower(): name for name in self._members}
        if len(self._zip.infolist()) > _MEMBERS:
            raise odd(f"it has {len(self._zip.infolist()):,} parts")
        if len(self._members) < len(self._zip.infolist()):
            raise odd("it has two parts of the same name")

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._members)

    def find(self, name: str) -> str | None:
        """The part of this name, compared without case, as the packaging rules of Office want it."""
        if name in self._members:
            return name
        return self._lower.get(name.lower())

    def check_sizes(self, *names: str) -> None:
        """Refuse before anything is unpacked what would be too large. Whatever a part says of its size, no more of it
        is ever unpacked."""
        self._bounds.check_size(sum(self._members[name].file_size for name in names))

    def blocks(self, name: str, most: int | None = None) -> Iterator[bytes]:
        """The bytes of a part. Raises `CannotOpen`, and `OpenerError` where the disk fails."""
        info = self._members[name]
        if info.flag_bits & _ENCRYPTED:
            refuse(PROTECTED, UNPROTECT)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise odd("it is packed by another method than deflate")
        if most is not None and info.file_size > most:
            raise odd(f"{name[:60]} is larger than {format_size(most)}")
        self.check_sizes(name)
        try:
            with self._zip.open(info) as part:
                while block := part.read(_BLOCK):
                    yield block
        except CannotOpen:
            raise
        except Exception as error:
            raise _as_refusal(error) from error


def _as_refusal(error: Exception) -> Exception:
    """What zipfile makes of an archive refuses the file, whatever it raises; a disk that fails does not."""
    if isinstance(error, CannotOpen | OpenerError | MemoryError):
        return error
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return OpenerError(f"The file cannot be read: {error.strerror}.")
    return damage(is_cut=True)


class _Bounded:
    """A file of which an archive's directory cannot be read where it says that it is endless."""

    def __init__(self, file: BinaryIO) -> None:
        self._read = file.read
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        """The file is its owner's."""

    def read(self, size: int = -1) -> bytes:
        block = self._read(_DIRECTORY + 1 if size is None or size < 0 else min(size, _DIRECTORY + 1))
        if len(block) > _DIRECTORY:
            raise odd("the directory of its archive is too long")
        return block
