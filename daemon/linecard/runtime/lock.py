"""One linecard at a time changes a site."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from linecard.errors import BusyError, StateError

FILE = "lock"
SERVED = "status.json"
"""What a daemon that serves the site writes beside the lock."""


@contextmanager
def site_lock(state: Path) -> Iterator[None]:
    """Hold the site, or raise `BusyError` at once. The kernel lets go when the process ends, however it ends."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(state / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateError(
            f"The state folder {state} cannot be used: {error.strerror}.",
            remedy="Check that `state` names a folder on a local disk, and that this user may write to it.",
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
            if (state / SERVED).exists():
                raise BusyError(
                    f"A daemon serves this site (process {holder}).",
                    remedy="Put the file into its inbox instead, or stop the daemon first.",
                ) from None
            raise BusyError(f"Another linecard works on this site (process {holder}).") from None
        with suppress(OSError):  # a full disk: the lock is held all the same, only not signed
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def is_held(state: Path) -> bool:
    """Whether a linecard is changing the site right now."""
    try:
        with site_lock(state):
            return False
    except BusyError:
        return True
