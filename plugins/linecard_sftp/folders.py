"""Folders on the server: what is in one, and those of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linecard.api import InboxError
from linecard_sftp import convert
from linecard_sftp.errors import Refused
from linecard_sftp.packets import Attributes, Entry
from linecard_sftp.session import Session

if TYPE_CHECKING:
    from linecard_sftp.inbox import SftpInbox


def listed(session: Session, folder: bytes) -> list[Entry]:
    """What a folder holds; what a server says of nothing in its list it is asked for by name."""
    entries = list(session.entries(folder))
    bare = [entry.name for entry in entries if _is_bare(entry.found) and not convert.name_fault(entry.name)]
    found = session.stats(convert.join(folder, name) for name in bare)
    asked = {name: now for name, now in zip(bare, found, strict=True) if not isinstance(now, Refused)}
    return [entry._replace(found=asked.get(entry.name, entry.found)) for entry in entries]


def _is_bare(found: Attributes) -> bool:
    return found.size is None or found.mode is None


def ensure_folder(inbox: SftpInbox, session: Session, folder: bytes) -> None:
    """See that a folder is there, and those above it, but never the inbox itself. Raises `InboxError`."""
    if not isinstance(session.stats([folder])[0], Refused):
        return
    refused = _make(session, folder)
    above, _, name = folder.rpartition(b"/")
    if refused is not None and refused.is_gone and above not in (b"", inbox.folder) and name != b"..":
        ensure_folder(inbox, session, above)
        refused = _make(session, folder)
    if refused is not None and isinstance(session.stats([folder])[0], Refused):  # else another linecard was quicker
        raise InboxError(
            f"{inbox.way.login.where}: the folder {convert.shown(folder)} cannot be made: {refused.words}.",
            remedy="Make it, or give the account the right; where it may change nothing, set `claim: null`.",
        ) from refused


def _make(session: Session, folder: bytes) -> Refused | None:
    try:
        session.mkdir(folder)
    except Refused as refused:
        return refused
    return None
