"""`make bench`: workbooks against the same rows as CSV, each checked by the command in a fresh process.

    .venv/bin/python tests/bench/workbooks.py [--tries N]

The aims: 1,000 rows take at most half a second more than as CSV; of 100,000 rows 25,000 a second or more, processor
time, the start of the program left out, in less than 150 MB.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Iterator, Sequence
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import measure
import xlsxwriter

LINECARD = Path(sys.executable).parent / "linecard"
SITE = """\
region: FR
pbxs: {hq: {backend: directory, options: {path: hq.sqlite3}}}
inboxes: {hr: {path: inbox}}
"""
HEADER = ("Action", "LoginEmail", "PbxId", "Extension", "Number", "Note")
ODF = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
FORMS = ("csv", "xlsx", "ods")


def rows(count: int) -> Iterator[tuple[str, str, str, int, int, str]]:
    """Extensions and numbers are numbers here, as people type them; formats show their zeros and plus signs."""
    for at in range(count):
        yield "attach", f"member{at}@example.com", "hq", 10_000 + at, 33_199_000_000 + at, f"note {at % 100}"


def write_csv(file: Path, count: int) -> None:
    lines = (f"{a},{m},{p},{e:06},+{n},{o}\n" for a, m, p, e, n, o in rows(count))
    file.write_text("".join((",".join(HEADER) + "\n", *lines)))


def write_xlsx(file: Path, count: int) -> None:
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        formats = [None] * 3 + [book.add_format({"num_format": code}) for code in ("000000", '"+"0')] + [None]
        for at, row in enumerate(rows(count), 1):
            for place, cell in enumerate(row):
                sheet.write(at, place, cell, formats[place])


def write_ods(file: Path, count: int) -> None:
    def line(cells: Sequence[str]) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    def text(seen: str, kind: str = 'office:value-type="string"') -> str:
        return f"<table:table-cell {kind}><text:p>{escape(seen)}</text:p></table:table-cell>"

    def number(value: int, seen: str) -> str:
        return text(seen, f'table:style-name="ce1" office:value-type="float" office:value="{value}"')

    lines = [line(list(map(text, HEADER)))]
    for a, m, p, e, n, o in rows(count):
        lines.append(line([text(a), text(m), text(p), number(e, f"{e:06}"), number(n, f"+{n}"), text(o)]))
    content = f'<table:table table:name="People">{"".join(lines)}</table:table>'
    for tag in ("spreadsheet", "body"):
        content = f"<office:{tag}>{content}</office:{tag}>"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr("content.xml", f"<office:document-content {ODF}>{content}</office:document-content>")


WRITERS = {"csv": write_csv, "xlsx": write_xlsx, "ods": write_ods}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--rows", type=int, nargs=2, default=(1_000, 100_000))
    given = parser.parse_args(words)
    found: dict[int, dict[str, measure.Figure]] = {}
    with TemporaryDirectory() as folder:
        site = Path(folder, "linecard.yaml")
        site.write_text(SITE)
        for count in given.rows:
            runners = {}
            for form in FORMS:
                file = Path(folder, f"{count}.{form}")
                writer = Process(target=WRITERS[form], args=(file, count))  # its memory would count as the command's
                writer.start()
                writer.join()
                command = [LINECARD, "check", "--config", site, file]
                runners[form] = lambda command=command, file=file: measure.run(command, file.with_suffix(".out"))
            found[count] = measure.race(given.tries, **runners)
    few, many = given.rows
    for form in FORMS:
        small, large = found[few][form], found[many][form]
        rate = (many - few) / max(large.cpu - small.cpu, 0.001)
        more = small.cpu - found[few]["csv"].cpu
        print(
            f"{form}: {few:,} rows {small.cpu:.2f} s ({more:+.2f} s to CSV), {many:,} rows {large.cpu:.2f} s, "
            f"{rate:,.0f} rows a second, {large.peak / 1e6:.0f} MB"
        )


if __name__ == "__main__":
    main()
