"""`make demo`: a throw-away site with a few hundred members, and two real sheets dropped into its inbox."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
SITE = Path("demo-site")
LINECARD = Path(sys.executable).with_name("linecard")
FIRST = "Ada Alan Grace Edsger Barbara Donald Frances Dennis Radia Ken Margaret Niklaus Sophie Tony Hedy Claude".split()  # noqa: SIM905
LAST = "Lovelace Turing Hopper Dijkstra Liskov Knuth Allen Ritchie Perlman Thompson Hamilton Wirth Wilson Hoare".split()  # noqa: SIM905


def typed(command: str) -> None:
    """A command as it would be typed, bold where somebody looks on."""
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}$ {command}{plain}", flush=True)


def run(*words: str, show: bool = True) -> int:
    """One linecard command on the demo site, shown as it would be typed."""
    if show:
        typed(f"linecard {' '.join(words)}")
    out = None if show else subprocess.DEVNULL
    return subprocess.run([LINECARD, *words], stdout=out, check=False).returncode


def people(count: int) -> list[tuple[str, str, str]]:
    """Login, extension and number of the members that the demo's PBX begins with."""
    names = [f"{first}.{last}".lower() for last in LAST for first in FIRST]
    return [(f"{names[i]}@example.com", str(1000 + i), f"+331990010{i:02d}" if i < 100 else "") for i in range(count)]


def drop(file: Path) -> None:
    """Put a file into the inbox as a careful HR system does: under a temporary name, then renamed."""
    inbox = SITE / "inbox" / "hr"
    typed(f"cp {file.name} {inbox}/")
    part = inbox / f"{file.name}.part"
    shutil.copyfile(file, part)
    part.rename(inbox / file.name)


def reports(count: int, daemon: subprocess.Popen[bytes]) -> None:
    """Wait until so many reports are filed; the daemon says meanwhile what it does."""
    deadline = time.monotonic() + 60
    while len(list((SITE / "reports").rglob("[0-9]*.html"))) < count:
        if time.monotonic() > deadline or daemon.poll() is not None:
            sys.exit("The report did not come; please tell what was printed.")
        time.sleep(0.1)


def main() -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    run("init", str(SITE), "--region", "FR", show=False)
    config = SITE / "linecard.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("    path: inbox/hr\n", "    path: inbox/hr\n    settle: 1 s\n"), encoding="utf-8")
    os.environ["LINECARD_CONFIG"] = str(config)
    roster = SITE / "roster.csv"
    rows = [f"attach;{login};{extension};{number}" for login, extension, number in people(len(FIRST) * len(LAST))]
    roster.write_text("\n".join(["Action;LoginEmail;Extension;Number", *rows, ""]), encoding="utf-8")
    code = run("import", str(roster), "--yes", "--description", "the members that are there already", show=False)
    print(f"A site in {SITE} with {len(rows)} members on its embedded PBX.")

    print("\nWhat would a sheet change? Nothing is changed by asking.")
    code |= run("plan", str(HERE / "joiners.csv"))

    print("\nThe daemon watches the inbox. Two files are dropped: a clean one; then one with every kind of mistake, a")
    print("swap and a forced takeover.")
    typed("linecard serve")
    with subprocess.Popen([LINECARD, "serve"]) as daemon:
        drop(HERE / "joiners.csv")
        reports(2, daemon)
        drop(HERE / "everything.csv")
        reports(3, daemon)
        code |= run("status")
        daemon.terminate()
        code |= daemon.wait()
    run("show", "3")
    run("runs")
    print("\nWhatever a run did can be put back: this sheet does it, and is imported like any other.")
    code |= run("report", "2", "--format", "undo")
    if code:
        sys.exit("The demo did not go as it should; please tell what was printed.")
    report = max((SITE / "reports").rglob("[0-9]*.html"))
    print(f"\nOpen the report in a browser:  file://{report.absolute()}")
    print(f"Look around yourself:          export LINECARD_CONFIG={config.absolute()}")
    print(f"                               {LINECARD} members --extension 1000")


main()
