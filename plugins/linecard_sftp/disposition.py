"""What is done to a claimed file at its end: archived or removed, put where a person finds it, or given back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from linecard.api.inbox import Disposition, InboxError, Listing, inbox_files
from linecard_sftp import convert
from linecard_sftp.errors import Refused
from linecard_sftp.folders import ensure_folder
from linecard_sftp.renames import move_all, move_file
from linecard_sftp.session import Session

if TYPE_CHECKING:
    from linecard_sftp.inbox import SftpInbox

TOO_LARGE = b"refused"
"""The folder beside claimed files for those that were not taken whole."""

Sides = Mapping[bytes, bytes]
"""The files that go with a file: where each lies, and the name that it came under."""


def find_sides(inbox: SftpInbox, session: Session, claim: str, seen: Listing) -> dict[bytes, bytes]:
    """The files that go with a claimed file: where each lies, and the name that it came under.

    Of two sites that want a file at the same time, one may get it and the other what goes with it, and put that back.
    """
    if inbox.in_place:
        return {inbox.beside(side): side for side, _ in inbox_files.side_files(seen)}
    aside = {inbox.aside(claim, seen) + ending: side for side, ending in inbox_files.side_files(seen)}
    if not aside:
        return {}
    *found, next_one = session.stat_all([*aside, inbox.source(seen)])
    is_left = isinstance(next_one, Refused)  # else what lies there goes with the next file of this name
    lying = zip(aside.items(), found, strict=True)
    return {inbox.beside(side) if isinstance(now, Refused) and is_left else path: side for (path, side), now in lying}


def dispose(
    inbox: SftpInbox, session: Session, claim: str, seen: Listing, path: bytes, sides: Sides, disposition: Disposition
) -> None:
    """Archive, remove or put aside a file that is as it was taken; a checksum file stays with it, a marker goes.

    What goes with the file comes first. After the file no try would know any more where it belongs.
    """
    folder = inbox.archive
    if disposition is Disposition.REFUSED:
        assert inbox.claimed is not None  # noqa: S101 - what stays was dealt with before
        folder = convert.join_path(inbox.claimed, TOO_LARGE)
    kept = {lies: side for lies, side in sides.items() if folder is not None and side == seen.checksum}
    for lies in sides.keys() - kept.keys():
        try:
            session.remove(lies)
        except Refused as refused:  # an account that may only rename has it moved along
            if folder is not None and not refused.is_gone:
                kept[lies] = sides[lies]
    if folder is None:
        session.remove(path)
        return
    ensure_folder(inbox, session, folder)
    replacing = inbox.is_replacing(session, inbox.claimed or folder)
    move_all(session, path, kept, _places(folder, seen, claim, kept, own_name=not replacing))


def give_back(inbox: SftpInbox, session: Session, claim: str, seen: Listing, sides: Sides) -> None:
    """Put a file back that was written to after it was taken, with what goes with it, to be found as a new one."""
    assert inbox.claimed is not None  # noqa: S101 - what stays is never given back
    replacing = inbox.is_replacing(session, inbox.claimed)
    places = _places(inbox.folder, seen, claim, sides, own_name=not replacing)
    move_all(session, inbox.aside(claim, seen), sides, places)


def _places(
    folder: bytes, seen: Listing, claim: str, sides: Sides, *, own_name: bool
) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Where a file may go in a folder; under its own name only where a rename cannot replace another file."""
    join = partial(convert.join_path, folder)
    return list(inbox_files.choose_destinations(join, seen, claim, sides, own_name=own_name))


def names_within(folder: bytes, seen: Listing, claim: str) -> list[bytes]:
    """The names that a file may have in a folder: its own, then marked ones."""
    return [convert.join_path(folder, name) for name in inbox_files.choose_names(seen, claim)]


def give_side_back(inbox: SftpInbox, session: Session, claim: str, path: bytes, name: bytes) -> None:
    """Put back what goes with a file that was not claimed; where its name is taken by now, under one that is free."""
    if not isinstance(session.stat_all([path])[0], Refused):
        with suppress(InboxError):
            move_file(session, path, [inbox.beside(name), inbox.beside(inbox_files.free_side_name(name, claim))])
