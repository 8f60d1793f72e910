"""Lives of the daemon, one for each configuration, under one lock; and one pass without a daemon."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from linecard.errors import ConfigError
from linecard.model.run import Run
from linecard.pipeline.files import sweep
from linecard.pipeline.receive import BEGUN
from linecard.runtime.board import Board, Trouble
from linecard.runtime.daemon import Daemon
from linecard.runtime.engine import Engine
from linecard.runtime.lock import site_lock
from linecard.runtime.log import configure
from linecard.runtime.notify import Notify
from linecard.runtime.service import Service


def serve(file: Path) -> None:
    """Serve the site of this configuration until told to stop. Raises `LinecardError` when it cannot begin."""
    notify = Notify()
    service: Service | None = Service.load(file)
    assert service is not None  # noqa: S101 - for the loop below
    state = service.config.state
    with site_lock(state):
        while service is not None:
            configure(service.config.log.format, service.config.log.level)
            with service as present:
                service = Daemon(present, notify, reload=lambda: _reloaded(file, state)).run()


def _reloaded(file: Path, state: Path) -> Service:
    service = Service.load(file)
    if service.config.state != state:
        raise ConfigError(
            f"{file}: `state` cannot be changed while the daemon runs.", remedy="Stop it, move the folder, start it."
        )
    for name in service.config.inboxes:
        service.inbox(name)  # builds every PBX and inbox: what is wrong with one is said now
    return service


def once(
    service: Service, *, stop: Callable[[], bool], wait: Callable[[float], object], told: Callable[[Run], None]
) -> list[Trouble]:
    """Do what lies in the inboxes, until nothing is left that can be done now; what is wrong then.

    `wait` is given the seconds until something may have settled. `told` hears of every run that ended or waits for
    a person. Runs that wait for a PBX are left for the next time.
    """
    configure("text", "warning", sys.stderr)
    board = Board(service.now)
    with site_lock(service.config.state):
        sweep(service.config.archive / BEGUN)
        engine = Engine(service, board, monotonic=time.monotonic, stop=stop, ended=told)
        engine.start()
        while not stop():
            looks = [engine.look(name) for name in service.config.inboxes]
            while (run_id := engine.next()) is not None:
                engine.work(run_id)
            engine.announce()
            for name in service.config.inboxes:
                engine.part(name)
            due = min((look.due for look in looks if look is not None and look.due is not None), default=None)
            if due is None:
                break
            wait(max(0.0, due - time.monotonic()))
        engine.close()
    return board.troubles
