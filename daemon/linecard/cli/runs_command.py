"""`linecard runs`."""

from __future__ import annotations

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize


@click.command()
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="How many, the newest first.")
@site.json_option
@site.config_option
def command(last: int, *, as_json: bool) -> None:
    """List the runs and their results, newest first."""
    from linecard.cli import recap
    from linecard.pipeline.recovery import is_interrupted
    from linecard.rules import as_dict
    from linecard.rules.states import find_result, is_unapproved
    from linecard.runtime.lock import is_held

    with site.service() as service:
        found = service.store.list_runs(limit=last)
        reports = [service.report(run) for run in found]
        if as_json:
            listed = [
                {
                    **as_dict.run(r.run, r.counts, r.seconds_left),
                    "report": service.store.report_location(r.run.id) or None,
                }
                for r in reports
            ]
            site.print_json_list(listed)
            return
        if not found:
            click.echo("There are no runs yet.")
            return
        rows = [
            (
                str(r.run.id),
                f"{r.run.created:%Y-%m-%d %H:%M}",
                r.run.inbox,
                find_result(r.run.state, r.counts).value,
                recap.format_counts(r.counts),
                sanitize(r.run.drop.name),
            )
            for r in reports
        ]
        site.print_table(("Run", "Began (UTC)", "Inbox", "Result", "Rows", "File"), rows)
        broken = [run for run in found if is_interrupted(run) or is_unapproved(run)]
        if broken and not is_held(service.config.state):
            click.echo(
                f"\n{site.count_noun(len(broken), 'run')} interrupted; "
                "`linecard resume` reads the PBX back and continues.",
                err=True,
            )
