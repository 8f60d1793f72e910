"""Putting a result into a folder whose other files are not ours."""

from __future__ import annotations

import errno
import os
import shutil
from functools import partial
from pathlib import Path
from typing import BinaryIO

from linecard.api import drop_part, write_whole
from linecard.api.inbox import inbox_files
from linecard_local.files import BLOCK


def put_reply(folder: Path, name: str, content: BinaryIO) -> str:
    """Give a new file this name once it is whole and on disk. Raises `InboxError`, `OSError`."""
    folder.mkdir(exist_ok=True)
    target = folder / name
    drop_part(target)
    if os.path.lexists(target):
        _require_same_content(target, content)
        return str(target)
    try:  # whoever may write here could have laid a link in our way, which is never followed
        with write_whole(target, text=False, replace=False) as out:
            shutil.copyfileobj(content, out, BLOCK)
    except FileExistsError:
        raise inbox_files.refuse_reply(str(target)) from None
    return str(target)


def _require_same_content(target: Path, content: BinaryIO) -> None:
    """A file that is there already must be the one that was put before."""
    try:
        handle = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise inbox_files.refuse_reply(str(target)) from error
        raise
    with os.fdopen(handle, "rb") as there:
        if not inbox_files.has_content(iter(partial(there.read, BLOCK), b""), content):
            raise inbox_files.refuse_reply(str(target))
