"""What is done to a claimed file at its end: archived or removed, put where a person finds it, or given back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from linecard.api import InboxError, Listing, Parting
from linecard_sftp import convert
from linecard_sftp.errors import Refused
from linecard_sftp.renames import move
from linecard_sftp.session import Session

if TYPE_CHECKING:
    from linecard_sftp.inbox import SftpInbox

TOO_LARGE = b"refused"
"""The folder beside claimed files for those that were not taken whole."""


def dispose(inbox: SftpInbox, session: Session, claim: str, seen: Listing, path: bytes, parting: Parting) -> None:
    """Archive, remove or put aside a file that is as it was taken."""
    if parting is Parting.REFUSED:
        assert inbox.claimed is not None  # noqa: S101 - what stays was dealt with before
        _move_into(inbox, session, claim, path, convert.join(inbox.claimed, TOO_LARGE), seen.name)
    elif inbox.archive is not None:
        _move_into(inbox, session, claim, path, inbox.archive, seen.name)
    else:
        session.remove(path)


def _move_into(inbox: SftpInbox, session: Session, claim: str, path: bytes, folder: bytes, name: bytes) -> None:
    inbox.made(session, folder)
    replacing = inbox.is_replacing(session, inbox.claimed or folder)
    move(session, path, free_names(folder, name, claim, replacing=replacing))


def free_names(folder: bytes, name: bytes, claim: str, *, replacing: bool) -> list[bytes]:
    """The names that a file may have in a folder, the best first: its own, if a rename cannot replace another file."""
    names = [] if replacing else [name]
    return [convert.join(folder, each) for each in (*names, convert.beside(name, claim), convert.marked(name, claim))]


def give_back(inbox: SftpInbox, session: Session, claim: str, seen: Listing, sides: list[tuple[bytes, bytes]]) -> None:
    """Put a file back that was written to after it was taken, with what goes with it, to be found as a new one."""
    assert inbox.claimed is not None  # noqa: S101 - what stays is never given back
    names = free_names(inbox.folder, seen.name, claim, replacing=inbox.is_replacing(session, inbox.claimed))
    name = move(session, inbox.aside(claim, seen), names).rpartition(b"/")[2]
    for side, path in sides:
        ending = side.removeprefix(seen.name)
        if ending == side:
            ending = side.removeprefix(seen.name.rpartition(b".")[0])
        give_side_back(inbox, session, claim, path, side if name == seen.name else name + ending)


def give_side_back(inbox: SftpInbox, session: Session, claim: str, path: bytes, name: bytes) -> None:
    """Put a file that goes with another back beside it; where its name is taken by now, under one that is free."""
    if not isinstance(session.stats([path])[0], Refused):
        with suppress(InboxError):
            move(session, path, [inbox.beside(name), inbox.beside(name + b"." + claim[:8].encode())])
