"""The hooks a plugin may implement. A plugin is an entry point in the group `linecard`."""

from __future__ import annotations

import pluggy

from linecard.ports.keyring import KeyringKind
from linecard.ports.kind import InboxKind, Kind, OpenerKind, SinkKind
from linecard.ports.renderer import IndexRenderer, Renderer

hookspec = pluggy.HookspecMarker("linecard")
hookimpl = pluggy.HookimplMarker("linecard")


@hookspec
def linecard_backends() -> list[Kind]:  # type: ignore[empty-body]
    """The kinds of PBX this plugin serves."""


@hookspec
def linecard_inboxes() -> list[InboxKind]:  # type: ignore[empty-body]
    """The kinds of inbox this plugin serves."""


@hookspec
def linecard_sinks() -> list[SinkKind]:  # type: ignore[empty-body]
    """The ways out for reports that this plugin serves."""


@hookspec
def linecard_openers() -> list[OpenerKind]:  # type: ignore[empty-body]
    """The wrappings of files that this plugin takes off."""


@hookspec
def linecard_keyrings() -> list[KeyringKind]:  # type: ignore[empty-body]
    """The kinds of keys that this plugin keeps."""


@hookspec
def linecard_renderers() -> list[Renderer]:  # type: ignore[empty-body]
    """The report formats this plugin writes."""


@hookspec
def linecard_indexes() -> list[IndexRenderer]:  # type: ignore[empty-body]
    """The pages by which filed reports are browsed that this plugin writes."""
