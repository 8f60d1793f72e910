"""What a plugin offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from linecard.ports.backend import Backend
from linecard.ports.inbox import Inbox, Place
from linecard.ports.opener import Desk, Opener
from linecard.ports.sink import Outlet, Sink


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of PBX that a plugin serves.

    `options` is a pydantic model with `extra="forbid"`: what may stand below `options:` of a PBX in the
    configuration. `build` makes the backend from such a model and the site's folder, against which relative
    paths are meant.
    """

    name: str
    summary: str
    options: type[BaseModel]
    build: Callable[[Any, Path], Backend]


@dataclass(frozen=True, slots=True)
class SinkKind:
    """A kind of way out for reports; `options` as for a PBX. `build` opens nothing yet."""

    name: str
    summary: str
    options: type[BaseModel]
    build: Callable[[Any, Outlet], Sink]


@dataclass(frozen=True, slots=True)
class OpenerKind:
    """A kind of wrapping that a plugin takes off; `options` stand below its name in an inbox's `open`.

    `build` starts nothing yet.
    """

    name: str
    summary: str
    options: type[BaseModel]
    build: Callable[[Any, Desk], Opener]


@dataclass(frozen=True, slots=True)
class InboxKind:
    """A kind of inbox that a plugin serves; `options` as for a PBX. `build` opens nothing yet."""

    name: str
    summary: str
    options: type[BaseModel]
    build: Callable[[Any, Place], Inbox]
