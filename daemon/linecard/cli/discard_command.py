"""`linecard discard`."""

from __future__ import annotations

import click

from linecard.cli import site


@click.command()
@click.argument("run", type=click.IntRange(1))
@click.option("--because", default="", metavar="TEXT", help="Why, for whoever reads the run's events.")
@site.config_option
def command(run: int, because: str) -> None:
    """Discard RUN, which waits for a person; nothing more of it is applied."""
    from linecard.cli.approve_command import NotHeld
    from linecard.model.run import State
    from linecard.pipeline import quarantine

    with site.service() as service:
        found = service.store.run(run)
        if found.state is not State.HELD:
            raise NotHeld(f"Run {run} is {found.state}; it does not wait for a person.")
        why = because or "discarded"
        if quarantine.has_crashed(found):
            folders = service.config.archive, service.config.quarantine
            ended = quarantine.discard(service.store, found, *folders, who=service.who, why=why)
        else:
            ended = service.discard(found, why=why)
        report = service.report(ended)
    said = f"{report.headline.title} {report.headline.remedy}" if report.is_begun else "Nothing of it was changed."
    click.echo(f"Run {run} is discarded. {said}")
