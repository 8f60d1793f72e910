"""Putting a result into a folder of the server whose other files are not ours."""

from __future__ import annotations

from collections import deque
from contextlib import closing, suppress
from typing import BinaryIO

from linecard.api import spell_out
from linecard.api.inbox import InboxError, inbox_files
from linecard_sftp import convert
from linecard_sftp.errors import RequestRefused
from linecard_sftp.file_reader import FileReader
from linecard_sftp.folders import ensure_folder, find_file
from linecard_sftp.layout import FolderLayout
from linecard_sftp.session import BLOCK, UNDER_WAY, Session

RIGHTS = "Give the account the right to make and rename files there."


def put_reply(session: Session, layout: FolderLayout, folder: bytes, name: bytes, content: BinaryIO) -> None:
    """Give a new file this name once it is whole. Raises `InboxError`, `RequestRefused`."""
    ensure_folder(session, layout, folder)
    target, part = convert.join_path(folder, name), convert.join_path(folder, b"." + name + b".part")
    with suppress(RequestRefused):
        session.remove(part)  # from a try that did not come to its end
    content.seek(0)
    found = find_file(session, target)
    if found is not None:
        if not _has_content(session, target, found.size or 0, content):
            raise inbox_files.refuse_reply(spell_out(target))
        return
    try:
        length = write_file(session, part, content)
        kept = session.stat(part).size in (length, None)
        if kept:
            if find_file(session, target) is not None:  # a rename might replace it
                raise inbox_files.refuse_reply(spell_out(target))
            session.rename(part, target)
    except (RequestRefused, InboxError):
        with suppress(RequestRefused):
            session.remove(part)
        raise
    if not kept:
        raise InboxError(
            f"{spell_out(target)}: the server did not keep all of it.",
            remedy="linecard tries again. If that lasts, check whether there is room on the server.",
        )


def write_file(session: Session, path: bytes, content: BinaryIO) -> int:
    """Write a new file, many blocks under way at once; how many bytes. Raises `RequestRefused`."""
    handle = session.create(path)
    ahead: deque[int] = deque()
    length = 0
    try:
        while block := content.read(BLOCK):
            ahead.append(session.ask_write(handle, length, block))
            length += len(block)
            if len(ahead) == UNDER_WAY:
                session.expect_success(ahead.popleft())
        while ahead:
            session.expect_success(ahead.popleft())
        session.sync(handle)
    except RequestRefused:
        session.abandon(ahead, handle)
        raise
    session.close_file(handle)
    return length


def _has_content(session: Session, path: bytes, size: int, content: BinaryIO) -> bool:
    """Whether a file has this content."""
    with closing(FileReader(session, session.open(path), size=size, most=size + 1, path=path)) as reading:
        reading.stat_before()
        same = inbox_files.has_content(reading, content)
        if same:
            reading.confirm()
        return same
