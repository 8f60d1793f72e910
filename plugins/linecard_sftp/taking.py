"""Taking a claimed file: read whole, of one version from its beginning to its end, or not taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

from linecard.api import spell_out
from linecard.api.inbox import InboxError, Listing, Unfinished, inbox_files
from linecard_sftp import convert
from linecard_sftp.errors import Lost, Refused
from linecard_sftp.file_reader import FileReader
from linecard_sftp.packets import Attributes, Status
from linecard_sftp.prefetch import Fetch, Wanted
from linecard_sftp.rate_limit import RateLimit
from linecard_sftp.session import Session

if TYPE_CHECKING:
    from linecard_sftp.inbox import SftpInbox


def taken(inbox: SftpInbox, session: Session, claim: str, wanted: Wanted, into: BinaryIO, most: int) -> str:
    """Copy a file, at most `most` bytes and one more; its version. Raises `Unfinished`, `InboxError`, `Refused`."""
    pace = RateLimit(inbox.options.rate, inbox.touch)
    with closing(_opened(inbox, session, claim, wanted, most, pace)) as reading:
        before = reading.stat_before()
        try:
            version, whole = _copied(reading, before, wanted.seen, into, most, pace)
            if whole:
                _confirm(reading, wanted.seen)
            _compare_named(session, reading, wanted, version, stays=inbox.in_place)
        except Lost as lost:  # some of it may be written already, so it is not begun anew here
            raise inbox.broken(session, lost) from lost
    return version


def _opened(inbox: SftpInbox, session: Session, claim: str, wanted: Wanted, most: int, pace: RateLimit) -> FileReader:
    """The file, open; where nothing is to be held back, those that will be wanted next are asked for as well."""
    if inbox.options.rate:
        fetch = Fetch(session, wanted, most=most + 1)
    else:
        fetch = inbox.ahead.fetch(session, claim, wanted, most=most + 1)
    try:
        return fetch.open(pace.under_way)
    except Refused as refused:
        if refused.is_gone and inbox.in_place:
            raise InboxError(f"{spell_out(wanted.seen.name)} is not there any more.") from refused
        if refused.is_gone:
            raise InboxError(
                f"The claimed file {spell_out(wanted.path)} is not on the server any more.",
                remedy=inbox_files.SENT_AGAIN,
            ) from refused
        raise


def _copied(
    reading: FileReader, before: Attributes, seen: Listing, into: BinaryIO, most: int, pace: RateLimit
) -> tuple[str, bool]:
    """Its version, and whether it was copied to its end."""
    version, size = convert.version(before), before.size or 0
    if version != seen.version:
        raise Unfinished(seen._replace(size=size, version=version))
    length = 0
    for block in reading:
        into.write(block)
        length += len(block)
        pace.wait(length)
    after = reading.stat_after()
    if convert.version(after) != version:
        raise Unfinished(seen._replace(size=after.size or 0, version=convert.version(after)))
    if length <= most and length != size:
        raise InboxError(
            f"The server says that it has {size:,} bytes, and sent {length:,}; it is not taken.",
            remedy="It is tried again. If that lasts, ask whoever runs the server.",
        )
    return version, length <= most


def _confirm(reading: FileReader, seen: Listing) -> None:
    """The server must stand by what it sent: one that remembers old sizes sends half a file as if it were whole."""
    try:
        reading.confirm()
    except Refused as refused:
        raise InboxError(
            f"The server does not stand by what it sent of {spell_out(seen.name)} ({refused.words}); it is not taken.",
            remedy="It is tried again: some servers remember old sizes of files for minutes. If that lasts, ask "
            "whoever runs the server.",
        ) from refused


def _compare_named(session: Session, reading: FileReader, wanted: Wanted, version: str, *, stays: bool) -> None:
    """Whoever replaced a file by a rename has changed what its name means, not what was open."""
    seen, now = wanted.seen, there(session, wanted.path, reading.stat_by_name)
    if now is None and stays:
        raise InboxError(f"{spell_out(seen.name)} was taken away while it was read.")
    if now is not None and convert.version(now) != version:
        raise Unfinished(seen._replace(size=now.size or 0, version=convert.version(now)))


def read_side(session: Session, path: bytes, name: bytes) -> bytes:
    """What a small file says that goes with another. Raises `InboxError`, `Refused`."""
    with closing(FileReader(session, session.open(path), size=0, most=inbox_files.MOST_CHECKSUM, path=path)) as reading:
        reading.stat_before()
        content = b"".join(reading)
        size = reading.stat_after().size
        if size is not None and len(content) != min(size, inbox_files.MOST_CHECKSUM):
            raise InboxError(
                f"The server says that {spell_out(name)} has {size:,} bytes, and sent {len(content):,}.",
                remedy="It is tried again. If that lasts, ask whoever runs the server.",
            )
        if len(content) < inbox_files.MOST_CHECKSUM:
            _confirm(reading, Listing(name, len(content), "", 0.0))
    return content


def there(session: Session, path: bytes, look: Callable[[], Attributes] | None = None) -> Attributes | None:
    """What a name stands for, as `look` says where that was asked before; None where there is nothing."""
    try:
        return look() if look is not None else session.stat(path)
    except Refused as refused:
        if refused.is_gone or (refused.code == Status.FAILURE and _is_unlisted(session, path)):
            return None
        raise


def _is_unlisted(session: Session, path: bytes) -> bool:
    """Whether a file is not in its folder: some servers have but one answer for all that cannot be done."""
    folder, slash, name = path.rpartition(b"/")
    return all(entry.name != name for entry in session.list_folder(folder or slash or b"."))
