"""The inboxes of the configuration, opened."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from linecard.pipeline.intake import Intake, IntakeOptions
from linecard.ports.inbox import Inbox
from linecard.registry import build

if TYPE_CHECKING:
    from linecard.runtime.service import Service


def build_inbox(service: Service, name: str) -> Inbox:
    """An inbox as its plugin makes it; nothing is reached yet."""
    found = service.config.inboxes[name]
    return build(service.registry.inbox_kind(found.kind), found.settings, service.contexts.inbox(name))


def build_intake(service: Service, name: str, monotonic: Callable[[], float]) -> tuple[Inbox, Intake]:
    """An inbox as its plugin made it, and what empties it."""
    config = service.config
    found = config.inboxes[name]
    habits = IntakeOptions(
        settle=found.settle,
        names=found.names,
        ignore=found.ignore,
        marker=found.marker or "",
        checksum=found.checksum or "",
        refuse_duplicates=found.duplicates == "refuse",
        pattern=found.pattern or "",
        replaces=found.replaces,
        most=found.sheet.max_bytes,
        reserve=config.reserve,
    )
    inbox = build_inbox(service, name)
    folders = (config.state, config.archive)
    intake = Intake(
        name,
        inbox,
        habits,
        service.store,
        config.archive,
        who=service.who,
        monotonic=monotonic,
        free=lambda: min(shutil.disk_usage(f if f.exists() else config.folder).free for f in folders),
    )
    return inbox, intake
