"""Zip archives with one sheet in them. Nothing is ever extracted under a name that an archive says."""

from __future__ import annotations

import fnmatch
import io
import shutil
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from linecard.api import CannotOpen, Desk, Fault
from linecard_packing.bounds import Carefree, Flow, must_be_packed, refuse
from linecard_packing.options import ZipOptions

_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ARCHIVES = (*_STARTS, b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\xfd7zXZ", b"BZh", b"\x28\xb5\x2f\xfd")
_BLOCK = 1 << 16
_MOST_AT_ONCE = 1 << 20
"""Bytes that may be read at once: the directory of an archive is held in memory, and ours have one entry."""
_MEMBERS = 100
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_AGAIN = "Ask the sender to send the file again."


class ZipOpener(Carefree):
    """Unpacks the files of one inbox while they are read."""

    def __init__(self, options: ZipOptions, desk: Desk) -> None:
        self._options, self._desk = options, desk

    def recognises(self, head: bytes) -> bool:
        return head.startswith(_STARTS)

    def bare(self) -> CannotOpen | None:
        return must_be_packed("zip") if self._options.required else None

    def open(self, wrapped: BinaryIO, most: int, noted: Callable[[Fault], None]) -> BinaryIO:  # noqa: ARG002
        if wrapped.seekable():
            return self._opened(wrapped, most, None)
        plain = self._desk.private()
        try:
            # The directory of an archive stands at its end, so what comes as a stream must be whole first.
            shutil.copyfileobj(wrapped, plain, _BLOCK)
            return self._opened(plain, most, plain)
        except BaseException:
            plain.close()
            raise

    def _opened(self, file: BinaryIO, most: int, held: BinaryIO | None) -> BinaryIO:
        try:
            size = file.seek(0, io.SEEK_END)
            archive = zipfile.ZipFile(cast("Any", _Archive(file)))
            info = self._sheet(archive.infolist())
            member = archive.open(info)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError):
            refuse("The zip archive was damaged or cut off on its way.", _AGAIN)
        packed = min(info.compress_size, size)
        flow = Flow(_reading(member), lambda: packed, most=most, ratio=self._options.ratio, held=held)
        found = io.BufferedReader(flow, _BLOCK)
        if found.peek(8).startswith(_ARCHIVES):
            refuse("There is another archive in the archive.", "Pack the sheet once.")
        return cast("BinaryIO", found)

    def _sheet(self, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
        """The one member that is the sheet."""
        if len(members) > _MEMBERS:
            refuse(f"The zip archive has {len(members):,} members.", "Pack the sheet alone.")
        if any(member.orig_filename == "[Content_Types].xml" for member in members):
            refuse("The file is a workbook of a spreadsheet program.", "Save it as CSV UTF-8, and send that.")
        for member in members:
            _must_be_harmless(member.orig_filename)
        pattern = self._options.member.lower()
        found = [
            member
            for member in members
            if not member.is_dir()
            and not member.filename.startswith("__MACOSX/")  # what macOS adds beside each file
            and fnmatch.fnmatchcase(member.filename.rpartition("/")[2].lower(), pattern)
        ]
        if len(found) != 1:
            names = ", ".join(_shown(member.filename) for member in found[:5])
            what = f"{len(found)} files that match" if found else "no file that matches"
            refuse(
                f"The zip archive has {what} {self._options.member}{f': {names}' if names else ''}.",
                "Pack the sheet alone, or say with `member` below `open: zip:` which one it is.",
            )
        sheet = found[0]
        if sheet.flag_bits & _ENCRYPTED:
            refuse("The zip archive is encrypted.", "Encrypt the sheet with OpenPGP instead, or send it plain.")
        if sheet.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            refuse("The zip archive is packed in a way that is not read here.", "Pack it with the method deflate.")
        return sheet


def _reading(member: Any) -> Callable[[int], bytes]:
    def more(size: int) -> bytes:
        try:
            return cast("bytes", member.read(min(size, _BLOCK)))
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError):
            refuse("The zip archive was damaged or cut off on its way.", _AGAIN)

    return more


def _must_be_harmless(name: str) -> None:
    """No name of a member is used as a path; one that tries to be one is a sign that the archive means ill."""
    parts = name.replace("\\", "/").split("/")
    if not name.isprintable() or ".." in parts or name.startswith(("/", "\\")) or name[1:2] == ":":
        refuse(f"A name in the zip archive is a path to somewhere else: {_shown(name)}.", "Pack the sheet alone.")


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:60])


class _Archive:
    """The file of an archive, of which nothing large is read at once, whatever it says of itself."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0 or size > _MOST_AT_ONCE:
            block = self._file.read(_MOST_AT_ONCE + 1)
            if len(block) > _MOST_AT_ONCE:
                refuse("The directory of the zip archive is too long.", "Pack the sheet alone.")
            return block
        return self._file.read(size)
