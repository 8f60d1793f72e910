"""Files that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO


@contextmanager
def whole(
    target: Path, *, text: bool, begun_in: Path | None = None, named: bool = True
) -> Iterator[IO[str] | IO[bytes]]:
    """A file to write that takes its name only when it is complete and on disk.

    Text is UTF-8 and its line ends are left alone. An earlier file of that name is replaced in one step. A program
    that is killed leaves a piece beside the target, which the next writing of the same target takes over; where the
    name will not come again, give the folder `begun_in` (on the same disk) for the piece, and `sweep` it.

    Without `named`, the name itself may be gone after a power cut, until the caller has called `sync` on the folder.
    """
    _make(target.parent)
    if begun_in is not None:
        _make(begun_in)
    part = (begun_in or target.parent) / f".{target.name}.part"
    out: IO[str] | IO[bytes]
    out = part.open("w", encoding="utf-8", newline="") if text else part.open("wb")
    try:
        with out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.rename(target)
        if named:
            sync(target.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def nameless(folder: Path) -> BinaryIO:
    """A new empty file on the disk of this folder, which has no name and is gone when it is closed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            raise
        handle, name = tempfile.mkstemp(dir=folder)  # 0600; nothing is in it before its name is gone
        Path(name).unlink(missing_ok=True)
    return os.fdopen(handle, "w+b")


def sweep(folder: Path) -> None:
    """Throw away the pieces in a folder where files are begun; nobody may be writing there."""
    if folder.is_dir():
        for piece in folder.iterdir():
            piece.unlink(missing_ok=True)


def _make(folder: Path) -> None:
    """Make a folder durable with those above it, where they are missing."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    for made in reversed(missing):
        sync(made.parent)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def blocks(path: Path, size: int = 1 << 20) -> Iterator[bytes]:
    """The bytes of a file in order."""
    with path.open("rb") as file:
        while block := file.read(size):
            yield block
