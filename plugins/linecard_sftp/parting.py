"""What is done to a claimed file at its end: archived or removed, put where a person finds it, or given back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from linecard.api import InboxError, Listing, Parting
from linecard_sftp import convert
from linecard_sftp.session import Refused, Session

if TYPE_CHECKING:
    from linecard_sftp.inbox import SftpInbox

TOO_LARGE = b"refused"
"""The folder beside claimed files for those that were not taken whole."""


def part(inbox: SftpInbox, session: Session, claim: str, seen: Listing, path: bytes, parting: Parting) -> None:
    """Part with a file that is as it was taken."""
    if parting is Parting.REFUSED:
        assert inbox.claimed is not None  # noqa: S101 - what stays was dealt with before
        _put(inbox, session, claim, path, convert.join(inbox.claimed, TOO_LARGE), seen.name)
    elif inbox.archive is not None:
        _put(inbox, session, claim, path, inbox.archive, seen.name)
    else:
        session.remove(path)


def _put(inbox: SftpInbox, session: Session, claim: str, path: bytes, folder: bytes, name: bytes) -> None:
    """Into a folder under its name, or where there is one, under one beside it."""
    inbox.made(session, folder)
    _named(session, path, [convert.join(folder, name), convert.join(folder, convert.beside(name, claim))])


def _named(session: Session, path: bytes, names: list[bytes]) -> bytes:
    """Give a file the first of these names that is free; which it was. A rename never replaces a file."""
    refused: Refused | None = None
    for name in names:
        try:
            session.rename(path, name)
        except Refused as error:
            refused = error
            continue
        return name
    raise InboxError(
        f"{convert.shown(path)} cannot be moved to {convert.shown(names[-1])}: {refused.words if refused else ''}.",
        remedy="Give the account the right to it.",
    ) from refused


def give_back(inbox: SftpInbox, session: Session, claim: str, seen: Listing, sides: list[tuple[bytes, bytes]]) -> None:
    """Put a file back that was written to after it was taken, with what goes with it, to be found as a new one."""
    other = convert.beside(seen.name, claim)
    names = [inbox.source(seen), convert.join(inbox.folder, other)]
    kept = _named(session, inbox.aside(claim, seen), names) == names[0]
    for side, path in sides:
        ending = side.removeprefix(seen.name)
        if ending == side:
            ending = side.removeprefix(seen.name.rpartition(b".")[0])
        with suppress(Refused):
            session.rename(path, convert.join(inbox.folder, side if kept else other + ending))
