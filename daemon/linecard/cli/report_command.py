"""`linecard report`."""

from __future__ import annotations

import errno
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

import click

from linecard.cli import site

SHEETS = ("retry", "undo")
"""The formats that can be imported again."""


@click.command()
@click.argument("run", type=int)
@click.option(
    "--format",
    "form",
    metavar="FORMAT",
    default="text",
    show_default=True,
    help="html, csv, json, text, retry, undo, or that of a plugin.",
)
@click.option("-o", "--output", type=site.type_file, help="Write to this file instead of standard output.")
@click.option("--workbook", is_flag=True, help="With retry or undo: a workbook (.xlsx) whose cells are text, not CSV.")
@site.config_option
def command(run: int, form: str, output: Path | None, *, workbook: bool) -> None:
    """Write the report of the run RUN.

    html is a page to keep or send, csv has every row, json every fact. retry is a sheet of the rows that were not done,
    each with the reason: correct it and import it. undo is a sheet that rolls back what the run changed: plan it and
    import it.
    """
    from linecard.errors import ReportError
    from linecard.infrastructure.access import find_remedy

    with site.service() as service:
        renderer = service.registry.renderer(form)
        if renderer is None:
            raise click.UsageError(f"There is no format {form}; choose one of {', '.join(service.renderers)}.")
        if workbook and (form not in SHEETS or (output is None and sys.stdout.isatty())):
            raise click.UsageError("--workbook goes with --format retry or undo, and with -o FILE.")
        report = service.report(service.store.get_run(run))
        templates = service.config.templates
        if workbook:
            _write_workbook(partial(renderer.render, report, templates=templates), output)
            return
        if output is None:
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(encoding="utf-8", newline="")
            renderer.render(report, sys.stdout, templates=templates)
            return
        try:
            with _file(output) as out:
                renderer.render(report, out, templates=templates)
        except OSError as error:
            raise ReportError(
                f"{output} cannot be written: {error.strerror or error}.", remedy=find_remedy(error, output)
            ) from error


def _write_workbook(render: Callable[[TextIO], None], output: Path | None) -> None:
    """The sheet as a workbook. It is written as CSV first: linecard knows a sheet in one form."""
    from linecard.errors import ReportError
    from linecard.infrastructure.access import find_remedy
    from linecard.infrastructure.files import write_whole
    from linecard.infrastructure.workbook import write_workbook

    try:
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as sheet:
            render(sheet)
            sheet.seek(0)
            if output is None:
                write_workbook(sheet, sys.stdout.buffer)
                return
            with write_whole(output.resolve(), text=False) as out:
                write_workbook(sheet, out)
    except OSError as error:
        raise ReportError(
            f"{output or 'The workbook'} cannot be written: {error.strerror or error}.",
            remedy=find_remedy(error, output),
        ) from error


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
