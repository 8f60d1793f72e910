"""`linecard report`."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

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
    help="html, csv, json, text, retry or undo.",
)
@click.option("-o", "--output", type=site.type_file, help="Write to this file instead of standard output.")
@site.config_option
def command(run: int, form: str, output: Path | None) -> None:
    """Write the report of the run RUN.

    html is a page to keep or send, csv has every row, json every fact. retry is a sheet of the rows that were not
    done, with the reason of each; corrected, it can be imported. undo is a sheet that puts back what the run has
    changed: plan it, and import it.
    """
    from linecard.errors import ReportError

    with site.service() as service:
        renderer = service.renderers.get(form)
        if renderer is None:
            raise click.UsageError(f"There is no format {form}; choose one of {', '.join(service.renderers)}.")
        report = service.report(service.store.get_run(run))
        templates = service.config.templates
        if output is None:
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(encoding="utf-8", newline="")
            renderer.render(report, sys.stdout, templates=templates)
            return
        try:
            with _file(output) as out:
                renderer.render(report, out, templates=templates)
        except OSError as error:
            raise ReportError(f"{output} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _file(output: Path) -> Iterator[TextIO]:
    """The file to write, there whole or not at all; where a link leads to; a pipe or device is written as it is."""
    from linecard.infrastructure.files import write_whole

    target = output.resolve()
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8", newline="") as out:
            yield out
        return
    with write_whole(target, text=True) as out:
        yield out
