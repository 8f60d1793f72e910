"""Ending the program with SIGKILL at a chosen place, in a child process of its own.

Places are counted by the interpreter's profiling hook, so nothing of linecard is replaced: every call of SQLite (of
the state database and of the PBX alike, BEGIN and COMMIT among them), and every fsync, rename, removal and opening of
a file.
"""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import sys
import traceback
from types import FrameType

_FILES = frozenset({os.fsync, os.rename, os.replace, os.unlink, os.remove, os.mkdir, os.open, io.open, os.ftruncate})
_SQLITE = frozenset({"execute", "executemany", "executescript", "commit"})


class Countdown:
    """Counts places and kills this process at the `at`-th; 0 only counts."""

    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def arm(self) -> None:
        sys.setprofile(self._called)

    def _called(self, _frame: FrameType, event: str, called: object) -> None:
        if event != "c_call":
            return
        owner = getattr(called, "__self__", None)
        if isinstance(owner, sqlite3.Connection | sqlite3.Cursor):
            if called.__name__ not in _SQLITE:
                return
        elif called not in _FILES:
            return
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def linecard(*words: str, kill_at: int = 0, log: str = "") -> tuple[int, int]:
    """Run one command in a forked child. Its exit code (negative: the signal), and how many places it passed.

    Forking spares the start of an interpreter for each of hundreds of deaths.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 99
        try:
            silent = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            code = _run(words, kill_at, writing)
        except BaseException:  # noqa: BLE001 - the child must end here, whatever it was
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        passed = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), int(passed or b"0")


def _run(words: tuple[str, ...], kill_at: int, writing: int) -> int:
    from linecard.cli import main

    countdown = Countdown(kill_at)
    countdown.arm()
    try:
        code = int(main.main(args=list(words), prog_name="linecard", standalone_mode=False) or 0)
    except SystemExit as ended:
        code = int(ended.code or 0)
    sys.setprofile(None)
    os.write(writing, str(countdown.seen).encode())
    return code
