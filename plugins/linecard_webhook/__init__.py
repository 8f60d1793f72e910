"""Reports as signed JSON to a web address: for chat and ticket systems."""

from __future__ import annotations

from linecard.api import SinkKind, hookimpl
from linecard_webhook.options import WebhookOptions
from linecard_webhook.sink import build


@hookimpl
def linecard_sinks() -> list[SinkKind[WebhookOptions]]:
    return [SinkKind(name="webhook", summary="Signed JSON to a web address.", options=WebhookOptions, build=build)]
