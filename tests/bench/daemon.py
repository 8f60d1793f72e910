"""`make bench`, the daemon: how soon a file is claimed, what an idle daemon takes, and what a drop costs.

    .venv/bin/python tests/bench/daemon.py [--lying 10000] [--drops 200] [--rows 100000] [--idle 60] [--json FILE]

What is measured and how is in docs/bench.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import measure
import sheets

import bench

LINECARD = Path(sys.executable).with_name("linecard")
HEADER = "Action,LoginEmail,Extension\n"
TICKS = os.sysconf("SC_CLK_TCK")
GIVE_UP = 1800.0
LIMITS = "{detach: {share: null}, move: {share: null}, force: {share: null}, number: {share: null}}"


class Site:
    """A site with one PBX and one inbox, and the daemon that serves it."""

    def __init__(self, folder: Path, settle: float) -> None:
        self.folder, self.settle = folder, settle
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("inbox", "outside"):
            (folder / name).mkdir(parents=True)
        (folder / "linecard.yaml").write_text(
            "region: FR\npbxs:\n  hq: {backend: directory, options: {path: hq.sqlite3}}\n"
            f"inboxes:\n  hr: {{path: inbox, names: ['*.csv'], settle: {settle}, limits: {LIMITS}}}\n"
        )

    @contextmanager
    def served(self) -> Iterator[int]:
        """The daemon at work and its process; it is asked to stop afterwards."""
        with (self.folder / "log").open("w") as log:
            daemon = subprocess.Popen([*self.command, "serve"], stdout=log, stderr=subprocess.STDOUT)
        try:
            until(lambda: "ready " in (self.folder / "log").read_text(), 0.05)
            yield daemon.pid
        finally:
            daemon.terminate()
            daemon.wait()

    @property
    def command(self) -> list[str]:
        return [str(LINECARD), "--config", f"{self.folder}/linecard.yaml"]

    def write(self, name: str, text: str) -> Path:
        made = self.folder / "outside" / name
        made.write_text(text)
        return made

    def drop(self, file: Path) -> Path:
        """Deliver a file by renaming it; where it lies then."""
        return file.rename(self.folder / "inbox" / file.name)

    def reported(self) -> int:
        query = "SELECT count(*) FROM outbox WHERE delivered IS NOT NULL"
        db = sqlite3.connect(self.folder / "state" / "linecard.db", timeout=30)
        try:
            return int(db.execute(query).fetchone()[0])
        finally:
            db.close()


class Process(NamedTuple):
    """Seconds of processor time so far, and resident bytes now."""

    cpu: float
    resident: int


def process(pid: int) -> Process:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return Process((int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * os.sysconf("SC_PAGE_SIZE"))


def until(condition: Callable[[], bool], every: float) -> None:
    deadline = time.monotonic() + GIVE_UP
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("the daemon did not come to it; see its log")
        time.sleep(every)


def small(number: int, rows: int) -> str:
    return HEADER + "".join(
        f"attach,m{number}.{row}@example.org,{100_000 + 10 * number + row}\n" for row in range(rows)
    )


def claimed(site: Site, lying: int, tries: int) -> list[float]:
    """Seconds from the rename of a file to its claim, with so many other files in the inbox that stay there."""
    for number in range(lying):
        (site.folder / "inbox" / f"other-{number}.txt").touch()
    waited = []
    with site.served():
        for number in range(tries):
            done = site.reported()
            file = site.drop(site.write(f"{number}.csv", small(number, 1)))
            began = time.perf_counter()
            until(lambda file=file: not file.exists(), 0.001)
            waited.append(time.perf_counter() - began)
            until(lambda done=done: site.reported() > done, 0.02)
    return waited


def burst(site: Site, files: int) -> float:
    """Seconds from the last rename of many files, dropped at once, until the last of them is claimed."""
    made = [site.write(f"{number}.csv", small(number, 1)) for number in range(files)]
    with site.served():
        for file in made:
            site.drop(file)
        began = time.perf_counter()
        until(lambda: not any((site.folder / "inbox").iterdir()), 0.01)
        return time.perf_counter() - began


def idle(site: Site, seconds: float) -> tuple[float, int]:
    """Processor seconds that a daemon without work takes in so many seconds, and its resident bytes."""
    with site.served() as pid:
        site.drop(site.write("first.csv", small(0, 10)))
        until(lambda: site.reported() == 1, 0.05)
        time.sleep(min(5.0, seconds))
        before = process(pid)
        time.sleep(seconds)
        after = process(pid)
        return after.cpu - before.cpu, after.resident


def drops(site: Site, files: int) -> tuple[float, float]:
    """Seconds and processor seconds of the daemon for each of many small files that are dropped at once."""
    made = [site.write(f"{number}.csv", small(number, 10)) for number in range(files)]
    with site.served() as pid:
        before = process(pid)
        began = time.perf_counter()
        for file in made:
            site.drop(file)
        until(lambda: site.reported() == files, 0.02)
        seconds = time.perf_counter() - began - site.settle
        return seconds / files, (process(pid).cpu - before.cpu) / files


def long_drop(site: Site, sheet: Path) -> float:
    """Seconds from the drop of a long sheet to its report, without the time it takes to settle."""
    copy = site.folder / "outside" / "long.csv"
    shutil.copy(sheet, copy)
    with site.served():
        began = time.perf_counter()
        site.drop(copy)
        until(lambda: site.reported() == 1, 0.01)
        return time.perf_counter() - began - site.settle


def aims(found: dict[str, float]) -> Iterator[bench.Aim]:
    for lying in ("one file", "many files"):
        late = found[f"claimed late, {lying} lying there"]
        name = f"a file is claimed within settle time + 100 ms, {lying} lying there"
        yield bench.Aim(name, f"{late * 1000:.0f} ms", late <= 0.1)
    cpu, memory = found["idle cpu share"], found["idle resident bytes"]
    yield bench.Aim("the idle daemon uses no measurable CPU", f"{100 * cpu:.2f} %", cpu < 0.005)
    yield bench.Aim("the idle daemon below 100 MB", f"{memory / 1e6:.0f} MB", memory < 100e6)


def main() -> int:
    options = argparse.ArgumentParser(description="the daemon")
    options.add_argument("--lying", type=int, default=10_000, help="files in a full inbox (%(default)s)")
    options.add_argument("--drops", type=int, default=200, help="small files dropped at once (%(default)s)")
    options.add_argument("--rows", type=int, default=100_000, help="rows of the long sheet (%(default)s)")
    options.add_argument("--idle", type=float, default=60, help="seconds of watching an idle daemon (%(default)s)")
    options.add_argument("--settle", type=float, default=1.0, help="settle time of the inbox (%(default)s)")
    options.add_argument("--tries", type=int, default=10, help="files of which the claim is timed (%(default)s)")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    options.add_argument("--cache", type=Path, default=bench.CACHE, help=argparse.SUPPRESS)
    given = options.parse_args()

    def site() -> Site:
        return Site(given.cache / "daemon", given.settle)

    found: dict[str, float] = {}

    def tell(name: str, value: float) -> None:
        found[name] = value
        print(f"  {name:<52} {value:,.4g}", flush=True)

    print("The daemon (seconds)")
    for name, lying in (("one file", 0), ("many files", given.lying)):
        waited = [seconds - given.settle for seconds in claimed(site(), lying, given.tries)]
        tell(f"claimed late, {name} lying there", statistics.median(waited))
        tell(f"claimed late at most, {name} lying there", max(waited))
    tell(f"claimed late, the last of {given.lying:,} dropped at once", burst(site(), given.lying) - given.settle)
    cpu, resident = idle(site(), given.idle)
    tell("idle cpu share", cpu / given.idle)
    tell("idle resident bytes", resident)
    each, cpu_each = drops(site(), given.drops)
    tell("a small drop through the daemon", each)
    tell("a small drop through the daemon, cpu", cpu_each)
    one = site()
    number = iter(range(1000))
    figure = measure.race(5, run=lambda: _imported(one, one.write("one.csv", small(next(number), 10))))["run"]
    tell("the same through `linecard import`", figure.seconds)
    tell("the same through `linecard import`, cpu", figure.cpu)
    sheet = sheets.joiners(given.cache, given.rows)
    tell(f"a drop of {given.rows:,} rows through the daemon", long_drop(site(), sheet))
    tell("the same through `linecard import`, in seconds", _imported(site(), sheet, expect=1).seconds)
    shutil.rmtree(given.cache / "daemon")

    judged = list(aims(found))
    print("\nAims")
    for aim in judged:
        print(f"  {'met    ' if aim.met else 'NOT MET'}  {aim.name}: {aim.found}")
    if given.json:
        given.json.write_text(json.dumps({"machine": bench.machine(), "figures": found}, indent=1) + "\n")
    return 0


def _imported(site: Site, sheet: Path, expect: int = 0) -> measure.Figure:
    words = ["import", str(sheet), "--yes"]
    return measure.run([*site.command, *words], site.folder / "output.txt", expect=expect)


if __name__ == "__main__":
    sys.exit(main())
