"""Files that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole(target: Path, *, text: bool) -> Iterator[IO[str] | IO[bytes]]:
    """A file to write that takes its name only when it is complete and on disk.

    Text is UTF-8 and its line ends are left alone. An earlier file of that name is replaced in one step.
    """
    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    out: IO[str] | IO[bytes]
    out = part.open("w", encoding="utf-8", newline="") if text else part.open("wb")
    try:
        with out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.rename(target)
        sync(target.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


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
