"""Renames that take a name from no other file, also on servers whose own renames do.

By the draft of version 3 a rename fails where there is a file of the new name, and OpenSSH, ProFTPD and asyncssh keep
to that; rclone, Twisted Conch and whatever hands the request to the operating system replace that file without a word.
Nothing that a server announces tells one kind from the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from linecard.api import spell_out
from linecard.api.inbox import InboxError
from linecard_sftp import convert
from linecard_sftp.errors import RequestRefused
from linecard_sftp.packets import Status
from linecard_sftp.session import Session


def is_replacing(session: Session, folder: bytes, mark: str) -> bool:
    """Whether a rename replaces a file, tried in a folder with two empty files of our own; True where that is unknown.

    `mark` is in their names, the same for each try of one inbox of one site, so that a try that was killed is cleared
    away by the next, and no other linecard's.
    """
    one, other = (convert.join_path(folder, f".linecard-try-{mark}.{each}".encode()) for each in ("a", "b"))
    _remove_all(session, one, other)
    try:
        session.close_file(session.create(one))
        session.close_file(session.create(other))
    except RequestRefused:
        _remove_all(session, one, other)
        return True
    try:
        session.rename(one, other)
    except RequestRefused:
        # Only if both are left was it refused for the name, and not because one of them had gone.
        return any(isinstance(found, RequestRefused) for found in session.stat_all([one, other]))
    else:
        return True
    finally:
        _remove_all(session, one, other)


def _remove_all(session: Session, *paths: bytes) -> None:
    for path in paths:
        with suppress(RequestRefused):
            session.remove(path)


def move_file(session: Session, path: bytes, names: Sequence[bytes]) -> None:
    """Give a file the first of these names that is free. Raises `InboxError`.

    Where a rename replaces files they must be names that nobody else gives: another file could come between the look
    and the rename.
    """
    move_all(session, path, {}, [(name, {}) for name in names])


def move_all(
    session: Session, path: bytes, sides: Collection[bytes], places: Sequence[tuple[bytes, Mapping[bytes, bytes]]]
) -> None:
    """Move a file, and before it what goes with it, to the first of these places where all names are free.

    A place has the file's name, and the name of each that goes with it by where that lies now. Whatever a try that was
    cut off has moved is left where it is. Raises `InboxError`; then all lies where it was.
    """
    listed = zip(sides, session.stat_all(sides), strict=True)
    lying = {side: side for side, now in listed if not isinstance(now, RequestRefused)}
    refused = RequestRefused(Status.FAILURE, "there are files of that name")
    for name, others in places:
        found = session.stat_all([name, *(others[side] for side in lying if others[side] != lying[side])])
        if not all(isinstance(now, RequestRefused) for now in found):
            continue
        try:
            for side, lies in lying.items():
                if lies != others[side]:
                    session.rename(lies, others[side])
                    lying[side] = others[side]
            session.rename(path, name)
        except RequestRefused as error:
            refused = error
            continue
        return
    for side, lies in lying.items():
        if lies != side:
            with suppress(RequestRefused):
                session.rename(lies, side)
    raise InboxError(
        f"{spell_out(path)} cannot be moved to {spell_out(places[-1][0])}: {refused.words}.",
        remedy="Give the account the right to it.",
    ) from refused
