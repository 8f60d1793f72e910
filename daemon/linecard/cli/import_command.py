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
    metavar="DIGEST",
    default="",
    help="Apply the plan though it is held, if it still has this digest.",
)
@site.json_option
@site.config_option
def command(file: Path, inbox: str | None, description: str, approve: str, *, yes: bool, as_json: bool) -> None:
    """Plan the sheet FILE, ask, apply it, read it back and report.

    Imports that broke off are finished first. A plan that takes away more than the inbox's limits is held and
    changes nothing (exit code 3): look at it with `linecard plan`, then import it again with --approve.
    """
    from linecard.cli import finish, progress

    with site.service() as service:
        place = service.inbox(inbox)
        with service.working(), progress.stopping() as stop:
            finish.recover(service, yes=yes, stop=stop)
            with progress.bars(service) as stage:
                run = service.take(file, place, description=description, stage=stage)
            run = finish.decide(service, run, yes=yes, approve=approve)
            with progress.bars(service) as stage:
                run = service.finish(
                    run,
                    place,
                    confirm=lambda new: yes or finish.confirmed(service, new),
                    stage=stage,
                    stop=stop,
                )
        finish.tell(service, run, as_json=as_json)
        raise SystemExit(finish.exit_code(run))
