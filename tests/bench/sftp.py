"""`make bench`, SFTP: a large file and many small ones, against OpenSSH's own client on the same server.

    .venv/bin/python tests/bench/sftp.py [--megabytes 200] [--files 10000] [--tries 3] [--json FILE]

What is measured and how is in docs/bench.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import measure

sys.path.insert(0, str(Path(__file__).parents[1]))

from integration.sftp.sshd import USER, Sshd, made_key

AIM = 0.8
FLAT = 40_000_000
"""Bytes that reading a large file may take more than reading small ones."""
HERE = Path(__file__)


def ours(folder: Path, port: int) -> None:
    """In a process of its own: connect, look, claim, take each file whole into a file, part with none."""
    from linecard.testing import make_context
    from linecard_sftp.inbox import build
    from linecard_sftp.options import SftpOptions

    began = time.perf_counter()
    login = {"host": "127.0.0.1", "port": port, "user": USER, "key": "id", "known_hosts": "known_hosts"}
    inbox = build(SftpOptions.model_validate(login | {"claim": None}), make_context(folder, "hr", path="hr"))
    wanted = {f"{number:032x}": seen for number, seen in enumerate(inbox.list_files())}
    for claim in inbox.claim(wanted):
        with (folder / "got" / wanted[claim].name.decode()).open("wb") as out:
            inbox.copy(claim, wanted[claim], out, most=1 << 40)
    inbox.close()
    print(time.perf_counter() - began)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--megabytes", type=int, default=200)
    words.add_argument("--files", type=int, default=10_000)
    words.add_argument("--tries", type=int, default=3)
    words.add_argument("--json", type=Path)
    words.add_argument("--ours", nargs=2, help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.ours:
        ours(Path(given.ours[0]), int(given.ours[1]))
        return 0
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        figures = _measured(Path(name), given.megabytes, given.files, given.tries)
    if given.json:
        given.json.write_text(json.dumps({"figures": figures}, indent=1))
    return 0


def _measured(folder: Path, megabytes: int, files: int, tries: int) -> dict[str, float]:
    server, key = Sshd(folder / "server"), made_key(folder / "id")
    server.lets_in(key)
    server.start()
    try:
        (folder / "known_hosts").write_text(server.known)
        block = os.urandom(1_000_000)
        with (server.inbox / "large.csv").open("wb") as large:
            for _ in range(megabytes):
                large.write(block)
        of_large = _race(folder, server, tries)
        (server.inbox / "large.csv").unlink()
        for number in range(files):
            (server.inbox / f"{number}.csv").write_bytes(block[:300])
        of_small = _race(folder, server, tries)
    finally:
        server.stop()
    figures: dict[str, float] = {}
    for what, (theirs, mine) in {f"{megabytes} MB": of_large, f"{files:,} files": of_small}.items():
        ratio = theirs.seconds / mine.seconds
        figures |= {f"{what}: ours": mine.seconds, f"{what}: OpenSSH's": theirs.seconds, f"{what}: ratio": ratio}
        met = "met" if ratio >= AIM else "NOT MET"
        print(f"{what}: {mine.seconds:.2f} s, OpenSSH's sftp {theirs.seconds:.2f} s: {ratio:.2f} of its speed ({met})")
    more = of_large[1].peak - of_small[1].peak
    figures["peak bytes"] = of_large[1].peak
    print(f"memory: {of_large[1].peak / 1e6:.0f} MB for the large file ({'met' if more < FLAT else 'NOT MET'})")
    return figures


def _race(folder: Path, server: Sshd, tries: int) -> tuple[measure.Figure, measure.Figure]:
    """The quickest of each, from before it connects to its end; what came is compared.

    A daemon has started long before; what Python takes to start does not count.
    """
    key, known = folder / "id", folder / "known_hosts"
    options = ["-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={known}", "-P", str(server.port), "-i", str(key)]
    theirs = ["sftp", "-q", *options, f"{USER}@127.0.0.1:hr/*", folder / "got"]
    mine = [sys.executable, HERE, "--ours", folder, str(server.port)]

    def runner(command: list[str | Path]) -> measure.Measured:
        def run() -> measure.Figure:
            shutil.rmtree(folder / "got", ignore_errors=True)
            (folder / "got").mkdir()
            found = measure.run(command, folder / "said")
            assert _sizes(folder / "got") == _sizes(server.inbox), "all of it came"
            said = (folder / "said").read_text()
            return replace(found, seconds=float(said)) if command is mine else found

        return run

    found = measure.race(tries, theirs=runner(theirs), mine=runner(mine))
    return found["theirs"], found["mine"]


def _sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


if __name__ == "__main__":
    raise SystemExit(main())
