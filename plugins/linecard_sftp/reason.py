"""Why a file was not taken, left where a person looks for it."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

from linecard.api import make_folder, spell_out, write_whole
from linecard.api.inbox import InboxError, Listing, inbox_files
from linecard_sftp import convert
from linecard_sftp.disposition import TOO_LARGE, names_within
from linecard_sftp.errors import Refused
from linecard_sftp.reply import put_reply
from linecard_sftp.session import Session

if TYPE_CHECKING:
    from linecard_sftp.inbox import SftpInbox


def leave_reason(inbox: SftpInbox, claim: str, seen: Listing) -> None:
    """Say of a file that is too large why it was not imported and where it lies. Raises `InboxError`.

    In the quarantine of this machine, into which a file of that size is not copied; and beside it on the server, if
    the account may write there.
    """
    place = inbox.source(seen)
    if inbox.claimed is not None:
        folder = convert.join_path(inbox.claimed, TOO_LARGE)
        names = names_within(folder, seen, claim)
        found = inbox.do(lambda session: session.stat_all(reversed(names)), folder)
        marked = (name for name, now in zip(reversed(names), found, strict=True) if not isinstance(now, Refused))
        place = next(marked, names[0])  # one with a mark is this file for certain
    reason = inbox_files.explain_too_large(f"it lies as it was sent on {inbox.way.login.where}: {spell_out(place)}")
    target = inbox.context.site.quarantine / f"{inbox_files.quarantine_name(claim, seen.name)}.reason"
    try:
        make_folder(target.parent, mode=0o700)
        with write_whole(target, text=True) as note:
            note.write(reason)
    except OSError as error:
        raise InboxError(
            f"{target}: {error.strerror or error}.", remedy="Make room, or give the right; linecard goes on by itself."
        ) from error
    if inbox.claimed is not None:

        def beside_it(session: Session) -> None:
            put_reply(inbox, session, folder, place.rpartition(b"/")[2] + b".reason", BytesIO(reason.encode()))

        with suppress(InboxError):  # the account may rename there, but not write
            inbox.do(beside_it, folder)
