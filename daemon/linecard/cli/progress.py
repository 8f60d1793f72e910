"""Progress on a terminal: a bar with the time left. Elsewhere, nothing."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from linecard.model.outcome import Fate
from linecard.model.run import Run

if TYPE_CHECKING:
    from linecard.runtime.service import Service


@contextmanager
def bars(service: Service) -> Iterator[Callable[[str, Run], Callable[[int], None]]]:
    """A stage (see `Service.finish`) that draws a bar for each long step on standard error."""
    if not sys.stderr.isatty():
        yield lambda _stage, _run: _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def stage(name: str, run: Run) -> Callable[[int], None]:
            total = None if name == "plan" else _changes(service, run)
            task = progress.add_task({"plan": "Planning", "apply": "Applying"}[name], total=total)
            return lambda count: progress.advance(task, count)

        yield stage


def _silent(_count: int) -> None:
    """No terminal looks on."""


def _changes(service: Service, run: Run) -> int:
    from linecard.store.journal import Journal

    return Journal(service.store, run.id).tally().get(Fate.PLANNED, 0)


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C or SIGTERM asks to stop at a safe point; a second one ends the program at once."""
    asked = False

    def ask(number: int, _frame: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)
        print("Stopping at a safe point ...", file=sys.stderr)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
