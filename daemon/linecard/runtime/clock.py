"""The wall clock of a site, watched over its lives, so that a wrong one makes nothing old before its time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from linecard.infrastructure.files import write_whole
from linecard.rules.clock import ClockState, observe
from linecard.runtime.log import log

if TYPE_CHECKING:
    from linecard.store.store import Store

FILE = "clock.json"
"""What is known of the clock, below the state folder."""
PERIOD = timedelta(minutes=1)
"""How often what the clock says is written down, at least, while somebody looks at it."""


def since_boot() -> float:
    """Seconds by a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def describe_doubt(state: ClockState) -> str:
    """That the clock is doubted, in a sentence; empty while it is believed."""
    if state.trusted is None:
        return ""
    return (
        f"The clock says {state.seen:%Y-%m-%d %H:%M} UTC, but as far as linecard knows it was "
        f"{state.trusted:%Y-%m-%d %H:%M} UTC; nothing expires until the new time has held for a day."
    )


class ClockWatch:
    """Compares the wall clock with one that nobody sets, and across restarts with what was written down.

    Safe from any thread. `state` is the site's folder; where nothing was written down yet, the last event of the store
    tells when linecard was last at work.
    """

    def __init__(
        self,
        state: Path,
        store: Store,
        *,
        now: Callable[[], datetime],
        elapsed: Callable[[], float] = since_boot,
    ) -> None:
        self._file, self._store, self._now, self._elapsed = state / FILE, store, now, elapsed
        self._lock = threading.Lock()
        self._known: ClockState | None = None
        self._at = 0.0

    def observe(self) -> ClockState:
        """What is known now, written down now and then, and whenever the clock begins or ends to be doubted."""
        with self._lock:
            was, written = self._known, self._read()
            found = self._compare(written)
            if found.trusted is not None and (was is None or was.trusted is None):
                log("clock in doubt", seconds=round((found.seen - found.trusted).total_seconds()), level="warning")
            elif found.trusted is None and was is not None and was.trusted is not None:
                log("clock trusted again")
            self._known, self._at = found, self._elapsed()
            if (
                written is None
                or (found.trusted is None) is not (written.trusted is None)
                or not timedelta() <= found.seen - written.seen < PERIOD
            ):
                with suppress(OSError):  # a full disk is told elsewhere
                    self._write(found)
            return found

    def peek(self) -> ClockState:
        """What is known now; nothing is written."""
        with self._lock:
            return self._compare(self._read())

    def confirm(self) -> ClockState:
        """Have the clock believed, because a person says that it is right; what was known before."""
        with self._lock:
            found = self._compare(self._read())
            self._known, self._at = ClockState(found.seen), self._elapsed()
            self._write(self._known)
            return found

    def _compare(self, written: ClockState | None) -> ClockState:
        now = self._now()
        if self._known is None:
            if written is None:
                last = self._store.last_event()
                written = ClockState(last) if last is not None else None
            return observe(written, now, None)
        known = self._known
        if known.trusted is not None and written is not None and written.trusted is None:
            known = ClockState(known.seen)  # somebody has said meanwhile that it is right
        return observe(known, now, timedelta(seconds=self._elapsed() - self._at))

    def _read(self) -> ClockState | None:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            seen, trusted = (
                datetime.fromisoformat(text) if text else None for text in (found["seen"], found["trusted"])
            )
            return None if seen is None else ClockState(seen, trusted, timedelta(seconds=found["lasted"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, state: ClockState) -> None:
        trusted = state.trusted.astimezone(UTC).isoformat() if state.trusted is not None else None
        facts = {"seen": state.seen.astimezone(UTC).isoformat(), "trusted": trusted}
        with write_whole(self._file, text=True) as out:
            out.write(json.dumps({**facts, "lasted": state.lasted.total_seconds()}))
