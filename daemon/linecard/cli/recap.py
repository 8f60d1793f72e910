"""What a plan comes to, as a terminal shows it before the question."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout

import click

from linecard.cli.site import count_noun
from linecard.model.directory import Change, Holding
from linecard.model.forecast import PbxForecast
from linecard.model.outcome import FINE, Outcome
from linecard.model.report import Line
from linecard.model.run import Affected, Hold
from linecard.model.sheet import Fault, Severity
from linecard.rules.forecasts import format_duration
from linecard.rules.sanitize import sanitize
from linecard.rules.settings import find_setting
from linecard.rules.states import is_fine

ROWS = 50
_COLOURS = {
    "done": "green",
    "unchanged": None,
    "invalid": "red",
    "refused": "yellow",
    "failed": "red",
    "unknown": "magenta",
    "skipped": "yellow",
    "planned": "cyan",
}


def format_counts(found: Mapping[str, int]) -> str:
    """`3 done, 1 refused`: outcomes that occur, in a fixed order."""
    parts = [click.style(f"{found[o]:,} {o.value}", fg=_COLOURS[o]) for o in Outcome if found.get(o)]
    return ", ".join(parts) or "no rows"


@contextmanager
def on_stderr() -> Iterator[None]:
    """What is told goes to standard error, so that standard output has the result alone."""
    with redirect_stdout(sys.stderr):
        yield


def show_row(line: Line) -> None:
    mark = {"done": "+", "planned": "+", "unchanged": "="}.get(line.outcome, "!")
    where = f"{mark} line {line.line}"
    click.echo(
        f"  {where:<12} {click.style(f'{line.outcome.value:<9}', fg=_COLOURS[line.outcome])} {sanitize(line.message)}"
    )
    if line.remedy:
        click.echo(f"  {'':<12} {'':<9} {sanitize(line.remedy)}")
    for warning in line.warnings:
        click.echo(f"  {'':<12} {'warning':<9} {sanitize(warning.message)}")


def show_rows(lines: Iterable[Line], *, most: int = ROWS) -> None:
    """Rows in file order: the first ones of those that are fine, and the first ones of those that are not."""
    seen = {True: 0, False: 0}
    for line in lines:
        fine = line.outcome in FINE
        seen[fine] += 1
        if seen[fine] <= most:
            show_row(line)
    hidden = sum(max(0, count - most) for count in seen.values())
    if hidden:
        click.echo(f"  ... and {count_noun(hidden, 'more row')}; --json and the reports have them all.")


def show_changes(changes: Iterator[Change], *, most: int = ROWS) -> int:
    """Changes, the first ones of them; all are counted."""
    count = 0
    for count, change in enumerate(changes, 1):
        if count <= most:
            before, after = _format_holding(change.before), _format_holding(change.after)
            click.echo(f"  {change.pbx} {change.extension}: {before} -> {after}")
    if count > most:
        click.echo(f"  ... and {count_noun(count - most, 'more change')}.")
    return count


def _format_holding(held: Holding) -> str:
    return sanitize(f"{held.member or '(nobody)'}{''.join(f' {number}' for number in held.numbers)}")


def show_faults(faults: Iterable[Fault]) -> None:
    settings: set[str] = set()
    for fault in faults:
        word = "refused" if fault.severity is Severity.ERROR else "warning"
        click.echo(f"  {click.style(word, fg='red' if word == 'refused' else 'yellow')}: {sanitize(fault.message)}")
        tell_remedy(fault, settings)


def tell_remedy(fault: Fault, settings: set[str]) -> None:
    """What to do, and for whoever sits at the terminal what can be set, of which mails and pages say nothing.

    `settings` are those that were shown before: each is shown once.
    """
    if fault.remedy:
        click.echo(f"    {sanitize(fault.remedy)}")
    if (said := find_setting(fault)) and said not in settings:
        settings.add(said)
        click.echo(f"    If every file is like this: {said}")


def show_forecasts(forecasts: Iterable[PbxForecast]) -> None:
    """How long the changes take on each PBX, and what else it says of them."""
    for found in forecasts:
        if found.seconds:
            click.echo(f"The changes on {found.pbx} take at least {format_duration(found.seconds)}.")
        for note in found.notes:
            click.echo(f"{found.pbx}: {sanitize(note)}")


def show_holds(holds: Iterable[Hold], affected: Iterable[Affected], checksum: str) -> None:
    """Why a plan waits, how much of each PBX it would change, and the checksum by which it is approved."""
    for hold in holds:
        click.echo(click.style(f"Held: {hold.message}", fg="yellow"))
    for pbx, changed, held in affected:
        click.echo(f"It changes {changed:,} of the {held:,} links on {pbx}.")
    if checksum:
        click.echo(f"Checksum of the plan: {checksum}")


def exit_code(found: Mapping[str, int]) -> int:
    """0 when every row is done or unchanged, else 1."""
    return 0 if is_fine(found) else 1
