"""Putting a result into a folder whose other files are not ours."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from linecard.api import InboxError
from linecard_local.moving import BLOCK, rename_new, synced


def put(folder: Path, name: str, content: BinaryIO) -> str:
    """Give a new file this name once it is whole and on disk. Raises `InboxError`, `OSError`."""
    folder.mkdir(exist_ok=True)
    target, part = folder / name, folder / f".{name}.part"
    part.unlink(missing_ok=True)  # from a try that did not come to its end
    if os.path.lexists(target):
        _must_be(target, content)
        return str(target)
    # Whoever may write here could have laid a link in our way, which is never followed.
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(content, out, BLOCK)
            out.flush()
            os.fsync(out.fileno())
        try:
            rename_new(os.fsencode(part), os.fsencode(target))
        except FileExistsError:
            raise _in_the_way(target) from None
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    synced(os.fsencode(folder))
    return str(target)


def _must_be(target: Path, content: BinaryIO) -> None:
    """A file that is there already must be the one that was put before."""
    try:
        handle = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _in_the_way(target) from error
        raise
    with os.fdopen(handle, "rb") as there:
        while block := content.read(BLOCK):
            if there.read(len(block)) != block:
                raise _in_the_way(target)
        if there.read(1):
            raise _in_the_way(target)


def _in_the_way(target: Path) -> InboxError:
    return InboxError(
        f"{target} is there already, and another file than the one to be put there.",
        remedy="Move it away; linecard goes on by itself.",
    )
