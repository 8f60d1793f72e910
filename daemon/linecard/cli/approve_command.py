"""`linecard approve`."""

from __future__ import annotations

import click

from linecard.cli import site
from linecard.errors import LinecardError


class NotThisPlan(LinecardError):
    """The run waits with another plan than the one that was looked at."""

    remedy = "Look at it again with `linecard show RUN`; its digest is printed there."


class NotHeld(LinecardError):
    """The run does not wait for a person."""


@click.command()
@click.argument("run", type=click.IntRange(1))
@click.argument("digest", metavar="DIGEST")
@click.option("--because", default="", metavar="TEXT", help="Why, for whoever reads the run's events.")
@site.config_option
def command(run: int, digest: str, because: str) -> None:
    """Let the plan of RUN be applied though it is held.

    DIGEST says which plan was looked at; its first eight characters are enough. A daemon applies it at once; without
    one, `linecard resume` does.
    """
    from linecard.model.run import State
    from linecard.runtime import status

    with site.service() as service:
        found = service.store.run(run)
        if found.state is not State.HELD:
            raise NotHeld(f"Run {run} is {found.state}; it does not wait for a person.")
        if len(digest) < 8 or not found.digest.startswith(digest):
            raise NotThisPlan(f"Run {run} waits with the plan {found.digest}, not {site.shown(digest)}.")
        service.approve(found, why=f"approved by its digest {found.digest[:12]}{': ' if because else ''}{because}")
        at_work = status.read(service.config.state) is not None
    click.echo(f"Run {run} is approved. {'The daemon applies it.' if at_work else 'Apply it with `linecard resume`.'}")
