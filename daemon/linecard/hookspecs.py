"""The hooks a plugin may implement. A plugin is an entry point in the group `linecard`."""

from __future__ import annotations

from typing import Any

import pluggy

from linecard.ports.kind import BackendKind, InboxKind, KeyringKind, OpenerKind, ProcessorKind, SinkKind
from linecard.ports.renderer import IndexRenderer, Renderer

hookspec = pluggy.HookspecMarker("linecard")
hookimpl = pluggy.HookimplMarker("linecard")


@hookspec
def linecard_backends() -> list[BackendKind[Any]]:  # type: ignore[empty-body]
    """The kinds of PBX this plugin serves."""


@hookspec
def linecard_inboxes() -> list[InboxKind[Any]]:  # type: ignore[empty-body]
    """The kinds of inbox this plugin serves."""


@hookspec
def linecard_sinks() -> list[SinkKind[Any]]:  # type: ignore[empty-body]
    """The ways out for reports that this plugin serves."""


@hookspec
def linecard_openers() -> list[OpenerKind[Any]]:  # type: ignore[empty-body]
    """The containers that this plugin takes off files."""


@hookspec
def linecard_keyrings() -> list[KeyringKind[Any]]:  # type: ignore[empty-body]
    """The kinds of keys that this plugin keeps."""


@hookspec
def linecard_processors() -> list[ProcessorKind[Any]]:  # type: ignore[empty-body]
    """The kinds of processors this plugin serves."""


@hookspec
def linecard_renderers() -> list[Renderer]:  # type: ignore[empty-body]
    """The report formats this plugin writes."""


@hookspec
def linecard_indexes() -> list[IndexRenderer]:  # type: ignore[empty-body]
    """The pages by which filed reports are browsed that this plugin writes."""
