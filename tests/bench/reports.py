"""`make bench`, reports: how fast each format of a long report is written, in how much memory, and its mail.

    .venv/bin/python tests/bench/reports.py [--rows 100000] [--tries 3] [--json FILE]

What is measured and how is in docs/bench.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import measure
import sheets
from contest import LINECARD

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
HERE = Path(__file__)
FORMATS = ("html", "csv", "json")
RUNS = {1: "one in seventeen wrong, the others done", 2: "every row refused", 3: "everybody detached"}
"""The runs of the site, by number. The last sheet names no extensions: they are told as the PBX had them."""
SPEED = 100_000
"""Rows a second."""
FLAT = 20_000_000
"""Bytes that a long report may take more than one of a tenth of its rows: an HTML page shows more rows then."""
BODY = 100_000
"""Bytes of a mail's body, both of its forms, as they are sent."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Seconds, from the open store to the closed file; bytes of the file or of the mail's body; peak of the process."""

    seconds: float
    size: int
    peak: int


def written(site: Path, run: int, form: str, file: Path) -> tuple[float, int]:
    """In a process of its own: the report of a run, as it is filed. Seconds and bytes."""
    from linecard.runtime.service import Service

    with Service.load(site) as service:
        renderer, found = service.renderers[form], service.store.get_run(run)
        began = time.perf_counter()
        with file.open("w", encoding="utf-8", newline="") as out:
            renderer.render(service.report(found), out, templates=service.config.templates)
        return time.perf_counter() - began, file.stat().st_size


def mailed(site: Path, run: int, file: Path) -> tuple[float, int]:
    """In a process of its own: the mail of a run with its files, made but not sent. Seconds, and bytes of the body."""
    from linecard.api.sink import Letter
    from linecard.runtime.service import Service
    from linecard_mail.attachments import collect_attachments
    from linecard_mail.message import compose_message
    from linecard_mail.options import MailOptions

    options = MailOptions(host="localhost", security="none", sender="linecard@example.org", link="https://example.org")
    with Service.load(site) as service:
        report = service.report(service.store.get_run(run))
        letter = Letter(1, report, report.run.state, "ada@example.org", "en", service.store.report_location(run))
        began = time.perf_counter()
        attached = collect_attachments(
            letter,
            lambda form, out: service.renderers[form].render(report, out),
            plain_most=options.plain_most,
            attached_most=options.attached_most,
        )
        made, _ = compose_message(letter, service.contexts.sink("mail"), options, attached)
        file.write_bytes(made.as_bytes())
        seconds = time.perf_counter() - began
    forms = [part for part in made.walk() if part.get_content_type() in ("text/plain", "text/html")]
    return seconds, sum(len(str(part.get_payload())) for part in forms)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rows", type=int, default=100_000)
    words.add_argument("--tries", type=int, default=3)
    words.add_argument("--runs", type=int, default=len(RUNS), help="only so many of the runs (%(default)s)")
    words.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    words.add_argument("--cache", type=Path, default=CACHE, help=argparse.SUPPRESS)
    words.add_argument("--ours", nargs=4, metavar=("SITE", "RUN", "FORM", "FILE"), help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.ours:
        site, run, form, file = given.ours
        made = (
            mailed(Path(site), int(run), Path(file))
            if form == "mail"
            else written(Path(site), int(run), form, Path(file))
        )
        print(json.dumps(made))
        return 0
    work = given.cache / f"reports-{given.rows}"
    shutil.rmtree(work, ignore_errors=True)
    try:
        figures = _measured(work, given.cache, given)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if given.json:
        given.json.write_text(json.dumps({"figures": figures}, indent=1))
    return 0


def _measured(work: Path, cache: Path, given: argparse.Namespace) -> dict[str, dict[str, float]]:
    rows, tries, runs = given.rows, given.tries, list(RUNS.items())[: given.runs]
    few, many = (_site(work / str(n), cache, n, len(runs)) for n in (rows // 10, rows))
    figures: dict[str, dict[str, float]] = {}
    for run, told in runs:
        print(f"{rows:,} rows, {told}")
        for form in (*FORMATS, "mail"):
            short, long = (_best(site, run, form, work / f"out.{form}", tries) for site in (few, many))
            count = rows - rows // sheets.BAD_EVERY if run == 3 else rows
            _checked(form, work / f"out.{form}", count)
            more = long.peak - short.peak
            speed = count / long.seconds
            met = [long.size < BODY] if form == "mail" else [speed >= SPEED, more < FLAT]
            figures[f"{form}, {told}"] = {
                "seconds": long.seconds,
                "rows a second": speed,
                "bytes": long.size,
                "peak bytes": long.peak,
                "more than for a tenth": more,
            }
            size = f"{long.size / 1e3:,.0f} kB{' of body' if form == 'mail' else ''}"
            print(
                f"  {form:<5}{long.seconds:6.2f} s, {speed:9,.0f} rows/s, {size}, {long.peak / 1e6:.0f} MB, "
                f"{more / 1e6:+.1f} MB to a tenth of the rows ({'met' if all(met) else 'NOT MET'})"
            )
    return figures


def _site(folder: Path, cache: Path, rows: int, runs: int) -> Path:
    """A site with the runs, as commands make them; its configuration file."""
    folder.mkdir(parents=True)
    said = folder / "output.txt"
    measure.run([LINECARD, "init", folder / "site", "--region", "FR"], said)
    site = folder / "site" / "linecard.yaml"
    extensions = f"extensions: {sheets.FIRST_EXTENSION}-{sheets.LAST_EXTENSION}"
    text = site.read_text(encoding="utf-8").replace("extensions: 1000-4999", extensions)
    site.write_text(text + "    limits: {detach: {share: null}}\n", encoding="utf-8")
    for sheet in (sheets.joiners, sheets.latecomers, sheets.leavers)[:runs]:
        expect = 0 if sheet is sheets.leavers else 1
        measure.run([LINECARD, "--config", site, "import", sheet(cache, rows), "--yes"], said, expect=expect)
    return site


def _best(site: Path, run: int, form: str, file: Path, tries: int) -> Figure:
    """The quickest of some tries, each in a fresh process, and the largest peak of any."""
    said = file.with_suffix(".figures")
    found = []
    for _ in range(tries):
        peak = measure.run([sys.executable, HERE, "--ours", site, str(run), form, file], said).peak
        seconds, size = json.loads(said.read_text())
        found.append(Figure(seconds, size, peak))
    quickest = min(found, key=lambda figure: figure.seconds)
    return Figure(quickest.seconds, quickest.size, max(figure.peak for figure in found))


def _checked(form: str, file: Path, rows: int) -> None:
    """Ends the bench where rows are missing: a figure for half the work is none."""
    if form == "csv":
        with file.open(encoding="utf-8", newline="") as lines:
            found = sum(1 for _ in csv.reader(lines)) - 1
    elif form == "json":  # line by line, as all files here: what this process has in memory counts for its children
        with file.open(encoding="utf-8") as lines:
            found = sum(line.startswith('  {"line": ') and '"outcome": ' in line for line in lines)
    else:
        found = rows if f"{rows:,} " in file.read_text(encoding="utf-8") else 0
    if found != rows:
        raise SystemExit(f"{file} has {found} rows, not {rows}")


if __name__ == "__main__":
    sys.exit(main())
