"""A file that a person gave, which may not be there, or not be one."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from linecard.errors import SheetError
from linecard.infrastructure.access import find_remedy
from linecard.infrastructure.files import read_blocks
from linecard.pipeline import sheet_file
from linecard.pipeline.feed import Feed
from linecard.rules.check import Sheet


def read_input(file: Path) -> Iterator[bytes]:
    """The bytes of a file. Raises `SheetError`, at once where it can be told."""
    check_readable(file)
    return guard_reads(file, read_blocks(file))


def open_sheet(file: Path, feed: Feed) -> Sheet:
    """A file as a sheet, to be read once. No PBX is asked."""
    check_readable(file)
    return sheet_file.open_sheet(file, feed, partial(guard_reads, file))


def check_readable(file: Path) -> None:
    """Raises `SheetError` that says why it is not."""
    try:
        mode = file.stat().st_mode
        if stat.S_ISREG(mode):
            file.open("rb").close()
            return
    except FileNotFoundError:
        raise SheetError(f"There is no file {file}.", remedy="Check the path.") from None
    except OSError as error:
        raise _unreadable(file, error) from error
    what = "a folder" if stat.S_ISDIR(mode) else "not a plain file"
    raise SheetError(f"{file} is {what}.", remedy="Give the path of a CSV file.")


def guard_reads(file: Path, found: Iterator[bytes]) -> Iterator[bytes]:
    """These bytes of a file; a disk that fails is a `SheetError`."""
    try:
        yield from found
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> SheetError:
    return SheetError(f"{file} cannot be read: {error.strerror or error}.", remedy=find_remedy(error, file))
