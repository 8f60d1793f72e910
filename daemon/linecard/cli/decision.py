"""What approve and discard share: the run that waits for a person, and why it is decided as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from linecard.cli import site
from linecard.errors import LinecardError

if TYPE_CHECKING:
    from linecard.model.run import Run
    from linecard.runtime.service import Service

run_argument = click.argument("run", type=click.IntRange(1))
because_option = click.option(
    "--because", default="", metavar="TEXT", help="The reason, for the audit trail of the run."
)


class NotHeld(LinecardError):
    """The run does not wait for a person."""


@contextmanager
def held_run(number: int) -> Iterator[tuple[Service, Run]]:
    """The site, and its run of that number. Raises `NotHeld` where that does not wait for a person."""
    from linecard.model.run import State

    with site.service() as service:
        run = service.store.get_run(number)
        if run.state is not State.HELD:
            raise NotHeld(f"Run {number} is {run.state}; it does not wait for a person.")
        yield service, run
