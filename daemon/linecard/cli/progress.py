"""Progress on a terminal: a bar with the time left. Elsewhere, nothing."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from linecard.model.outcome import ChangeStatus
from linecard.model.run import Run

if TYPE_CHECKING:
    from rich.progress import Progress

    from linecard.runtime.service import Service


class Bars:
    """A bar for each long step of a run, on standard error."""

    def __init__(self, service: Service, progress: Progress | None) -> None:
        self._service, self._progress = service, progress

    def stage(self, name: str, run: Run) -> Callable[[int], None]:
        """A new bar; see `linecard.runtime.service.Stage`."""
        progress = self._progress
        if progress is None:
            return _silent
        for done in progress.task_ids:
            progress.remove_task(done)
        total = None if name == "plan" else _changes(self._service, run)
        task = progress.add_task({"plan": "Planning", "apply": "Applying"}[name], total=total)
        return lambda count: progress.advance(task, count)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """No bar while a person reads and answers, and signals end the program as usual."""
        before = {number: signal.signal(number, usual) for number, usual in _USUAL.items()}
        if self._progress is not None:
            self._progress.stop()
        try:
            yield
        finally:
            if self._progress is not None:
                self._progress.start()
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def show_progress(service: Service) -> Iterator[Bars]:
    """Bars where a person looks on."""
    if not sys.stderr.isatty():
        yield Bars(service, None)
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
        yield Bars(service, progress)


def _silent(_count: int) -> None:
    """No terminal looks on."""


def _changes(service: Service, run: Run) -> int:
    from linecard.store.journal import Journal

    return Journal(service.store, run.id).tally().get(ChangeStatus.PLANNED, 0)


_USUAL: dict[signal.Signals, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


@contextmanager
def catch_stop() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C or SIGTERM asks to stop at a safe point; a second one ends the program at once."""
    asked = False

    def ask(number: int, _frame: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(number, _USUAL[signal.Signals(number)])
        print("Stopping at a safe point ...", file=sys.stderr)

    before = {number: signal.signal(number, ask) for number in _USUAL}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
