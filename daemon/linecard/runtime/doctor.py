"""Doctor: each part of a site looked at on its own, so that one fault does not hide another."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from linecard.errors import LinecardError, PluginFault
from linecard.infrastructure.accounts import account_name
from linecard.infrastructure.plugin_faults import name_plugin_faults
from linecard.model.alert import Finding
from linecard.model.directory import Scope
from linecard.model.run import State
from linecard.pipeline.quarantine import has_crashed
from linecard.pipeline.receive import BEGUN
from linecard.pipeline.recovery import find_interrupted
from linecard.ports.backend import SupportsExamine
from linecard.ports.inbox import SupportsClaims
from linecard.ports.probe import SupportsProbe
from linecard.rules.sizes import format_size
from linecard.rules.states import WAITING, is_unapproved
from linecard.runtime import status
from linecard.runtime.alerts import find_database_alerts, find_inbox_alerts, find_inbox_claims, find_opener_alerts
from linecard.runtime.clock import describe_doubt
from linecard.runtime.health import MAX_NAMED
from linecard.runtime.housekeeping import find_old
from linecard.runtime.intakes import build_inbox, build_intake
from linecard.runtime.lock import holder_of
from linecard.runtime.secret_check import check_secrets
from linecard.runtime.service import Service
from linecard.store.outbox import ARCHIVE, Outbox

LEAST_FREE = 200_000_000
"""Bytes of free disk space below which the doctor complains."""

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "sshfs", "fuse.sshfs", "9p", "ceph", "glusterfs"})


def examine_site(service: Service) -> Iterator[Finding]:
    """Everything but the configuration itself, which was needed to get here."""
    config = service.config
    folders = {"state": config.state, "archive": config.archive, "reports": config.reports}
    folders |= {
        f"inbox {name}": config.folder / inbox.path for name, inbox in config.inboxes.items() if inbox.kind == "local"
    }
    folders |= {
        f"replies of {name}": config.folder / inbox.path / inbox.reply
        for name, inbox in config.inboxes.items()
        if inbox.kind == "local" and inbox.reply is not None
    }
    for name, folder in folders.items():
        yield _folder(name, folder)
    if config.quarantine.exists():
        yield _folder("quarantine", config.quarantine)
    if config.templates is not None and not os.access(config.templates, os.R_OK | os.X_OK):
        message = f"{config.templates} cannot be read, so linecard's own templates are used"
        yield Finding("folder templates", ok=False, message=message, remedy=f"Make it readable: {config.templates}.")
    yield from _find_unusable((config.state, config.archive / BEGUN))
    yield from check_secrets(config, os.environ)
    yield _disk(config.state)
    yield _local(config.state)
    yield from _store(service)
    yield from _clock(service)
    for name in config.inboxes:
        yield from _in_plugin(f"inbox {name}", _inbox(service, name))
    yield from _sinks(service)
    yield from _in_plugin("opening", _openers(service))
    yield from _in_plugin("inboxes", _inbox_alerts(service))
    for name in config.pbxs:
        yield from _in_plugin(f"pbx {name}", _pbx(service, name))


def _in_plugin(check: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """What plugins are asked; one that fails in a way in which none should is a finding, and the next one is asked."""
    try:
        with name_plugin_faults():
            yield from findings
    except PluginFault as fault:
        yield Finding(check, ok=False, message=str(fault), remedy=fault.remedy)


def _inbox_alerts(service: Service) -> Iterator[Finding]:
    for alert in find_inbox_alerts(service):
        yield Finding(alert.what, ok=False, message=alert.message, remedy=alert.remedy)


def _folder(name: str, folder: Path) -> Finding:
    check = f"folder {name}"
    if not folder.is_dir():
        return Finding(check, ok=False, message=f"{folder} does not exist", remedy=f"mkdir -p {folder}")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            check,
            ok=False,
            message=f"{folder} cannot be read and written",
            remedy=f"Give this user permissions on {folder}.",
        )
    return Finding(check, ok=True, message=str(folder))


def _find_unusable(folders: Iterable[Path]) -> Iterator[Finding]:
    """What linecard keeps for itself and may not open, as when root has made it: the service cannot even start then."""
    for folder in folders:
        try:
            kept = [folder, *folder.iterdir()]
        except FileNotFoundError:
            continue
        except OSError:  # that the folder itself cannot be read is told where it is one of the site's
            kept = [folder]
        for path in kept:
            if not os.access(path, os.R_OK | os.W_OK):
                me = account_name(os.geteuid())
                message = f"{path} cannot be read and written; it belongs to {account_name(path.lstat().st_uid)}"
                yield Finding("own files", ok=False, message=message, remedy=f"As root: chown -R {me}: {folder}")
                break


def _disk(state: Path) -> Finding:
    existing = next(path for path in (state, *state.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE:
        return Finding(
            "disk",
            ok=False,
            message=f"only {format_size(free)} is free",
            remedy="Free space, or move the state folder.",
        )
    return Finding("disk", ok=True, message=f"{format_size(free)} free")


def _local(state: Path) -> Finding:
    """SQLite's write-ahead log does not work on network file systems."""
    best, kind = "", "unknown"
    with Path("/proc/self/mounts").open() as mounts:
        for line in mounts:
            _, mount, found, *_ = line.split()
            if str(state.absolute()).startswith(mount.rstrip("/") + "/") and len(mount) > len(best):
                best, kind = mount, found
    if kind in _NETWORK:
        return Finding(
            "state disk",
            ok=False,
            message=f"{state} is on a network file system ({kind})",
            remedy="Put `state` on a local disk.",
        )
    return Finding("state disk", ok=True, message=f"local ({kind})")


