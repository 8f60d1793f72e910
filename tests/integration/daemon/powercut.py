"""Cutting the power of a site at each of its fsyncs, one after the other; run with the C library preloaded.

Each cut is a child forked from here, so the interpreter starts once. What was not made durable is dropped: the site is
built anew from what the library kept. The PBX is another machine and loses nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import sys
from pathlib import Path

CUT = 77


def keep(site: Path, shadow: Path) -> None:
    """All that is there now is durable."""
    shutil.rmtree(shadow, ignore_errors=True)
    (shadow / "data").mkdir(parents=True)
    (shadow / "dirs").mkdir()
    for path in (site, *site.rglob("*")):
        inode = path.stat().st_ino
        if path.is_dir():
            entries = [f"{e.stat().st_ino} {'d' if e.is_dir() else 'f'} {e.name}\n" for e in path.iterdir()]
            (shadow / "dirs" / str(inode)).write_text("".join(entries))
        else:
            shutil.copyfile(path, shadow / "data" / str(inode))


def rebuild(inode: str, shadow: Path, target: Path) -> None:
    """The folder as it is when the power is back: names without durable bytes are empty files."""
    target.mkdir()
    listing = shadow / "dirs" / inode
    for line in listing.read_text().splitlines() if listing.exists() else ():
        number, kind, name = line.split(" ", 2)
        if kind == "d":
            rebuild(number, shadow, target / name)
        elif (shadow / "data" / number).exists():
            shutil.copyfile(shadow / "data" / number, target / name)
        else:
            (target / name).touch()


def once(site: Path, log: Path) -> int:
    """`linecard once` in a child process; its exit code."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(out, 1)
            os.dup2(out, 2)
            from linecard.cli import main

            sys.argv = ["linecard", "--config", f"{site}/linecard.yaml", "once"]
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            sys.stdout.flush()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(library: str, prepared: Path, room: Path, step: int) -> None:
    """Print, for each cut, what the site came to afterwards."""
    lib = ctypes.CDLL(library)
    site, shadow, log = room / "site", room / "shadow", room / "log"
    with contextlib.suppress(SystemExit):
        __import__("linecard.runtime.serve")
    for cut in range(1, 10_000, step):
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
        shutil.copytree(prepared, site)
        keep(site, shadow)
        inode = str(site.stat().st_ino)
        (room / "pbx").mkdir()
        lib.arm(os.fsencode(site), os.fsencode(shadow), cut)
        code = once(site, log)
        lib.arm(b"", b"", 0)
        if code == CUT:
            shutil.rmtree(site)
            rebuild(inode, shadow, site)
        codes = [once(site, log), once(site, log)]
        answer = {"cut": cut, "was cut": code == CUT, "codes": codes}
        print(json.dumps(answer | seen(site, room) | {"log": log.read_text()}), flush=True)
        if code != CUT:
            return


def seen(site: Path, room: Path) -> dict[str, object]:
    import sqlite3

    db = sqlite3.connect(site / "state" / "linecard.db")
    runs = db.execute("SELECT name, state, path FROM run JOIN drop_file d ON drop_id = d.id ORDER BY run.id").fetchall()
    waiting = db.execute("SELECT count(*) FROM outbox WHERE delivered IS NULL").fetchone()[0]
    db.close()
    return {
        "runs": [[name, state] for name, state, _ in runs],
        "kept": [(site / "archive" / path).read_text() for _, _, path in runs],
        "waiting": waiting,
        "reports": len(list((site / "reports").rglob("[0-9]*.html"))),
        "left": sorted(p.name for f in ("inbox", "state/work") for p in (site / f).rglob("*") if p.is_file()),
        "made": [json.loads(line)[0] for line in (room / "pbx" / "hq.ops").read_text().splitlines()],
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
