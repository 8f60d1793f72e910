"""The backend `exec` with a program that says done to everything: what linecard and the lines between them cost.

    PYTHONPATH=tests .venv/bin/python tests/bench/exec.py [--changes 50000] [--tries 3]

The same program is fed the same lines by a shell's redirection from a file: the best that anybody can reach with it.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from integration.exec.programs import open_program, write_program
from linecard.api.backend import VACANT, Change, ChangeStatus, Holding
from linecard_exec.protocol import write_change

LEAST = 5000
"""Changes a second."""

CAT = r"""#!/usr/bin/perl
use strict;
use IO::Handle;
while (<STDIN>) {
    my ($id) = /"id": (\d+)/;
    if (/"op": "hello"/) { print qq({"id":$id,"hello":{"protocol":1,"ahead":2000}}\n{"id":$id,"end":true}\n) }
    elsif (/"op": "apply"/) { next }
    elsif (/"seq": (\d+)/) { print qq({"id":$id,"result":{"seq":$1,"status":"done"}}\n) }
    else { print qq({"id":$id,"end":true}\n) }
    STDOUT->flush;
}
"""


def make_changes(count: int) -> list[Change]:
    after = Holding("ada@example.org", ("+33199001000",))
    return [Change(n, "hq", str(n), VACANT, after) for n in range(1, count + 1)]


def time_linecard(program: Path, changes: list[Change]) -> float:
    """Seconds from the first change handed over to the last result."""
    backend = open_program(program)
    assert backend.can == frozenset()  # it is started
    begin = time.monotonic()
    done = sum(result.status is ChangeStatus.DONE for result in backend.apply(changes))
    seconds = time.monotonic() - begin
    backend.close()
    assert done == len(changes)
    return seconds


def time_pipe(program: Path, changes: list[Change], folder: Path) -> float:
    lines = folder / "lines"
    with lines.open("w") as file:
        file.writelines(json.dumps({"id": 2, "change": write_change(change)}) + "\n" for change in changes)
    with lines.open() as given, (folder / "answers").open("w") as taken:
        begin = time.monotonic()
        subprocess.run([str(program)], stdin=given, stdout=taken, check=True)
        return time.monotonic() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--changes", type=int, default=50000)
    parser.add_argument("--tries", type=int, default=3)
    wanted = parser.parse_args()
    changes = make_changes(wanted.changes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = write_program(folder / "cat.pl", CAT)
        pairs = [(time_linecard(program, changes), time_pipe(program, changes, folder)) for _ in range(wanted.tries)]
    rate = wanted.changes / statistics.median(ours for ours, _ in pairs)
    share = statistics.median(pipe / ours for ours, pipe in pairs)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"exec, {wanted.changes} changes through a program that says done to each")
    print(f"  {rate:.0f} changes/s, {share:.2f} of a bare pipe, {memory:.0f} MB")
    print(f"  {'met    ' if rate >= LEAST else 'NOT MET'}  at least {LEAST} changes a second")


if __name__ == "__main__":
    main()
