"""The crash guard: whether a file may be read here, after linecard was ended while it read it.

A file that ends the program must neither end it for ever nor be blamed for what came from outside. So it is tried in
a process of its own, and what nothing but the file can explain is left to a person, while other files go on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from linecard.model.run import Run
from linecard.pipeline.quarantine import hold_file
from linecard.runtime.health import Health
from linecard.runtime.log import log
from linecard.runtime.trial_read import try_read
from linecard.store.store import Store

MAX_CRASHES = 3
"""How often in a row a process that does nothing but read a file may break down, until a person is asked."""

MAX_TRIES = 10
"""How often in a row linecard may be ended while it reads a file that is read well otherwise, until a person is asked:
what does not show in a process of its own must not go round for ever either."""


class CrashGuard:
    """`file` is the configuration; None where there is none to be read by another process."""

    def __init__(self, store: Store, file: Path | None, health: Health, who: str, stop: Callable[[], bool]) -> None:
        self._store, self._file, self._health, self._who, self._stop = store, file, health, who, stop

    def may_read(self, run: Run) -> bool:
        """Asked before each step that reads a file. False: it waits for a person, or linecard is asked to stop."""
        with self._store.transaction() as connection:
            tries = self._store.count_try(connection, run.id)
        if tries == 1:
            return True
        crashes = self._count_crashes(run)
        if crashes is None:
            with self._store.transaction() as connection:
                self._store.count_try(connection, run.id, -1)
            return False
        if not crashes and tries <= MAX_TRIES:
            return True
        self._ask_person(run, crashes, tries - 1)
        return False

    def _count_crashes(self, run: Run) -> list[str] | None:
        """How processes ended that read the file; none if one of them read it well, None if that was cut short."""
        if self._file is None:
            return []
        self._health.begin_task(f"run {run.id}", f"reading {run.drop.name} in a process of its own")
        found: list[str] = []
        while len(found) < MAX_CRASHES:
            ending = try_read(self._file, run.id, self._stop)
            if ending == "":
                return []
            if ending is None:
                return found or None
            log("separate process failed while reading the file", how=ending, level="warning")
            found.append(ending)
        return found

    def _ask_person(self, run: Run, crashes: list[str], tries: int) -> None:
        if run.attempt == 0:
            held = hold_file(self._store, run, crashes, tries, who=self._who)
            log("file waits for a person", why=held.holds[0].message, level="error")
            return
        named = f" ({', '.join(dict.fromkeys(crashes))})" if crashes else ""
        how = f"{len(crashes) or tries} times{named}"
        self._health.raise_alert(
            f"run {run.id} given up",
            f"Run {run.id} is left as it is: linecard crashed while it read its file {how}.",
            "Stop the daemon, look at its log, then run `linecard resume`.",
        )
