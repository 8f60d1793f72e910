"""`linecard check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linecard.cli import recap, site
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.model.sheet import Fault

SHOWN = 100
REFUSED = ("refused_by_processor", "processor_failed")
"""The codes of right rows that a processor let not pass."""


@click.command()
@click.argument("file", type=site.type_file)
@site.inbox_option
@site.json_option
@site.config_option
def command(file: Path, inbox: str | None, *, as_json: bool) -> None:
    """Find the faults of the sheet FILE without asking any PBX.

    Reports every fault at once, with its line, its column, what was found and what to do. Exits with 1 if there is one;
    warnings do not count.
    """
    from linecard.model.sheet import Severity
    from linecard.rules import as_dict
    from linecard.runtime.input_file import open_sheet

    with site.service() as service:
        feed = service.feed(inbox)
        sheet = open_sheet(file, feed)
        seen: Counter[str] = Counter()

        def faults() -> Iterator[Fault]:
            told = 0
            for row in sheet:
                for fault in sheet.faults[told:]:  # what is wrong with the header comes before its rows
                    seen[fault.severity] += 1
                    yield fault
                told = len(sheet.faults)
                if row.faults and not row.valid:
                    seen["refused" if any(fault.code in REFUSED for fault in row.faults) else "invalid"] += 1
                for fault in row.faults:
                    seen[fault.severity] += 1
                    yield fault
            for fault in sheet.faults[told:]:
                seen[fault.severity] += 1
                yield fault

        if as_json:
            site.print_json(
                {"file": str(file), "inbox": feed.name},
                {"faults": lambda: map(as_dict.fault, faults())},
                lambda: {
                    "rows": sheet.rows,
                    "invalid": seen["invalid"],
                    "refused_rows": seen["refused"],
                    "refused": sheet.is_refused,
                },
            )
        else:
            settings: set[str] = set()
            for shown, fault in enumerate(faults()):
                if shown < SHOWN:
                    _show(fault, settings)
            _show_totals(sheet.rows, seen, refused=sheet.is_refused)
        raise SystemExit(1 if seen[Severity.ERROR] else 0)


def _show(fault: Fault, settings: set[str]) -> None:
    where = f"line {fault.line}" if fault.line else "file"
    column = f", {sanitize(fault.column)}" if fault.column else ""
    click.echo(f"{where}{column}: {fault.severity.value} {fault.code.value}: {sanitize(fault.message)}")
    recap.tell_remedy(fault, settings)


def _show_totals(rows: int, seen: Counter[str], *, refused: bool) -> None:
    hidden = seen["error"] + seen["warning"] - SHOWN
    if hidden > 0:
        click.echo(f"... and {hidden:,} more; --json lists them all.")
    if refused:
        click.echo("The file is refused as a whole.")
        return
    refused_rows = f", {seen['refused']:,} refused" if seen["refused"] else ""
    click.echo(
        f"{site.count_noun(rows, 'row')}: {rows - seen['invalid'] - seen['refused']:,} valid, {seen['invalid']:,} "
        f"invalid{refused_rows}; {site.count_noun(seen['warning'], 'warning')}."
    )
