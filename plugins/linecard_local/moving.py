"""Moving and copying files so that what was done is still so after a power cut."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 20
LONGEST = 255
"""Bytes that a file name may have."""

NO_LINKS = frozenset({errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What file systems without hard links answer, and the kernel where nobody may link to the files of others."""
NO_NOREPLACE = frozenset({errno.ENOSYS, errno.EINVAL})
"""What kernels and file systems answer that know no rename which replaces nothing (renameat2 since Linux 3.15)."""
AT_FDCWD, RENAME_NOREPLACE = -100, 1
_libc = ctypes.CDLL(None, use_errno=True)


def rename_new(source: bytes, target: bytes) -> None:
    """Give a file a name that no other file has. Raises `FileExistsError`, `OSError`.

    `os.rename` would replace a file that came under that name meanwhile.
    """
    with suppress(AttributeError):  # a C library without it
        if _libc.renameat2(AT_FDCWD, source, AT_FDCWD, target, RENAME_NOREPLACE) == 0:
            return
        code = ctypes.get_errno()
        if code not in NO_NOREPLACE:
            raise OSError(code, os.strerror(code), os.fsdecode(source), None, os.fsdecode(target))
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fsdecode(target)) from error
        Path(os.fsdecode(source)).rename(
            os.fsdecode(target)
        )  # neither can be had here; a file that comes just now is not seen
    else:
        Path(os.fsdecode(source)).unlink()


def made(folder: bytes) -> None:
    """Make a private folder, and what is missing above it, durably."""
    path = Path(os.fsdecode(folder))
    missing = [p for p in (path, *path.parents) if not p.exists()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for new in reversed(missing):
        synced(os.fsencode(new.parent))


def synced(folder: bytes) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
    made(os.fsencode(quarantine))
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
        part = target.with_name(f".{target.name}.part")
        with source.open("rb") as file, part.open("wb") as out:
            copied(file.fileno(), out, os.fstat(file.fileno()).st_size)
            out.flush()
            os.fsync(out.fileno())
        part.rename(target)
        source.unlink()
    synced(os.fsencode(target.parent))
