"""`linecard approve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from linecard.cli import site
from linecard.cli.decision import because_option, held_run, run_argument
from linecard.errors import LinecardError
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.model.run import Run
    from linecard.runtime.operations import Operations


class NotThisPlan(LinecardError):
    """The run waits with another plan than the one that was looked at."""

    remedy = "Look at it again with `linecard show RUN`; its checksum is printed there."


class NoPlan(LinecardError):
    """The run waits without a plan, so that no checksum can be the right one."""

    remedy = "Leave out the checksum to read the file once more, or discard the run with `linecard discard`."


class OlderRun(LinecardError):
    """The run would undo a newer one."""

    remedy = "Check the plan above, as it would be now; if it is still right, add --although-newer."


@click.command()
@run_argument
@click.argument("checksum", metavar="CHECKSUM", default="")
@because_option
@click.option(
    "--although-newer",
    is_flag=True,
    help="Approve it even though a newer run was applied for the same members or extensions.",
)
@site.config_option
def command(run: int, checksum: str, because: str, *, although_newer: bool) -> None:
    """Approve the held plan of RUN, so that it is applied.

    CHECKSUM identifies the plan you have seen; its first eight characters are enough. A running daemon applies the plan
    at once; without a daemon, use `linecard resume`. A run without a plan, because its file could not be read to its
    end, has no checksum: linecard reads the file once more.
    """
    from linecard.pipeline.quarantine import has_crashed
    from linecard.runtime import status
    from linecard.runtime.operations import Operations

    with held_run(run) as (service, held):
        operations = Operations(service)
        at_work = status.read_status(service.config.state) is not None
        if has_crashed(held):
            if checksum:
                raise NoPlan(f"Run {run} has no plan: its file could not be read to its end.")
            operations.read_again(held, why=f"to be read once more{': ' if because else ''}{because}")
            how = "the daemon does this" if at_work else "`linecard once` or a daemon does this"
            click.echo(f"The file of run {run} is read once more, first in a separate process; {how}.")
            return
        if not checksum:
            raise click.UsageError("Missing argument 'CHECKSUM'.")
        if len(checksum) < 8 or not held.checksum.startswith(checksum):
            raise NotThisPlan(f"Run {run} waits with the plan {held.checksum}, not {sanitize(checksum)}.")
        if not although_newer:
            _refuse_older(operations, held)
        operations.approve(held, why=f"approved by its checksum {held.checksum[:12]}{': ' if because else ''}{because}")
    click.echo(f"Run {run} is approved. {'The daemon applies it.' if at_work else 'Apply it with `linecard resume`.'}")


def _refuse_older(operations: Operations, run: Run) -> None:
    """A newer run has said something else of the same people since: show what this one would do now, and stop."""
    from linecard.cli import plan_command, recap
    from linecard.rules.limits import older_run

    newer = operations.newer_runs(run)
    if not newer:
        return
    with recap.on_stderr():
        click.echo(f"Run {run.id}, planned against what the PBX holds now:")
        plan_command.show_plan(operations.preview_again(run))
    raise OlderRun(f"Run {run.id} is not approved. {older_run(newer).message}")
