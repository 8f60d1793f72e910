"""Reports by mail."""

from __future__ import annotations

from linecard.api import SinkKind, hookimpl
from linecard_mail.options import MailOptions


@hookimpl
def linecard_sinks() -> list[SinkKind[MailOptions]]:
    from linecard_mail.sink import build

    return [
        SinkKind(name="mail", summary="A mail to each reader, in their language.", options=MailOptions, build=build)
    ]
