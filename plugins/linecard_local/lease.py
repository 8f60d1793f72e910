"""Whether somebody has a file open for writing, where the kernel tells.

A read lease (fcntl(2), F_SETLEASE) is granted only while nobody has the file open for writing; it needs a local file
system and our own file, or CAP_LEASE. Whatever else comes back says nothing.
"""

from __future__ import annotations

import errno
import fcntl
import signal
from contextlib import suppress


def is_open_for_writing(handle: int) -> bool:
    """True only if a writer has the file open right now. False says nothing."""
    try:
        # A writer that comes while we hold the lease makes the kernel send us SIGIO, which would end the program;
        # of SIGURG nobody takes notice.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    with suppress(OSError):
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
