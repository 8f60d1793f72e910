"""`make demo`: a throw-away site with a few hundred members, and two real sheets imported into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SITE = Path("demo-site")
LINECARD = Path(sys.executable).with_name("linecard")
FIRST = "Ada Alan Grace Edsger Barbara Donald Frances Dennis Radia Ken Margaret Niklaus Sophie Tony Hedy Claude".split()  # noqa: SIM905
LAST = "Lovelace Turing Hopper Dijkstra Liskov Knuth Allen Ritchie Perlman Thompson Hamilton Wirth Wilson Hoare".split()  # noqa: SIM905


def run(*words: str, show: bool = True) -> int:
    """One linecard command on the demo site, shown as it would be typed."""
    if show:
        print(f"\n\033[1m$ linecard {' '.join(words)}\033[0m", flush=True)
    out = None if show else subprocess.DEVNULL
    return subprocess.run([LINECARD, *words], stdout=out, check=False).returncode


def people(count: int) -> list[tuple[str, str, str]]:
    """Login, extension and number of the members that the demo's PBX begins with."""
    names = [f"{first}.{last}".lower() for last in LAST for first in FIRST]
    return [(f"{names[i]}@example.com", str(1000 + i), f"+331990010{i:02d}" if i < 100 else "") for i in range(count)]


def main() -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    run("init", str(SITE), "--region", "FR", show=False)
    os.environ["LINECARD_CONFIG"] = str(SITE / "linecard.yaml")
    roster = SITE / "roster.csv"
    rows = [f"attach;{login};{extension};{number}" for login, extension, number in people(len(FIRST) * len(LAST))]
    roster.write_text("\n".join(["Action;LoginEmail;Extension;Number", *rows, ""]), encoding="utf-8")
    code = run("import", str(roster), "--yes", "--description", "the members that are there already", show=False)
    print(f"A site in {SITE} with {len(rows)} members on its embedded PBX.")

    print("\nA clean sheet: joiners and a leaver.")
    code |= run("plan", str(HERE / "joiners.csv"))
    code |= run("import", str(HERE / "joiners.csv"), "--yes", "--description", "joiners of December")
    print("\nA sheet with every kind of mistake, a swap and a forced takeover.")
    faulty = run("import", str(HERE / "everything.csv"), "--yes", "--description", "what can go wrong")
    run("runs")
    if code or faulty != 1:
        sys.exit("The demo did not go as it should; please report what it printed.")
    report = max((SITE / "reports").rglob("*.html"))
    print(f"\nOpen the report in a browser:  file://{report.absolute()}")
    print(f"Look around yourself:          export LINECARD_CONFIG={(SITE / 'linecard.yaml').absolute()}")
    print(f"                               {LINECARD} members --extension 1000")


main()
