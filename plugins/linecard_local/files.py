"""Moving and copying files so that what was done is still so after a power cut."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from linecard.api import make_folder, sync_folder, write_whole
from linecard.api.inbox import inbox_files

BLOCK = 1 << 20


def copy_bytes(handle: int, into: BinaryIO, most: int) -> tuple[int, str]:
    """Copy the bytes of an open file, so many at the most; how many there were, and their SHA-256."""
    digest, left = hashlib.sha256(), most
    while left and (block := os.read(handle, min(BLOCK, left))):
        into.write(block)
        digest.update(block)
        left -= len(block)
    return most - left, digest.hexdigest()


def hash_bytes(handle: int, length: int) -> str:
    """The SHA-256 of the first bytes of an open file that nothing was read of yet."""
    digest, left = hashlib.sha256(), length
    while left and (block := os.read(handle, min(BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest()


def move_to_quarantine(path: bytes, quarantine: Path, name: str) -> None:
    """Move a file that is too large to where a person finds it, with the reason beside it."""
    make_folder(quarantine, mode=0o700)
    with write_whole(quarantine / f"{name}.reason", text=True) as note:
        note.write(inbox_files.explain_too_large())
    move_file(Path(os.fsdecode(path)), quarantine / name)


def move_file(source: Path, target: Path) -> None:
    """Move a file durably, to another file system, too."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # Order (dispose): on another file system the copy is durable before the file goes.
        with source.open("rb") as file, write_whole(target, text=False) as out:
            copy_bytes(file.fileno(), out, os.fstat(file.fileno()).st_size)
        source.unlink()
    sync_folder(target.parent)
