"""Ending the program with SIGKILL at a chosen place, in a child process of its own.

Places are counted by the interpreter's profiling hook, so nothing of linecard is replaced: every call of SQLite (of
the state database and of the PBX alike, BEGIN and COMMIT among them), and every fsync, rename, removal and opening of
a file. Or any call into C at all; or an instant that the parent chooses, which may lie within such a call.

A death costs a few tens of milliseconds: the child is forked from a process that has run every command once (`warm`)
and has closed all it opened.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import select
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

DIED = -signal.SIGKILL
BROKEN = 99
"""The exit code of a job that raised: a traceback, which is always a bug."""

_FILES = frozenset({os.fsync, os.rename, os.replace, os.unlink, os.remove, os.mkdir, os.open, io.open, os.ftruncate})
_SQLITE = frozenset({"execute", "executemany", "executescript", "commit"})


class Countdown:
    """Counts places (or all calls into C) and kills this process at the `at`-th; 0 only counts."""

    def __init__(self, at: int = 0, *, every_call: bool = False) -> None:
        self.at, self.seen = at, 0
        self._called = self._any if every_call else self._place

    @contextmanager
    def armed(self) -> Iterator[None]:
        sys.setprofile(self._called)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _place(self, _frame: FrameType, event: str, called: object) -> None:
        if event != "c_call":
            return
        owner = getattr(called, "__self__", None)
        if isinstance(owner, sqlite3.Connection | sqlite3.Cursor):
            if called.__name__ in _SQLITE:
                self._count()
        elif called in _FILES:
            self._count()

    def _any(self, _frame: FrameType, event: str, _called: object) -> None:
        if event == "c_call":
            self._count()

    def _count(self) -> None:
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def forked(job: Callable[[], Any], log: Path, *, kill_after: float | None = None) -> tuple[int, Any]:
    """Do a job in a child process: its exit code (negative: the signal), and what it gave back.

    What it says goes to the end of `log`, and nobody answers its questions. After `kill_after` seconds the child is
    killed, wherever it is.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = BROKEN
        try:
            os.close(reading)
            sys.stdin, sys.stdout = io.StringIO(), log.open("a")
            sys.stderr = sys.stdout
            given = pickle.dumps(job())
            sys.setprofile(None)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(given)
            code = 0
        except BaseException:  # noqa: BLE001 - the child must end here, whatever it was
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        if kill_after is not None and not select.select([pipe], [], [], kill_after)[0]:
            os.kill(child, signal.SIGKILL)
        given = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), pickle.loads(given) if given else None


def command(*words: str) -> int:
    """Run one command of linecard in this process. Its exit code."""
    from linecard.cli import main

    try:
        return int(main.main(args=list(words), prog_name="linecard", standalone_mode=False) or 0)
    except SystemExit as ended:
        return int(ended.code or 0)


def warm(folder: Path) -> None:
    """Run the commands once in this process, so that its children have all modules and caches."""
    for name, row in {"one": "attach,ada@x.org,1000,+33199001000", "two": "attach,ada@x.org,9999,"}.items():
        (folder / f"{name}.csv").write_text(f"Action,LoginEmail,Extension,Number\n{row}\n")
    config = ("--config", f"{folder}/site/linecard.yaml")
    assert command("init", f"{folder}/site") == 0
    assert command(*config, "import", f"{folder}/one.csv", "--yes") == 0
    assert command(*config, "import", f"{folder}/two.csv", "--yes") == 1
    assert command(*config, "runs") == 0
    assert command(*config, "resume") == 0
    gc.collect()  # whatever still held a connection has let go of it before anything is forked
    gc.freeze()
