"""`make bench`: linecard against a plain script, in the same run, on the same sheets, each in a fresh process.

    .venv/bin/python tests/bench/bench.py [--rows 1000,100000,1000000] [--tries N] [--json FILE]

Says for each aim whether it was met. Ends with 1 only if the two disagree about the bad lines or the directory, for
then no figure means anything. What is measured and how is in docs/bench.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import contest
import measure
from contest import Contest, Result

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
ROWS = (1_000, 100_000, 1_000_000)
FROM = 100_000
"""The aims about speed hold from this many rows on; below, the start of the program is what is measured."""
AGAINST = {
    "check": "plain_check",
    "import": "plain_import",
    "import_again": "plain_import_again",
    "detach_all": "plain_detach_all",
}


@dataclass(frozen=True, slots=True)
class Aim:
    """Something promised, what was found, and whether that keeps the promise."""

    name: str
    found: str
    met: bool


def aims(results: Sequence[Result], quick: measure.Figure) -> Iterator[Aim]:
    """The aims that these results can speak about."""
    for result in results:
        of, rows = result.figures, f"at {result.rows:,} rows"
        if result.rows < FROM:
            continue
        ratio = of["plain_check"].seconds / of["check"].seconds
        yield Aim(f"checking at least twice as fast as the plain script {rows}", f"{ratio:.1f} times", ratio >= 2)
        ratio = of["plain_import"].seconds / of["import"].seconds
        yield Aim(f"the journaled import at least as fast as the plain one {rows}", f"{ratio:.2f} times", ratio >= 1)
        if result.rows >= 1_000_000:
            for name, most in ("check", 100), ("import", 500):
                peak = of[name].peak / 1e6
                yield Aim(f"{name} below {most} MB {rows}", f"{peak:.0f} MB", peak < most)
    yield from _growth(results)
    yield Aim("`linecard --help` below 150 ms", f"{quick.seconds * 1000:.0f} ms", quick.seconds < 0.15)


def _growth(results: Sequence[Result]) -> Iterator[Aim]:
    """Linear means: a row costs no more than a quarter more when there are ten times as many."""
    long = [result for result in results if result.rows >= FROM]
    for less, more in pairwise(long):
        for name in ("check", "plan", "import"):
            growth = (more.figures[name].seconds / more.rows) / (less.figures[name].seconds / less.rows)
            yield Aim(f"{name}: cost of a row, {more.rows:,} to {less.rows:,}", f"{growth:.2f} times", growth <= 1.25)


def table(result: Result) -> Iterator[str]:
    yield f"\n{result.rows:,} rows, {result.bad_rows:,} of them bad; {result.directory:,} extensions in the end"
    yield f"  {'':<18}{'seconds':>8}{'cpu':>9}{'rows/s':>11}{'peak MB':>9}   against the plain script"
    for name, figure in result.figures.items():
        plain = result.figures.get(f"plain_{name}")
        ratio = f"{plain.seconds / figure.seconds:.2f} times as fast" if plain else ""
        speed = f"{result.rows / figure.seconds:,.0f}"
        clock, cpu, peak = f"{figure.seconds:.2f}", f"{figure.cpu:.2f}", f"{figure.peak / 1e6:.0f}"
        yield f"  {name.replace('_', ' '):<18}{clock:>8}{cpu:>9}{speed:>11}{peak:>9}   {ratio}".rstrip()
    for words in result.disagreements:
        yield f"  THE TWO DISAGREE: {words}"


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    return {
        "cpu": cpu or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text().splitlines()
    except OSError:
        return []


def main() -> int:
    options = argparse.ArgumentParser(description="linecard against a plain script")
    options.add_argument("--rows", default=",".join(map(str, ROWS)), help="numbers of rows (%(default)s)")
    options.add_argument(
        "--tries", type=int, help="how often each is measured, the best counts (default: 3, from 1,000,000 rows on 1)"
    )
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    options.add_argument("--cache", type=Path, default=CACHE, help=argparse.SUPPRESS)
    given = options.parse_args()

    on = machine()
    print(", ".join(f"{value}{' cores' if name == 'cores' else ''}" for name, value in on.items()))
    output = given.cache / "help.txt"
    given.cache.mkdir(parents=True, exist_ok=True)
    quick = measure.race(10, help=lambda: measure.run([contest.LINECARD, "--help"], output))["help"]
    results = []
    for rows in map(int, given.rows.split(",")):
        tries = given.tries or (3 if rows < 1_000_000 else 1)
        results.append(Contest(given.cache, rows, tries).run())
        print(*table(results[-1]), sep="\n", flush=True)
    judged = list(aims(results, quick))
    print("\nAims")
    for aim in judged:
        print(f"  {'met    ' if aim.met else 'NOT MET'}  {aim.name}: {aim.found}")
    if given.json:
        facts = {"machine": on, "help": asdict(quick), "sizes": [asdict(r) for r in results]}
        given.json.write_text(json.dumps(facts | {"aims": [asdict(aim) for aim in judged]}, indent=1) + "\n")
    return 1 if any(result.disagreements for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
