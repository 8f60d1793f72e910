"""`linecard import`."""

from __future__ import annotations

from pathlib import Path

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize


@click.command()
@click.argument("file", type=site.type_file)
@site.inbox_option
@click.option("--description", default="", metavar="TEXT", help="A note that the run and its report carry.")
@click.option("--yes", is_flag=True, help="Do not ask; apply the plan unless it is held.")
@click.option(
    "--approve",
    metavar="CHECKSUM",
    default="",
    help="Do not ask; apply the plan, held or not, if it still has this checksum, and else nothing.",
)
@site.json_option
@site.config_option
def command(file: Path, inbox: str | None, description: str, approve: str, *, yes: bool, as_json: bool) -> None:
    """Plan the sheet FILE, ask, apply it, read it back and report.

    Imports that broke off are finished first; where a PBX of theirs does not answer, sheets for it must wait. A plan
    that takes away more than the inbox's limits is held and changes nothing (exit code 3): look at it with
    `linecard plan`, then import it again with --approve.
    """
    from linecard.cli import finish, progress

    with site.service() as service:
        place = service.inbox(inbox)
        with service.working():
            with progress.stopping() as stop:
                finish.recover(service, yes=yes, stop=stop)
                if stop():
                    click.echo(f"{sanitize(str(file))} was not imported.", err=True)
                    raise SystemExit(1)
                service.let_pass(file, place)
            with progress.bars(service) as bars:
                run = service.take(file, place, description=description, stage=bars.stage)
            run = finish.decide(service, run, yes=yes, approve=approve)
            with progress.stopping() as stop, progress.bars(service) as bars:
                confirm = finish.confirming(service, bars, yes=yes or bool(approve))
                asks = not (yes or approve)
                run = service.finish(run, place, confirm=confirm, stage=bars.stage, stop=stop, asks=asks)
        finish.tell(service, run, as_json=as_json)
        finish.tell_unfiled(service)
        finish.send(service)
        raise SystemExit(finish.exit_code(run))
