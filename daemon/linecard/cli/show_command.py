"""`linecard show`."""

from __future__ import annotations

import sys
from typing import TextIO, cast

import click

from linecard.cli import site


@click.command()
@click.argument("run", type=int)
@site.json_option
@site.config_option
def command(run: int, *, as_json: bool) -> None:
    """Show the run with the number RUN and the outcome of each row, those that need a person first.

    `linecard runs` lists the numbers.
    """
    with site.service() as service:
        report = service.report(service.store.get_run(run))
        if not as_json:
            service.renderers["text"].render(report, sys.stdout, templates=service.config.templates)
            return
        with site.json_out() as out:
            service.renderers["json"].render(report, cast("TextIO", out))
