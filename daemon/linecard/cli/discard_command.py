"""`linecard discard`."""

from __future__ import annotations

import click

from linecard.cli import site
from linecard.cli.decision import because_option, held_run, run_argument


@click.command()
@run_argument
@because_option
@site.config_option
def command(run: int, because: str) -> None:
    """Discard RUN, which waits for a person; nothing more of it is applied."""
    from linecard.runtime.operations import Operations

    with held_run(run) as (service, held):
        report = service.report(Operations(service).discard(held, why=because or "discarded"))
        said = f"{report.headline.title} {report.headline.remedy}" if report.is_begun else "Nothing of it was changed."
    click.echo(f"Run {run} is discarded. {said}")
