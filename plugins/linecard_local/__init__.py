"""Inboxes that are folders of this machine."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.inbox import InboxKind
from linecard_local.inbox import build
from linecard_local.options import LocalOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_inboxes() -> list[InboxKind[LocalOptions]]:
    return [InboxKind(name="local", summary="A folder of this machine.", options=LocalOptions, build=build)]
