"""The backend `ldap` on a slapd, beside `ldapmodify` of the same changes, in turns.

    PYTHONPATH=tests .venv/bin/python tests/bench/slapd_people.py [--changes 10000] [--tries 3]

Both give each person an extension and a number, then take them away; linecard also reads what was there before.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from integration.ldap import slapd
from linecard.api.backend import VACANT, Change, ChangeStatus, Holding

LEAST = 0.5
"""Of what ldapmodify does in a second."""


def make_changes(count: int) -> list[Change]:
    return [
        Change(n + 1, "hq", str(10000 + n), VACANT, Holding(f"m{n}@example.org", (f"+33199{n:06d}",)))
        for n in range(count)
    ]


def invert(changes: Sequence[Change]) -> list[Change]:
    return [change._replace(before=change.after, after=change.before) for change in changes]


def write_ldif(base: str, changes: Sequence[Change], *, remove: bool) -> str:
    """The same changes for ldapmodify."""
    blocks = []
    for change in changes:
        held = change.after
        verb = "delete" if remove else "add"
        values = (("extensionNumber", change.extension), ("telephoneNumber", held.numbers[0]))
        lines = "-\n".join(f"{verb}: {name}\n{name}: {value}\n" for name, value in values)
        blocks.append(f"dn: uid={str(held.member).partition('@')[0]},{base}\nchangetype: modify\n{lines}\n")
    return "".join(blocks)


def time_linecard(server: slapd.Slapd, base: str, folder: Path, changes: Sequence[Change]) -> float:
    """Seconds from the first change handed over to the last result."""
    backend = server.backend(base, folder)
    begin = time.monotonic()
    done = sum(result.status is ChangeStatus.DONE for result in backend.apply(changes))
    seconds = time.monotonic() - begin
    backend.close()
    assert done == len(changes)
    return seconds


def time_ldapmodify(server: slapd.Slapd, ldif: str) -> float:
    begin = time.monotonic()
    server.modify(ldif)
    return time.monotonic() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--changes", type=int, default=10000)
    parser.add_argument("--tries", type=int, default=3)
    wanted = parser.parse_args()
    changes = make_changes(wanted.changes)
    shares, rates = [], []
    with tempfile.TemporaryDirectory() as name, slapd.server() as server:
        base = slapd.new_people(server, members=[str(change.after.member) for change in changes])
        attach = write_ldif(base, changes, remove=False)
        detach = write_ldif(base, changes, remove=True)
        for _ in range(wanted.tries):
            for ldif, ours in ((attach, changes), (detach, invert(changes))):
                theirs = time_ldapmodify(server, ldif)
                time_ldapmodify(server, detach if ldif is attach else attach)
                seconds = time_linecard(server, base, Path(name), ours)
                shares.append(theirs / seconds)
                rates.append(len(changes) / seconds)
    share, rate = statistics.median(shares), statistics.median(rates)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"ldap, {wanted.changes} changes on a slapd that does not wait for its disk")
    print(f"  {rate:.0f} changes/s, {share:.2f} of ldapmodify, {memory:.0f} MB")
    print(f"  {'met    ' if share >= LEAST else 'NOT MET'}  at least {LEAST} of ldapmodify")


if __name__ == "__main__":
    main()
