"""Taking a claimed file: read whole, of one version from its beginning to its end, or not taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

from linecard.api import InboxError, Listing, Unfinished
from linecard_sftp import convert
from linecard_sftp.ahead import Fetch, Wanted
from linecard_sftp.pace import Pace
from linecard_sftp.packets import Attributes
from linecard_sftp.reading import Reading
from linecard_sftp.session import Lost, Refused, Session

if TYPE_CHECKING:
    from linecard_sftp.inbox import SftpInbox


def taken(inbox: SftpInbox, session: Session, claim: str, wanted: Wanted, into: BinaryIO, most: int) -> str:
    """Copy a file, at most `most` bytes and one more; its version. Raises `Unfinished`, `InboxError`, `Refused`."""
    pace = Pace(inbox.options.rate, inbox.touch)
    with closing(_opened(inbox, session, claim, wanted, most, pace)) as reading:
        before = reading.before()
        try:
            version = _copied(reading, before, wanted.seen, into, most, pace)
            if inbox.stays:
                _must_be_there(reading, wanted.seen, version)
        except Lost as lost:  # some of it may be written already, so it is not begun anew here
            raise inbox.broken(session, lost) from lost
    return version


def _opened(inbox: SftpInbox, session: Session, claim: str, wanted: Wanted, most: int, pace: Pace) -> Reading:
    """The file, open; where nothing is to be held back, those that will be wanted next are asked for as well."""
    if inbox.options.rate:
        fetch = Fetch(session, wanted, most=most + 1, by_name=inbox.stays)
    else:
        fetch = inbox.ahead.fetch(session, claim, wanted, most=most + 1)
    try:
        return fetch.reading(pace.under_way)
    except Refused as refused:
        if refused.is_gone and inbox.stays:
            raise InboxError(f"{convert.shown(wanted.seen.name)} is not there any more.") from refused
        if refused.is_gone:
            raise InboxError(
                f"The claimed file {convert.shown(wanted.path)} is not on the server any more.",
                remedy="Somebody removed it; have it sent again.",
            ) from refused
        raise


def _copied(reading: Reading, before: Attributes, seen: Listing, into: BinaryIO, most: int, pace: Pace) -> str:
    version, size = convert.version(before), before.size or 0
    if version != seen.version:
        raise Unfinished(seen._replace(size=size, version=version))
    length = 0
    for block in reading:
        into.write(block)
        length += len(block)
        pace.keep(length)
    after = reading.after()
    if convert.version(after) != version:
        raise Unfinished(seen._replace(size=after.size or 0, version=convert.version(after)))
    if length <= most and length != size:
        raise InboxError(
            f"The server says that it has {size:,} bytes, and sent {length:,}; it is not taken.",
            remedy="It is tried again. If that lasts, ask whoever runs the server.",
        )
    return version


def _must_be_there(reading: Reading, seen: Listing, version: str) -> None:
    """Whoever replaced a file by a rename has changed what its name means, not what was open."""
    now = there(reading.named)
    if now is None:
        raise InboxError(f"{convert.shown(seen.name)} was taken away while it was read.")
    if convert.version(now) != version:
        raise Unfinished(seen._replace(size=now.size or 0, version=convert.version(now)))


def there(look: Callable[[], Attributes]) -> Attributes | None:
    """What is found; None where there is nothing."""
    try:
        return look()
    except Refused as refused:
        if refused.is_gone:
            return None
        raise
