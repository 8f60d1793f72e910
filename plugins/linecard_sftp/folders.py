"""Folders on the server: what is in one, and those of our own."""

from __future__ import annotations

from collections.abc import Callable, Container

from linecard.api import spell_out
from linecard.api.inbox import InboxError
from linecard_sftp import convert
from linecard_sftp.errors import RequestRefused
from linecard_sftp.layout import FolderLayout
from linecard_sftp.packets import Attributes, NameEntry, Status
from linecard_sftp.session import Session


def list_folder(
    session: Session, folder: bytes, doubted: Container[bytes], few: int
) -> tuple[list[NameEntry], set[bytes]]:
    """What a folder holds, and the names of which the list tells something else than the server does by name.

    By name it is asked for what the list leaves out, for what is doubted, and for a few of the others.
    """
    entries = list(session.list_folder(folder))
    names = [
        entry.name
        for place, entry in enumerate(entries)
        if (place < few or entry.name in doubted or _is_bare(entry.found)) and not convert.name_fault(entry.name)
    ]
    found = session.stat_all(convert.join_path(folder, name) for name in names)
    asked = {name: now for name, now in zip(names, found, strict=True) if not isinstance(now, RequestRefused)}
    told = [entry._replace(found=asked.get(entry.name, entry.found)) for entry in entries]
    pairs = zip(entries, told, strict=True)
    return told, {now.name for entry, now in pairs if convert.version(entry.found) != convert.version(now.found)}


def _is_bare(found: Attributes) -> bool:
    return found.size is None or found.mode is None


def ensure_folder(session: Session, layout: FolderLayout, folder: bytes) -> None:
    """See that a folder is there, and those above it, but never the inbox itself. Raises `InboxError`."""
    if not isinstance(session.stat_all([folder])[0], RequestRefused):
        return
    refused = _make_folder(session, folder)
    above, _, name = folder.rpartition(b"/")
    if refused is not None and refused.is_gone and above not in (b"", layout.inbox) and name != b"..":
        ensure_folder(session, layout, above)
        refused = _make_folder(session, folder)
    # Where it is there all the same, another linecard was quicker.
    if refused is not None and isinstance(session.stat_all([folder])[0], RequestRefused):
        raise InboxError(
            f"{layout.server}: the folder {spell_out(folder)} cannot be made: {refused.words}.",
            remedy="Make it, or give the account the right; where it may change nothing, set `claim: null`.",
        ) from refused


def _make_folder(session: Session, folder: bytes) -> RequestRefused | None:
    try:
        session.mkdir(folder)
    except RequestRefused as refused:
        return refused
    return None


def find_file(session: Session, path: bytes, stat: Callable[[], Attributes] | None = None) -> Attributes | None:
    """What a name stands for, as `stat` says where that was asked before; None where there is nothing."""
    try:
        return stat() if stat is not None else session.stat(path)
    except RequestRefused as refused:
        if refused.is_gone or (refused.code == Status.FAILURE and _is_unlisted(session, path)):
            return None
        raise


def _is_unlisted(session: Session, path: bytes) -> bool:
    """Whether a file is not in its folder: some servers have but one answer for all that cannot be done."""
    folder, slash, name = path.rpartition(b"/")
    return all(entry.name != name for entry in session.list_folder(folder or slash or b"."))