def _store(service: Service) -> Iterator[Finding]:
    try:
        broken = [*find_interrupted(service.store), *filter(is_unapproved, service.store.list_runs(of_states=WAITING))]
        waiting = Outbox(service.store).list_pending(ARCHIVE)
    except LinecardError as error:
        yield Finding("state database", ok=False, message=str(error), remedy=error.remedy)
        return
    yield Finding("state database", ok=True, message="opens, at the newest schema")
    for later in find_database_alerts(service):
        yield Finding(f"state database, {later.what}", ok=False, message=later.message, remedy=later.remedy)
    for run in filter(has_crashed, service.store.list_runs(of_states={State.HELD})):
        remedy = f"`linecard approve {run.id}` reads it once more; `linecard discard {run.id}` discards it."
        why = f"{run.drop.name} waits for a decision. {run.holds[0].message}"
        yield Finding(f"run {run.id}", ok=False, message=why, remedy=remedy)
    state = service.config.state
    facts, holder = status.read_status(state), holder_of(state)
    if facts is not None:
        yield _daemon(facts)
    elif holder is not None:
        yield Finding("runs", ok=True, message=f"a command is working on this site (process {holder or 'unknown'})")
    elif broken:
        numbers = ", ".join(str(run.id) for run in broken)
        yield Finding("runs", ok=False, message=f"interrupted: {numbers}", remedy="linecard resume")
    elif waiting:
        yield Finding("reports", ok=False, message=f"{len(waiting)} not filed yet", remedy="linecard resume")
    else:
        yield Finding("runs", ok=True, message="none was interrupted")


def _daemon(facts: Mapping[str, Any]) -> Finding:
    """The daemon that serves the site, by what it says of itself."""
    serves = f"linecard serve is running (process {facts.get('pid')})"
    alerts = facts.get("alerts") or []
    if status.age(facts) > status.STALE_AFTER:
        message = f"{serves} and has reported nothing since {facts.get('at', 'it started')}"
        return Finding("daemon", ok=False, message=message, remedy="Look at its log, then restart it.")
    if alerts:
        message = f"{serves} and reports: {'; '.join(alert['what'] for alert in alerts)}"
        return Finding("daemon", ok=False, message=message, remedy="`linecard status` says what to do.")
    return Finding("daemon", ok=True, message=f"{serves} and reports nothing wrong")


def _clock(service: Service) -> Iterator[Finding]:
    """Whether the clock is believed, and what would be removed by it."""
    try:
        known = service.clock.peek()
        old = find_old(service) if known.trusted is not None else None
    except LinecardError:
        return  # the state database was told above
    if old is None:
        yield Finding("clock", ok=True, message=f"{known.seen:%Y-%m-%d %H:%M:%S} UTC")
        return
    message = f"{describe_doubt(known)} Older than `keep` by this clock: {str(old) or 'nothing'}."
    remedy = "Set the clock right, or confirm that it is: `linecard clock --confirm`."
    yield Finding("clock", ok=not any(old), message=message, remedy=remedy)


