"""`linecard import`."""

from __future__ import annotations

from pathlib import Path

import click

from linecard.cli import site


@click.command()
@click.argument("file", type=site.type_file)
@site.inbox_option
@click.option("--description", default="", metavar="TEXT", help="A note that the run and its report carry.")
@click.option("--yes", is_flag=True, help="Do not ask; apply the plan unless it is held.")
@click.option(
    "--approve",
    metavar="CHECKSUM",
    default="",
    help="Do not ask; apply the plan, held or not, if it still has this checksum; otherwise nothing.",
)
@site.json_option
@site.config_option
def command(file: Path, inbox: str | None, description: str, approve: str, *, yes: bool, as_json: bool) -> None:
    """Plan the sheet FILE, ask, apply it, read it back and report.

    Finishes interrupted imports first; while one of their PBXs does not answer, sheets for it have to wait. A plan that
    exceeds the inbox's limits is held and changes nothing (exit code 3): look at it with `linecard plan`, then import
    it again with --approve.
    """
    from linecard.cli import run_flow

    with site.service() as service:
        feed = service.feed(inbox)
        code = run_flow.import_file(
            service, file, feed, description=description, approve=approve, yes=yes, as_json=as_json
        )
    raise SystemExit(code)
