"""`linecard show`."""

from __future__ import annotations

import sys

import click

from linecard.cli import site


@click.command()
@click.argument("run", type=int)
@site.json_option
@site.config_option
def command(run: int, *, as_json: bool) -> None:
    """Show the run with the number RUN: what came of it and of every row that needs attention."""
    with site.service() as service:
        report = service.report(service.store.run(run))
        service.renderers["json" if as_json else "text"].render(report, sys.stdout, templates=service.config.templates)
