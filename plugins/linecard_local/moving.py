"""Moving and copying files so that what was done is still so after a power cut."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from linecard.api import make_folder, sync_folder, write_whole

BLOCK = 1 << 20
LONGEST = 255
"""Bytes that a file name may have."""


def copied(handle: int, into: BinaryIO, most: int) -> tuple[int, str]:
    """Copy the bytes of an open file, so many at the most; how many there were, and their SHA-256."""
    digest, left = hashlib.sha256(), most
    while left and (block := os.read(handle, min(BLOCK, left))):
        into.write(block)
        digest.update(block)
        left -= len(block)
    return most - left, digest.hexdigest()


def summed(handle: int, length: int) -> str:
    """The SHA-256 of the first bytes of an open file that nothing was read of yet."""
    digest, left = hashlib.sha256(), length
    while left and (block := os.read(handle, min(BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest()


def beside(name: bytes, claim: str, room: int = 0) -> bytes:
    """A name like this one that nobody else gives: `joiners.1f3a5b7c.csv`, so that it still matches `*.csv`.

    `room` is how many bytes may follow it in the names of files that go with it.
    """
    stem, dot, ending = name.rpartition(b".")
    if not stem or len(ending) > LONGEST // 2:
        stem, dot, ending = name, b"", b""
    mark = b"." + claim[:8].encode() + dot + ending
    return stem[: LONGEST - len(mark) - room] + mark


def to_quarantine(path: bytes, quarantine: Path, name: str) -> None:
    """Move a file that is too large to where a person finds it, with the reason beside it."""
    make_folder(quarantine, mode=0o700)
    reason = "It is larger than `max_bytes` of its inbox, so it was not imported; it is here as it was sent.\n"
    quarantine.joinpath(f"{name}.reason").write_text(reason, encoding="utf-8")
    move(Path(os.fsdecode(path)), quarantine / name)


def move(source: Path, target: Path) -> None:
    """Move a file durably, to another file system, too."""
    try:
        source.rename(target)
    except OSError as error:  # on another file system the copy must be durable before the file goes
        if error.errno != errno.EXDEV:
            raise
        with source.open("rb") as file, write_whole(target, text=False) as out:
            copied(file.fileno(), out, os.fstat(file.fileno()).st_size)
        source.unlink()
    sync_folder(target.parent)
