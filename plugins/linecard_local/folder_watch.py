"""Hints from the kernel that something arrived in a folder.

The watchdog package tells neither that the kernel's queue overflowed, nor that its threads died, nor that the
folder is another one by now; so each look checks what can be checked, and begins anew where hints cannot come.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver


class NoWatch:
    """No hints are wanted."""

    remedy = ""

    def check(self) -> str:
        return ""

    def close(self) -> None:
        """Nothing to let go of."""


class FolderWatch:
    """Hints for one folder."""

    def __init__(self, folder: Path, wake: Callable[[], None]) -> None:
        self._folder, self._wake = folder, wake
        self._observer: BaseObserver | None = None
        self._watched: tuple[int, int] | None = None
        self._why = self.remedy = ""
        self.check()

    def check(self) -> str:
        folder = _identify_folder(self._folder)
        was, observer = self._watched, self._observer
        if folder is None:
            self._stop()
            self._why = self.remedy = ""
            return ""  # the look itself says that the folder is gone
        if (
            observer is not None
            and folder == was
            and observer.is_alive()
            and all(e.is_alive() for e in observer.emitters)
        ):
            return ""
        self._stop()
        self._start(folder)
        if self._why:
            return f"{self._why} Files are found by `scan`, a little later."
        if observer is None:
            return ""
        return "Hints had stopped and were restarted; this scan finds the files that arrived in the meantime."

    def _start(self, folder: tuple[int, int]) -> None:
        observer: BaseObserver | None = None
        try:
            observer = Observer()  # takes an instance of inotify at once
            observer.schedule(_Handler(self._wake), str(self._folder), recursive=False)
            observer.start()
        except OSError as error:  # the scan finds files all the same
            self._why, self.remedy = _explain_silence(error)
            if observer is not None:
                with suppress(RuntimeError, OSError):
                    observer.stop()
            return
        self._observer, self._watched, self._why, self.remedy = observer, folder, "", ""

    def _stop(self) -> None:
        observer, self._observer, self._watched = self._observer, None, None
        if observer is not None:
            with suppress(RuntimeError, OSError):
                observer.stop()
                observer.join(5)

    def close(self) -> None:
        self._stop()


class _Handler(FileSystemEventHandler):
    """Every kind of event is a hint: a file that is renamed into the folder is only ever `created`."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in ("opened", "closed_no_write"):
            self._wake()


def _explain_silence(error: OSError) -> tuple[str, str]:
    """Why the kernel gives no hints, and what to do about it."""
    if error.errno == errno.EMFILE:
        limit, name = "instances", "fs.inotify.max_user_instances"
    elif error.errno == errno.ENOSPC:
        limit, name = "watches", "fs.inotify.max_user_watches"
    else:
        return f"The kernel gives no hints: {error.strerror or error}.", "Set `watch: false` where it never can."
    return (
        f"The kernel gives no hints: the {limit} of inotify that this user may have are used up.",
        f"Raise {name} (sysctl), or set `watch: false`; linecard tries again at each scan.",
    )


def _identify_folder(folder: Path) -> tuple[int, int] | None:
    """Which folder it is; None if it is gone, or may not be read: the kernel would be silent about such a one."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if os.access(folder, os.R_OK | os.X_OK, effective_ids=True) else None
