"""A file that a person gave, which may not be there, or not be one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from linecard.errors import SheetError
from linecard.infrastructure.files import read_blocks


def read_input(file: Path) -> Iterator[bytes]:
    """The bytes of a file. Raises `SheetError`, at once where it can be told."""
    check_readable(file)
    return guard_reads(file, read_blocks(file))


def check_readable(file: Path) -> None:
    """Raises `SheetError` that says why it is not."""
    if not file.exists():
        raise SheetError(f"There is no file {file}.")
    if not file.is_file():
        what = "a folder" if file.is_dir() else "not a plain file"
        raise SheetError(f"{file} is {what}.", remedy="Give the path of a CSV file.")
    if not os.access(file, os.R_OK):
        raise SheetError(f"{file} cannot be read: this user may not.", remedy="Give this user the right to read it.")


def guard_reads(file: Path, found: Iterator[bytes]) -> Iterator[bytes]:
    """These bytes of a file; a disk that fails is a `SheetError`."""
    try:
        yield from found
    except OSError as error:
        raise SheetError(f"{file} cannot be read: {error.strerror}.") from error
