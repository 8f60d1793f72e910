"""`linecard undo`."""

from __future__ import annotations

import click

from linecard.cli import site


@click.command()
@click.argument("run", type=int)
@click.option("--yes", is_flag=True, help="Do not ask; apply the plan unless it is held.")
@click.option(
    "--approve",
    metavar="CHECKSUM",
    default="",
    help="Do not ask; apply the plan, held or not, if it still has this checksum; otherwise nothing.",
)
@site.json_option
@site.config_option
def command(run: int, approve: str, *, yes: bool, as_json: bool) -> None:
    """Roll back what the run RUN changed.

    Each extension goes back to its former holder, with exactly the numbers it had, or none. What somebody has changed
    since is refused row by row and left alone. The undo is a run of its own: you see its plan first, and you can undo
    it as well. `linecard report RUN --format undo` writes the same as a sheet that you can inspect or shorten.
    """
    import tempfile
    from pathlib import Path

    from linecard.cli import run_flow

    with site.service() as service:
        undone = service.store.get_run(run)
        feed = service.feed(undone.inbox)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"undo-{run}.csv"
            with file.open("w", encoding="utf-8", newline="") as out:
                service.renderers["undo"].render(service.report(undone), out)
            code = run_flow.import_file(
                service, file, feed, description=f"Undoes run {run}", approve=approve, yes=yes, as_json=as_json
            )
    raise SystemExit(code)
