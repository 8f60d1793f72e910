"""One linecard at a time changes a site."""

from __future__ import annotations

import fcntl
import json
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from linecard.errors import BusyError, StateError
from linecard.infrastructure.access import find_remedy

FILE = "lock"
STATUS_FILE = "status.json"
"""What a daemon that serves the site writes beside the lock."""
_FLOCK = "hhqqi"
"""`struct flock`: type, whence, start, length, process."""


@contextmanager
def site_lock(state: Path) -> Iterator[None]:
    """Hold the site, or raise `BusyError` at once. The kernel lets go when the process ends, however it ends."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(state / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateError(
            f"The state folder {state} cannot be used: {error.strerror}.",
            remedy=find_remedy(error, state),
        ) from error
    try:
        if not _try_lock(handle):
            holder = _holder(handle)
            if _serves(state, holder):
                raise BusyError(
                    f"A daemon serves this site (process {holder}).",
                    remedy="Put the file into its inbox instead, or stop the daemon first.",
                )
            raise BusyError(f"Another linecard works on this site (process {holder or 'unknown'}).")
        with suppress(OSError):  # a full disk: the lock is held all the same, only not signed
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    """Take the lock of an open file description, which the kernel can be asked for without taking it."""
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, 0, 0, 0, 0))
    except BlockingIOError:
        return False
    return True


def _holder(handle: int) -> str:
    return os.pread(handle, 20, 0).decode(errors="replace").strip()


def _serves(state: Path, holder: str) -> bool:
    """Whether the holder of the lock, unknown if the disk was full, is the one who says that it serves the site."""
    try:
        found = json.loads((state / STATUS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and holder in ("", str(found.get("pid")))


def holder_of(state: Path) -> str | None:
    """The process that is changing the site right now; None if there is none. Changes nothing itself."""
    try:
        handle = os.open(state / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        found = fcntl.fcntl(handle, fcntl.F_OFD_GETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, 0, 0, 0, 0))
        return None if struct.unpack(_FLOCK, found)[0] == fcntl.F_UNLCK else _holder(handle)
    finally:
        os.close(handle)


def is_held(state: Path) -> bool:
    """Whether a linecard is changing the site right now."""
    return holder_of(state) is not None


def is_served(state: Path) -> bool:
    """Whether a daemon is at work on the site; what lies there from one that was killed does not count."""
    holder = holder_of(state)
    return holder is not None and _serves(state, holder)
