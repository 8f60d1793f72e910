"""Zip archives with one sheet in them. Nothing is ever extracted under a name that an archive says."""

from __future__ import annotations

import errno
import fnmatch
import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from linecard.api import Context, is_printable, sanitize
from linecard.api.opener import CannotOpen, Fault, OpenerError, detect_container, is_junk, is_system_file
from linecard_packing.options import ZipOptions
from linecard_packing.unpacking_limits import LimitedStream, disk_full_error, not_packed_error, refuse

_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04")
_BLOCK = 1 << 16
_HEAD = 512
_MOST_AT_ONCE = 1 << 20
"""Bytes that may be read at once: the directory of an archive is held in memory, and ours have one entry."""
_MEMBERS = 100
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_AES = 99
_METHODS = {1: "shrink", 6: "implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd"}
_AGAIN = "Ask the sender to send the file again."
_ALONE = "Pack the sheet alone."
_DEFLATE = "Pack it with the method deflate."


class ZipOpener:
    """Unpacks the files of one inbox while they are read."""

    def __init__(self, options: ZipOptions, context: Context) -> None:
        self._options, self._context = options, context

    def recognises(self, head: bytes) -> bool:
        return head.startswith(_STARTS)

    def refuse_unwrapped(self) -> CannotOpen | None:
        return not_packed_error("zip") if self._options.required else None

    def open(self, wrapped: BinaryIO, most: int, noted: Callable[[Fault], None]) -> BinaryIO:  # noqa: ARG002
        if wrapped.seekable():
            return self._open_archive(wrapped, most, None)
        try:
            plain = self._context.temporary_file()
        except OSError as error:
            raise disk_full_error(error) from error
        try:
            self._copy_into(plain, wrapped)
            return self._open_archive(plain, most, plain)
        except BaseException:
            plain.close()
            raise

    def _copy_into(self, plain: BinaryIO, wrapped: BinaryIO) -> None:
        """The directory of an archive stands at its end, so what comes as a stream must be whole first."""
        try:
            shutil.copyfileobj(wrapped, plain, _BLOCK)
            plain.flush()
        except OSError as error:
            raise disk_full_error(error) from error

    def _open_archive(self, file: BinaryIO, most: int, held: BinaryIO | None) -> BinaryIO:
        with _translate_errors():
            size = file.seek(0, io.SEEK_END)
            archive = zipfile.ZipFile(cast("Any", _Archive(file)))
        info = self._find_sheet(archive.infolist())
        with _translate_errors():
            member = archive.open(info)
        packed = min(info.compress_size, size)
        flow = LimitedStream(_make_reader(member), lambda: packed, most=most, ratio=self._options.ratio, held=held)
        found = io.BufferedReader(flow, _BLOCK)
        inside = detect_container(found.peek(_HEAD)[:_HEAD])
        if inside is not None and inside.opener == "zip":
            refuse("There is another archive in the archive.", "Pack the sheet once.")
        return cast("BinaryIO", found)

    def _find_sheet(self, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
        """The one member that is the sheet."""
        if len(members) > _MEMBERS:
            refuse(f"The zip archive has {len(members):,} members.", _ALONE)
        if is_workbook({member.orig_filename for member in members}):
            refuse("The file is a workbook of a spreadsheet program.", "Save it as CSV UTF-8, and send that.")
        for member in members:
            _require_harmless(member.orig_filename)
        matching = [member for member in members if self._is_wanted(member.filename)]
        # A name such as roster.tmp is passed over beside another, and is the sheet where it stands alone.
        found = [member for member in matching if not is_junk(_base_name(member.filename))] or matching
        if len(found) != 1:
            names = ", ".join(_display_name(member.filename) for member in (found or members)[:5])
            what = f"{len(found)} files that match" if found else "no file that matches"
            refuse(
                f"The zip archive has {what} {self._options.member}{f': {names}' if names else ''}.",
                _ALONE,
            )
        _require_unpackable(found[0])
        return found[0]

    def _is_wanted(self, path: str) -> bool:
        if path.endswith(("/", "\\")) or is_system_file(path):  # ZipInfo.is_dir fails at a member without a name
            return False
        return fnmatch.fnmatchcase(_base_name(path).lower(), self._options.member.lower())

    def close(self) -> None:
        """Nothing is held."""


def is_workbook(names: set[str]) -> bool:
    """Whether an archive with these members is an .xlsx, an .ods or a .numbers, in whatever order they stand."""
    return (
        "[Content_Types].xml" in names
        or {"content.xml", "META-INF/manifest.xml"} <= names
        or any(name.endswith(".iwa") for name in names)
    )


@contextmanager
def _translate_errors() -> Iterator[None]:
    """What zipfile makes of an archive refuses the archive, whatever it raises; a disk that fails does not."""
    try:
        yield
    except (CannotOpen, OpenerError, MemoryError):
        raise
    except NotImplementedError:
        refuse("The zip archive uses something that linecard does not read.", _DEFLATE)
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # EINVAL: the archive names a place before its beginning
            raise OpenerError(f"The file cannot be read: {error.strerror}.") from error
        refuse("The zip archive was damaged or cut off in transit.", _AGAIN, is_cut=True)
    except Exception:  # noqa: BLE001 - IndexError, struct.error, AssertionError, another one with each release
        refuse("The zip archive was damaged or cut off in transit.", _AGAIN, is_cut=True)


def _make_reader(member: Any) -> Callable[[int], bytes]:
    def more(size: int) -> bytes:
        with _translate_errors():
            return cast("bytes", member.read(min(size, _BLOCK)))

    return more


def _require_unpackable(sheet: zipfile.ZipInfo) -> None:
    if sheet.flag_bits & _ENCRYPTED or sheet.compress_type == _AES:
        refuse("The zip archive is encrypted.", "Encrypt the sheet with OpenPGP instead, or send it plain.")
    if sheet.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        how = _METHODS.get(sheet.compress_type, f"method {sheet.compress_type}")
        refuse(f"The zip archive is packed with {how}, which linecard does not read.", _DEFLATE)


def _require_harmless(path: str) -> None:
    """No name of a member is used as a path; one that tries to be one is a sign that the archive means ill."""
    parts = re.split(r"[/\\]", path)
    is_odd = not is_printable(path) and not is_system_file(path)  # macOS ends the name Icon with a line end
    if is_odd or ".." in parts or path.startswith(("/", "\\")) or path[1:2] == ":":
        refuse(f"A name in the zip archive is a path to somewhere else: {_display_name(path)}.", _ALONE)


def _base_name(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def _display_name(name: str) -> str:
    return sanitize(name[:60]) or "(without a name)"


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
                refuse("The directory of the zip archive is too long.", _ALONE)
            return block
        return self._file.read(size)
