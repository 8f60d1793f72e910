"""What a plugin is built with, for tests of one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from linecard.api import Clock, Context, Level, Log, RateBudget, RateBudgets, Site


class UnlimitedRateBudget:
    """A rate budget that never runs out; it keeps what it was asked for, in seconds."""

    def __init__(self) -> None:
        self.taken = 0
        self.holds: list[float] = []

    def take(self, at_most: float) -> bool:  # noqa: ARG002 - the port's
        self.taken += 1
        return True

    def hold(self, seconds: float) -> None:
        self.holds.append(seconds)

    def wait_for(self, requests: int) -> float:  # noqa: ARG002 - the port's
        return 0.0


def _silent(event: str, *, level: Level = "info", **facts: Any) -> None:
    """Nobody reads it."""


def _clock() -> datetime:
    return datetime.now(UTC)


def _unlimited(key: str, requests: int, seconds: float) -> RateBudget:  # noqa: ARG001 - the port's
    return UnlimitedRateBudget()


def make_context(  # noqa: PLR0913 - each may be left out
    folder: Path,
    name: str = "test",
    *,
    state: Path | None = None,
    site: Site | None = None,
    now: Clock = _clock,
    log: Log = _silent,
    temporary_file: Callable[[], BinaryIO] = tempfile.TemporaryFile,
    rate_budget: RateBudgets = _unlimited,
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
        rate_budget=rate_budget,
        path=path,
        reply=reply,
    )
