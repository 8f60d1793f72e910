"""Reports by mail."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.sink import SinkKind
from linecard_mail.options import MailOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_sinks() -> list[SinkKind[MailOptions]]:
    from linecard_mail.sink import build

    return [
        SinkKind(name="mail", summary="A mail to each reader, in their language.", options=MailOptions, build=build)
    ]
