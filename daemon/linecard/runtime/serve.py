"""Lives of the daemon, one for each configuration, under one lock; and one pass without a daemon."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from linecard.errors import ConfigError
from linecard.model.run import Run
from linecard.runtime.alerts import AlertChecks
from linecard.runtime.daemon import Daemon
from linecard.runtime.delivery import Delivery
from linecard.runtime.digests import Digests
from linecard.runtime.engine import Engine
from linecard.runtime.guard import attempt_and_clear
from linecard.runtime.health import ActiveAlert, Health, InboxStatus
from linecard.runtime.lock import site_lock
from linecard.runtime.log import configure
from linecard.runtime.service import Service
from linecard.runtime.signals import ignore_reloads
from linecard.runtime.systemd import SystemdNotifier


def serve(file: Path) -> None:
    """Serve the site of this configuration until told to stop. Raises `LinecardError` when it cannot begin."""
    notify = SystemdNotifier()
    service: Service | None = Service.load(file)
    assert service is not None  # noqa: S101 - for the loop below
    state = service.config.state
    reload_requested = False
    with site_lock(state), ignore_reloads():
        while service is not None:
            configure(service.config.log.format, service.config.log.level)
            with service as present:
                daemon = Daemon(present, notify, reload=lambda: _reload(file, state))
                if reload_requested:
                    daemon.reload()
                service, reload_requested = daemon.run()


def _reload(file: Path, state: Path) -> Service:
    with ExitStack() as undo:
        service = undo.enter_context(_load(file))
        if service.config.state != state:
            raise ConfigError(
                f"{file}: `state` cannot be changed while the daemon runs.",
                remedy="Stop it, move the folder, start it.",
            )
        for name in service.config.inboxes:
            service.feed(name)  # builds every PBX and inbox: what is wrong with one is said now
        undo.pop_all()
    return service


def _load(file: Path) -> Service:
    """The site, with every problem of its configuration in one sentence."""
    try:
        return Service.load(file)
    except ConfigError as error:
        raise ConfigError(
            " ".join((str(error), *error.problems)), remedy=error.remedy or "Correct it, then reload."
        ) from error


class Pass(NamedTuple):
    """What one pass over the inboxes came to: runs that ended or wait for a person, those whose report could not be
    filed, what is wrong, and what each inbox held at the last look."""

    runs: Sequence[Run]
    unfiled: Collection[int]
    alerts: Sequence[ActiveAlert]
    inboxes: Mapping[str, InboxStatus]


def once(service: Service, *, stop: Callable[[], bool], wait: Callable[[float], object]) -> Pass:
    """Do what lies in the inboxes, until nothing is left that can be done now.

    `wait` is given the seconds until something may have settled. Runs that wait for a PBX are left for the next time.
    """
    configure("text", "warning", sys.stderr)
    health, runs = Health(service.now), list[Run]()
    with site_lock(service.config.state), ExitStack() as undo:
        service.sweep()
        service.clock.observe()
        engine = Engine(service, health, monotonic=time.monotonic, stop=stop, ended=runs.append)
        undo.callback(engine.close)
        engine.start()
        unfiled: Collection[int] = ()
        while not stop():
            looks = [engine.scan(name) for name in service.config.inboxes]
            while (run_id := engine.next_run()) is not None:
                engine.work_on(run_id)
            unfiled = engine.file_reports().unfiled
            for name in service.config.inboxes:
                engine.settle_files(name)
            due = min((look.due for look in looks if look is not None and look.due is not None), default=None)
            if due is None:
                break
            wait(max(0.0, due - time.monotonic()))
        attempt_and_clear(health, "list of reports", engine.report_folder.refresh_index)
        if service.config.alert_recipients:
            alerts = AlertChecks(service, Health(service.now))  # in letters alone: `once` runs every few minutes
            attempt_and_clear(health, "files that should have come", alerts.check_files)
            attempt_and_clear(health, "keys of senders and of this site", alerts.check_keys)
        attempt_and_clear(health, "digest", Digests(service).write_due)
        with closing(Delivery(service, health, stop=stop)) as delivery:
            delivery.deliver()
    return Pass(runs, unfiled, health.alerts, health.inboxes)
