"""What a plugin is built with, for tests of one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from linecard.api import Clock, Context, Level, Log, Site


def _silent(event: str, *, level: Level = "info", **facts: Any) -> None:
    """Nobody reads it."""


def _clock() -> datetime:
    return datetime.now(UTC)


def make_context(  # noqa: PLR0913 - each may be left out
    folder: Path,
    name: str = "test",
    *,
    state: Path | None = None,
    site: Site | None = None,
    now: Clock = _clock,
    log: Log = _silent,
    temporary_file: Callable[[], BinaryIO] = tempfile.TemporaryFile,
    path: str = "",
    reply: str = "",
) -> Context:
    """A context of a site in this folder, as linecard would make one; nothing is made on the disk."""
    site = site or Site(
        name="Test",
        folder=folder,
        state=folder / "state",
        reports=folder / "reports",
        quarantine=folder / "quarantine",
    )
    return Context(
        name=name,
        site=site,
        state=state or site.state / name,
        now=now,
        log=log,
        temporary_file=temporary_file,
        path=path,
        reply=reply,
    )
