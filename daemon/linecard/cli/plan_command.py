"""`linecard plan`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linecard.cli import site

if TYPE_CHECKING:
    from linecard.model.report import Line
    from linecard.model.sheet import Fault
    from linecard.pipeline.planner import Planner


@click.command()
@click.argument("file", type=site.type_file)
@site.inbox_option
@site.verbose_option
@site.json_option
@site.config_option
def command(file: Path, inbox: str | None, *, verbose: bool, as_json: bool) -> None:
    """Show what the sheet FILE would change, without changing anything (dry run).

    Plays the sheet, row by row, against what the PBXs hold now. Exits with 1 if some row could not be done and with 3
    if the plan would be held for a person.
    """
    from linecard.cli import recap
    from linecard.runtime.operations import Operations

    with site.service(verbose=verbose) as service:
        feed = service.feed(inbox)
        planning = Operations(service).preview(file, feed)
        if as_json:
            _print(planning, file, feed.name)
        else:
            show_plan(planning)
        if verbose:
            for premise in planning.premises:
                click.echo(f"{premise.pbx}: {premise.describe_reading()}", err=True)
        held = bool(planning.find_holds())
        raise SystemExit(1 if planning.sheet.is_refused else 3 if held else recap.exit_code(planning.counts))


def _lines(planning: Planner, faults: list[Fault] | None = None) -> Iterator[Line]:
    from linecard.pipeline.row_messages import describe_row

    for row, verdict in planning.play_rows():
        if faults is not None:
            faults.extend(row.faults)
        yield describe_row(row, verdict, "", row.faults)


def _print(planning: Planner, file: Path, inbox: str) -> None:
    from linecard.rules import as_dict

    faults: list[Fault] = []
    site.print_json(
        {"file": str(file), "inbox": inbox},
        {
            "rows": lambda: map(as_dict.line, _lines(planning, faults)),
            "changes": lambda: () if planning.sheet.is_refused else map(as_dict.change, planning.changes()),
            "faults": lambda: map(as_dict.fault, [*planning.sheet.faults, *faults, *planning.warnings]),
        },
        lambda: {
            "checksum": planning.checksum,
            "refused": planning.sheet.is_refused,
            "counts": dict(planning.counts),
            "holds": [as_dict.hold(hold) for hold in planning.find_holds()],
            "forecasts": [as_dict.forecast(found) for found in planning.forecast()],
        },
    )


def show_plan(planning: Planner) -> None:
    """A plan that was not stored: its rows, its changes and why it would be held."""
    from linecard.cli import recap

    lines = _lines(planning)
    first = list(islice(lines, 1))  # by then the header was read
    of_header = list(planning.sheet.faults)
    recap.show_faults(of_header)
    recap.show_rows(chain(first, lines))
    recap.show_faults(planning.sheet.faults[len(of_header) :])
    if planning.sheet.is_refused:
        click.echo("The file is refused as a whole; nothing would be changed.")
        return
    click.echo(f"\nOf {site.count_noun(sum(planning.counts.values()), 'row')}: {recap.format_counts(planning.counts)}.")
    click.echo("Changes:")
    count = recap.show_changes(planning.changes())
    click.echo(
        f"{site.count_noun(count, 'change')} would be made; nothing was changed."
        if count
        else "  none: there is nothing to change."
    )
    recap.show_faults(planning.warnings)
    recap.show_forecasts(planning.forecast())
    holds = planning.find_holds()
    recap.show_holds(holds, planning.count_affected() if holds else (), planning.checksum)
