"""Inboxes that are folders of this machine."""

from __future__ import annotations

from linecard.api import InboxKind, hookimpl
from linecard_local.inbox import build
from linecard_local.options import LocalOptions


@hookimpl
def linecard_inboxes() -> list[InboxKind[LocalOptions]]:
    return [InboxKind(name="local", summary="A folder of this machine.", options=LocalOptions, build=build)]
