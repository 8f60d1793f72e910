"""What linecard gives to every plugin that it builds: its place in the site, its clock and its log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

from linecard.ports.rate_budget import RateBudget

Clock = Callable[[], datetime]
"""What gives the time, with its zone."""
Level = Literal["debug", "info", "warning", "error"]


class RateBudgets(Protocol):
    """Gives the rate budget of an account at a service."""

    def __call__(self, key: str, requests: int, seconds: float) -> RateBudget: ...


class Log(Protocol):
    """Writes one event: a constant message, and facts in fields.

    Names and numbers of people may stand at the level debug alone, secrets nowhere. The name of the PBX, inbox or sink
    comes with it by itself.
    """

    def __call__(self, event: str, *, level: Level = "info", **facts: Any) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site that a plugin serves. None of its folders need exist.

    `name` is its title in reports. `folder` holds the configuration: paths and secrets in options are relative to it.
    `state` is the folder of the site's memory; what plugins share among each other, such as keys, lies in a folder of
    its own there. `reports` is where reports are filed, `quarantine` where a person looks for files that linecard
    could not take, `templates` what has the site's own templates, if anything.
    """

    name: str
    folder: Path
    state: Path
    reports: Path
    quarantine: Path
    templates: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every plugin is built with, besides its options.

    `name` is what the configuration calls the PBX, inbox or sink that is built; an opener has that of its inbox, a
    keyring that of its kind. `state` is a folder for it alone: what it must remember between two starts goes there
    (`make_folder`, `create_private`); it need not exist yet, and nobody else looks into it. `now` is the clock, `log`
    the log.

    `temporary_file` gives a new empty file for reading and writing that has no name and is gone when it is closed or
    the process ends: the only place for what must not be left lying on the disk, such as a decrypted sheet.

    `rate_budget` gives the budget of an account at a service, which lets no more than so many requests through in any
    so many seconds. `key` says which account at which service: all who give the same key share one budget, whatever
    they are called in the configuration, and also with a linecard that runs beside this one. It is written nowhere.

    An inbox also has its `path`, which means what its kind lets it mean, and `reply`, the folder for results, relative
    to it; empty where none are wanted.

    Fields are added in time; those that are here stay.
    """

    name: str
    site: Site
    state: Path
    now: Clock
    log: Log
    temporary_file: Callable[[], BinaryIO]
    rate_budget: RateBudgets
    path: str = ""
    reply: str = ""
