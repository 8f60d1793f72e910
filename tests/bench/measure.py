"""One command in a fresh process: how long it took, how much processor time and memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """Seconds on the clock, seconds of processor time, and the largest resident size in bytes."""

    seconds: float
    cpu: float
    peak: int


Measured = Callable[[], Figure]


def run(command: Sequence[str | Path], output: Path, *, expect: int = 0) -> Figure:
    """Run a command with its standard output in a file.

    Ends the bench if it ends otherwise than expected, or has anything to say on standard error.
    """
    said = output.with_suffix(".stderr")
    with output.open("wb") as out, said.open("wb") as err:
        began = time.perf_counter()
        child = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err)
        _, status, used = os.wait4(child.pid, 0)  # what this child used, and no other
        seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    complaint = said.read_text(errors="replace")
    if child.returncode != expect or complaint:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {child.returncode}\n{complaint}see {output}")
    return Figure(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def race(times: int, **runners: Measured) -> dict[str, Figure]:
    """The quickest of several tries of each, taken in turns: a machine busy with other things slows both alike."""
    tries = [{name: measured() for name, measured in runners.items()} for _ in range(times)]
    return {name: min((found[name] for found in tries), key=lambda figure: figure.seconds) for name in runners}
