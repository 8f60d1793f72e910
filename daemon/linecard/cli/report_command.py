"""`linecard report`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from linecard.cli import site


@click.command()
@click.argument("run", type=int)
@click.option(
    "--format",
    "form",
    metavar="FORMAT",
    default="text",
    show_default=True,
    help="html, csv, json, text or retry.",
)
@click.option("-o", "--output", type=site.type_file, help="Write to this file instead of standard output.")
@site.config_option
def command(run: int, form: str, output: Path | None) -> None:
    """Write the report of the run RUN.

    `retry` is a sheet of the rows that were not done, with the reason of each; corrected, it can be imported.
    """
    from linecard.errors import SheetError
    from linecard.pipeline.files import whole

    with site.service() as service:
        renderer = service.renderers.get(form)
        if renderer is None:
            raise click.UsageError(f"There is no format {form}; choose one of {', '.join(service.renderers)}.")
        report = service.report(service.store.run(run))
        templates = service.config.templates
        if output is None:
            sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
            renderer.render(report, sys.stdout, templates=templates)
            return
        try:
            with whole(output.absolute(), text=True) as out:
                renderer.render(report, out, templates=templates)  # type: ignore[arg-type]
        except OSError as error:
            raise SheetError(f"{output} cannot be written: {error.strerror}.") from error
