"""Reports as signed JSON to a web address: for chat and ticket systems."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.sink import SinkKind
from linecard_webhook.options import WebhookOptions
from linecard_webhook.sink import build

LINECARD_API = "1.0"


@hookimpl
def linecard_sinks() -> list[SinkKind[WebhookOptions]]:
    return [SinkKind(name="webhook", summary="Signed JSON to a web address.", options=WebhookOptions, build=build)]
