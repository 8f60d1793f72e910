"""Files that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal, TextIO, overload

AnyPath = bytes | Path

_NO_LINKS = frozenset({errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What file systems without hard links answer, and the kernel where nobody may link to the files of others."""
_NO_NOREPLACE = frozenset({errno.ENOSYS, errno.EINVAL})
"""What kernels and file systems answer that know no rename which replaces nothing (renameat2 since Linux 3.15)."""
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1


@overload
def write_whole(
    target: Path,
    *,
    text: Literal[True],
    mode: int | None = None,
    begun_in: Path | None = None,
    replace: bool = True,
    fsync: bool = True,
    named: bool = True,
    errors: str = "strict",
) -> AbstractContextManager[TextIO]: ...


@overload
def write_whole(
    target: Path,
    *,
    text: Literal[False],
    mode: int | None = None,
    begun_in: Path | None = None,
    replace: bool = True,
    fsync: bool = True,
    named: bool = True,
) -> AbstractContextManager[BinaryIO]: ...


@contextmanager
def write_whole(
    target: Path,
    *,
    text: bool,
    mode: int | None = None,
    begun_in: Path | None = None,
    replace: bool = True,
    fsync: bool = True,
    named: bool = True,
    errors: str = "strict",
) -> Iterator[Any]:
    """A file to write that takes its name only when it is complete and on disk. Raises `OSError`.

    Text is UTF-8 and its line ends are left alone. An earlier file of that name is replaced in one step and gives the
    new one its mode and, as far as the user may, its owner. `mode` is for secrets, which nobody may read from their
    first byte on; their folder, whose rights matter too, must be there. Without `replace`, the name is taken from no
    other file: `FileExistsError`.

    A program that is killed leaves a piece beside the target, which the next writing of the same target takes over;
    where the name will not come again, give the folder `begun_in` (on the same disk) for the piece, and `sweep` it.

    Without `named`, the name itself may be gone after a power cut, until the caller has called `sync_folder`; without
    `fsync`, what stands in it too: for what is of no worth after a crash.
    """
    if mode is None:
        make_folder(target.parent, mode=0o750)
    if begun_in is not None:
        make_folder(begun_in, mode=0o750)
    part = _part(target, begun_in)
    # Where others may write, or may not read, nothing that lies there is written to: it could be a link, or open.
    handle = _create(part, mode or 0o666) if mode is not None or not replace else _reopen(part, target)
    out = os.fdopen(handle, "w", encoding="utf-8", newline="", errors=errors) if text else os.fdopen(handle, "wb")
    try:
        with out:
            yield out
            out.flush()
            # Order (write): the bytes are on disk before the file gets its name. Named first, a power cut may leave an
            # empty file under it. Shown by tests/integration/daemon/test_power.py.
            if fsync:
                os.fsync(out.fileno())
        if replace:
            part.replace(target)
        else:
            rename_new(os.fsencode(part), os.fsencode(target))
        # Order (write): the name is on disk before the caller goes on to say that the file is there. Left out, a power
        # cut takes the name away. Shown by tests/integration/daemon/test_power.py.
        if fsync and named:
            sync_folder(target.parent)
    except BaseException:
        with suppress(OSError):  # the first error is the one to be told
            part.unlink(missing_ok=True)
        raise


def drop_part(target: Path) -> None:
    """Throw away the piece of a writing of this target that did not come to its end."""
    _part(target).unlink(missing_ok=True)


def _part(target: Path, folder: Path | None = None) -> Path:
    return (folder or target.parent) / f".{target.name}.part"


def _create(part: Path, mode: int) -> int:
    part.unlink(missing_ok=True)
    return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)


def _reopen(part: Path, target: Path) -> int:
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    with suppress(FileNotFoundError):
        old = target.stat()
        new = os.fstat(handle)
        if not (stat.S_ISREG(old.st_mode) and stat.S_ISREG(new.st_mode)):
            return handle
        with suppress(OSError):  # only root may give files away
            if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
                os.fchown(handle, old.st_uid, old.st_gid)
        with suppress(OSError):  # after the owner, whose change may take bits away
            if stat.S_IMODE(old.st_mode) != stat.S_IMODE(new.st_mode):
                os.fchmod(handle, stat.S_IMODE(old.st_mode))
    return handle


def rename_new(source: bytes, target: bytes) -> None:
    """Give a file a name that no other file has. Raises `FileExistsError`, `OSError`.

    `os.rename` would replace a file that came under that name meanwhile.
    """
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    with suppress(AttributeError):  # a C library without it
        if libc.renameat2(_AT_FDCWD, source, _AT_FDCWD, target, _RENAME_NOREPLACE) == 0:
            return
        code = ctypes.get_errno()
        if code not in _NO_NOREPLACE:
            raise OSError(code, os.strerror(code), os.fsdecode(source), None, os.fsdecode(target))
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fsdecode(target)) from error
        # Neither can be had here; a file that comes just now is not seen.
        Path(os.fsdecode(source)).rename(os.fsdecode(target))
    else:
        Path(os.fsdecode(source)).unlink()


def open_nameless(folder: Path) -> BinaryIO:
    """A new empty file on the disk of this folder, which has no name and is gone when it is closed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            raise
        import tempfile

        handle, name = tempfile.mkstemp(dir=folder)  # 0600; nothing is in it before its name is gone
        Path(name).unlink(missing_ok=True)
    return os.fdopen(handle, "w+b")


def create_private(path: Path) -> None:
    """Make an empty file for its owner's eyes only, before a library makes one that others may read.

    O_EXCL, not O_CREAT alone: opening and closing a database that is there drops the locks that other connections of
    this process have on it (https://www.sqlite.org/howtocorrupt.html, 2.2). Raises `OSError`.
    """
    if path.exists():
        return
    make_folder(path.parent, mode=0o700)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def sweep(folder: Path) -> None:
    """Throw away the pieces in a folder where files are begun; nobody may be writing there."""
    if folder.is_dir():
        for piece in folder.iterdir():
            piece.unlink(missing_ok=True)


def make_folder(folder: AnyPath, *, mode: int) -> None:
    """Make a folder durable with those above it, where they are missing."""
    path = Path(os.fsdecode(folder))
    missing = [f for f in (path, *path.parents) if not f.exists()]
    for new in reversed(missing):
        new.mkdir(mode=mode, exist_ok=True)
        sync_folder(new.parent)


def sync_folder(folder: AnyPath) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_blocks(path: Path, size: int = 1 << 20) -> Iterator[bytes]:
    """The bytes of a file in order."""
    with path.open("rb") as file:
        while block := file.read(size):
            yield block
