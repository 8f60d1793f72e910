"""`linecard digest`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.model.summary import Summary


@click.command()
@click.option("--inbox", "inboxes", metavar="NAME", multiple=True, help="An inbox; repeat for more. Default: all.")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How far to look back.")
@site.json_option
@site.config_option
def command(inboxes: tuple[str, ...], days: int, *, as_json: bool) -> None:
    """Show what a digest would say now: what happened, what is still wrong, what waits for a decision.

    Sends nothing; `linecard mail test ADDRESS --digest` sends it to you. Exits with 1 if something needs attention.
    """
    from linecard.rules import as_dict
    from linecard.runtime.digests import Digests

    with site.service() as service:
        names = tuple(service.feed(name).name for name in inboxes) or tuple(service.config.inboxes)
        now = service.now()
        found = Digests(service).summarize(names, now - timedelta(days=days), now, "en")
        if as_json:
            head = as_dict.summary(found)
            site.print_json(head, {}, dict)
        else:
            _show(found)
    raise SystemExit(1 if found.undecided or found.wrong or found.alerts else 0)


def _show(found: Summary) -> None:
    from linecard.cli import recap
    from linecard.rules.states import find_result

    rows = recap.format_counts(found.counts) if any(found.counts.values()) else "no rows"
    when = f"{found.begins:%Y-%m-%d %H:%M} to {found.ends:%Y-%m-%d %H:%M} (UTC)"
    click.echo(f"{when}: {site.count_noun(found.files, 'file')}, {rows}")
    if found.undecided:
        click.echo("\nWaiting for a decision:")
        for plan in found.undecided:
            click.echo(f"  run {plan.run}, {plan.inbox}, {sanitize(plan.file)}, since {plan.since:%Y-%m-%d %H:%M}")
            for why in plan.why:
                click.echo(f"    {sanitize(why)}")
    if found.wrong:
        click.echo("\nStill not right:")
        for row in found.wrong:
            who = " ".join(part for part in (row.action, row.member, row.extension, row.number, row.pbx) if part)
            times = f", {row.times} times" if row.times > 1 else ""
            click.echo(f"  {sanitize(who)}: {row.outcome.value} since {row.since:%Y-%m-%d %H:%M}{times}")
            click.echo(f"    {sanitize(row.message)} {sanitize(row.remedy)}".rstrip())
        _show_hidden(found.more_wrong, "row")
    if found.alerts:
        click.echo("\nNeeds attention:")
        for alert in found.alerts:
            click.echo(f"  {sanitize(alert.message)}\n    {sanitize(alert.remedy)}")
    if found.ended:
        click.echo("\nFiles:")
        site.print_table(
            ("Run", "Ended (UTC)", "Inbox", "Result", "Rows", "File"),
            [
                (
                    str(run.run),
                    f"{run.at:%Y-%m-%d %H:%M}",
                    run.inbox,
                    find_result(run.state, run.counts).value,
                    recap.format_counts(run.counts),
                    sanitize(run.file),
                )
                for run in found.ended
            ],
        )
        _show_hidden(found.more_ended, "file")
    click.echo("\nSeven days until:")
    site.print_table(
        ("Until (UTC)", "Files", "Rows done", "Not done"),
        [
            (f"{week.ends:%Y-%m-%d %H:%M}", f"{week.files:,}", f"{week.done:,}", f"{week.not_done:,}")
            for week in found.weeks
        ],
    )


def _show_hidden(hidden: int, what: str) -> None:
    if hidden:
        click.echo(f"  and {site.count_noun(hidden, f'more {what}')}")
