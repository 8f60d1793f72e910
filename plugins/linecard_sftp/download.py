"""Downloading a claimed file: read whole, of one version from its beginning to its end, or not taken."""

from __future__ import annotations

from contextlib import closing
from typing import BinaryIO

from linecard.api import spell_out
from linecard.api.inbox import InboxError, Listing, Unfinished, inbox_files
from linecard_sftp import convert
from linecard_sftp.errors import RequestRefused
from linecard_sftp.file_reader import FileReader
from linecard_sftp.folders import find_file
from linecard_sftp.packets import Attributes
from linecard_sftp.prefetch import Fetch, Wanted
from linecard_sftp.rate_limit import RateLimit
from linecard_sftp.session import Session


class Download:
    """A claimed file that is being copied. `in_place`: it lies where its owner put it, and may take it away."""

    def __init__(self, session: Session, wanted: Wanted, *, in_place: bool) -> None:
        self._session, self._wanted, self._in_place = session, wanted, in_place

    def open(self, fetch: Fetch, under_way: int) -> FileReader:
        """The file, open, so many blocks under way at once; to be closed by the caller. Raises `InboxError`,
        `RequestRefused`."""
        wanted = self._wanted
        try:
            return fetch.open(under_way)
        except RequestRefused as refused:
            if refused.is_gone and self._in_place:
                raise InboxError(f"{spell_out(wanted.seen.name)} is not there any more.") from refused
            if refused.is_gone:
                raise InboxError(
                    f"The claimed file {spell_out(wanted.path)} is not on the server any more.",
                    remedy=inbox_files.SENT_AGAIN,
                ) from refused
            raise

    def copy_to(self, reader: FileReader, before: Attributes, into: BinaryIO, most: int, limit: RateLimit) -> str:
        """Copy the file, at most `most` bytes and one more; its version. `before` is what it looked like when it was
        opened. Raises `Unfinished`, `InboxError`, `RequestRefused`."""
        version, is_whole = self._copy(reader, before, into, most, limit)
        if is_whole:
            _confirm(reader, self._wanted.seen)
        self._compare_name(reader, version)
        return version

    def _copy(
        self, reader: FileReader, before: Attributes, into: BinaryIO, most: int, limit: RateLimit
    ) -> tuple[str, bool]:
        """Its version, and whether it was copied to its end."""
        seen = self._wanted.seen
        version, size = convert.version(before), before.size or 0
        if version != seen.version:
            raise Unfinished(seen._replace(size=size, version=version))
        length = 0
        for block in reader:
            into.write(block)
            length += len(block)
            limit.wait(length)
        after = reader.stat_after()
        if convert.version(after) != version:
            raise Unfinished(seen._replace(size=after.size or 0, version=convert.version(after)))
        if length <= most and length != size:
            raise InboxError(
                f"The server says that it has {size:,} bytes, and sent {length:,}; it is not taken.",
                remedy="linecard tries again. If that lasts, ask the administrator of the server.",
            )
        return version, length <= most

    def _compare_name(self, reader: FileReader, version: str) -> None:
        """Whoever replaced a file by a rename has changed what its name means, not what was open."""
        seen, now = self._wanted.seen, find_file(self._session, self._wanted.path, reader.stat_by_name)
        if now is None and self._in_place:
            raise InboxError(f"{spell_out(seen.name)} was taken away while it was read.")
        if now is not None and convert.version(now) != version:
            raise Unfinished(seen._replace(size=now.size or 0, version=convert.version(now)))


def _confirm(reader: FileReader, seen: Listing) -> None:
    """The server must stand by what it sent: one that remembers old sizes sends half a file as if it were whole."""
    try:
        reader.confirm()
    except RequestRefused as refused:
        raise InboxError(
            f"The server does not stand by what it sent of {spell_out(seen.name)} ({refused.words}); it is not taken.",
            remedy="linecard tries again: some servers cache old file sizes for minutes. If that lasts, ask "
            "the administrator of the server.",
        ) from refused


def read_side_file(session: Session, path: bytes, name: bytes) -> bytes:
    """What a small file says that goes with another. Raises `InboxError`, `RequestRefused`."""
    with closing(FileReader(session, session.open(path), size=0, most=inbox_files.MOST_CHECKSUM, path=path)) as reader:
        reader.stat_before()
        content = b"".join(reader)
        size = reader.stat_after().size
        if size is not None and len(content) != min(size, inbox_files.MOST_CHECKSUM):
            raise InboxError(
                f"The server says that {spell_out(name)} has {size:,} bytes, and sent {len(content):,}.",
                remedy="linecard tries again. If that lasts, ask the administrator of the server.",
            )
        if len(content) < inbox_files.MOST_CHECKSUM:
            _confirm(reader, Listing(name, len(content), "", 0.0))
    return content