def _sinks(service: Service) -> Iterator[Finding]:
    """Whether messages arrive by each way out, and what its server says; nothing is sent to find out."""
    try:
        outbox = Outbox(service.store)
        for name in service.config.queues:
            failing = [item for item in outbox.list_pending(name) if item.problem]
            lost = [item for item in outbox.list_given_up() if item.sink == name]
            remedy = "`linecard outbox list` shows them; retry or drop them."
            if lost:
                message = f"undeliverable messages: {len(lost)}, the latest because {lost[-1].problem}"
                yield Finding(f"sink {name}", ok=False, message=message, remedy=remedy)
            elif failing:
                message = f"messages waiting: {len(failing)}, the latest because {failing[-1].problem}"
                yield Finding(f"sink {name}", ok=False, message=message, remedy=remedy)
            else:
                yield Finding(f"sink {name}", ok=True, message="no message waits that could not be sent")
    except LinecardError:
        pass  # the state database was told above
    for name in service.config.sinks:
        yield from _in_plugin(f"sink {name}", _probe_sink(service, name))


def _probe_sink(service: Service, name: str) -> Iterator[Finding]:
    """The way to a server, where a sink has one and can look it over."""
    check = f"sink {name}"
    try:
        sink = service.build_sink(name)
    except LinecardError as error:
        yield Finding(check, ok=False, message=str(error), remedy=error.remedy)
        return
    with closing(sink):
        if isinstance(sink, SupportsProbe):
            for step in sink.probe():
                yield step._replace(check=f"{check} {step.check}")


def _openers(service: Service) -> Iterator[Finding]:
    """Whether encrypted and packed files can be opened, and for how long."""
    if not any(inbox.open for inbox in service.config.inboxes.values()):
        return
    try:
        alerts = find_opener_alerts(service)
    except LinecardError as error:
        yield Finding("opening", ok=False, message=str(error), remedy=error.remedy)
        return
    for alert in alerts:
        yield Finding(f"opening {alert.what}", ok=False, message=alert.message, remedy=alert.remedy)
    if not alerts:
        yield Finding("opening", ok=True, message="encrypted and packed files can be opened")


def _inbox(service: Service, name: str) -> Iterator[Finding]:
    """The way to the files of an inbox, step by step, where there is one."""
    check = f"inbox {name}"
    try:
        inbox = build_inbox(service, name)
    except LinecardError as error:
        yield Finding(check, ok=False, message=str(error), remedy=error.remedy)
        return
    with closing(inbox):
        if isinstance(inbox, SupportsProbe):
            for step in inbox.probe():
                yield step._replace(check=f"{check} {step.check}")
                if not step.ok:
                    return
        if isinstance(inbox, SupportsClaims):
            yield from _check_claims(service, name, inbox)
    yield from _check_markers(service, name)


def _check_claims(service: Service, name: str, inbox: SupportsClaims) -> Iterator[Finding]:
    """Files that were claimed from a server, and of which an older state that was put back knows nothing."""
    try:
        for alert in find_inbox_claims(service, name, inbox):
            yield Finding(f"inbox {name} claims", ok=False, message=alert.message, remedy=alert.remedy)
    except LinecardError as error:
        yield Finding(f"inbox {name} claims", ok=False, message=str(error), remedy=error.remedy)


def _check_markers(service: Service, name: str) -> Iterator[Finding]:
    """Files that wait for their marker or checksum file: whether their producer will write one, it alone knows."""
    config = service.config.inboxes[name]
    if not (config.marker or config.checksum):
        return
    check = f"inbox {name} markers"
    try:
        inbox, intake = build_intake(service, name, time.monotonic)
        with closing(inbox):
            found = intake.find_awaiting()
    except LinecardError as error:
        yield Finding(check, ok=False, message=str(error), remedy=error.remedy)
        return
    sentences = status.describe_missing_markers(Counter(found.values()), sorted(found)[:MAX_NAMED])
    endings = " or ".join(ending for ending in (config.marker, config.checksum) if ending)
    remedy = f"A file that is being delivered has its own soon. Else ask the producer whether it writes {endings}."
    message = " ".join(sentences) or "no file waits for its marker or checksum file"
    yield Finding(check, ok=not sentences, message=message, remedy=remedy if sentences else "")


def _pbx(service: Service, name: str) -> Iterator[Finding]:
    check = f"pbx {name}"
    try:
        backend = service.pbxs[name].backend
        for step in backend.probe() if isinstance(backend, SupportsProbe) else ():
            yield step._replace(check=f"{check} {step.check}")
            if not step.ok:
                return
        alerts = list(backend.examine()) if isinstance(backend, SupportsExamine) else []
        for alert in alerts:
            yield Finding(check, ok=False, message=alert.message, remedy=alert.remedy)
        if alerts:
            return
        held = sum(entry.member is not None for entry in backend.fetch(Scope.everything()))
    except LinecardError as error:
        yield Finding(check, ok=False, message=str(error), remedy=error.remedy)
        return
    yield Finding(check, ok=True, message=f"answers; {held} extensions are held")
