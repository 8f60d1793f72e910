"""A limit on the time of what a plugin does with rows: whoever does not come back holds up one run, not the daemon."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from linecard.model.sheet import Row
from linecard.ports.processor import ProcessorError


class TimeLimit:
    """Applies a function to rows in a thread of its own, and leaves it behind where one row takes too long.

    A thread cannot be ended from outside. While one that was left behind is still at work, nothing more is asked of the
    same processor: each try would leave another.
    """

    def __init__(self, processor: str, seconds: float) -> None:
        self._processor, self._seconds = processor, seconds
        self._left_behind: threading.Thread | None = None

    def __call__(self, function: Callable[[Row], Row], rows: Sequence[Row]) -> list[Row]:
        """The results in order. Raises `ProcessorError` after between one and two times the limit."""
        if self._left_behind is not None and self._left_behind.is_alive():
            raise ProcessorError(
                f"The processor {self._processor} is still working on an earlier row.",
                remedy="Restart linecard once the processor is corrected or taken off the inbox.",
            )
        results: list[Row] = []

        def work() -> None:
            for row in rows:
                results.append(function(row))  # noqa: PERF401 - how far it is must be seen from outside

        thread = threading.Thread(target=work, name=f"processor {self._processor}", daemon=True)
        thread.start()
        done = -1
        while thread.is_alive():
            thread.join(self._seconds)
            if thread.is_alive() and done == len(results):
                self._left_behind = thread
                raise ProcessorError(
                    f"The processor {self._processor} took more than {self._seconds:g} seconds for line "
                    f"{rows[done].line}.",
                    remedy="Have the processor corrected, or take it off the inbox; the run goes on by itself then.",
                )
            done = len(results)
        if len(results) != len(rows):  # nothing may be lost, whatever ended the thread
            raise ProcessorError(f"The processor {self._processor} ended before line {rows[len(results)].line}.")
        return results
