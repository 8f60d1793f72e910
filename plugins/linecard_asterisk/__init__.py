"""Asterisk as a PBX: its PJSIP realtime tables, or files that it includes."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.backend import BackendKind
from linecard_asterisk.backend import build
from linecard_asterisk.options import AsteriskOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_backends() -> list[BackendKind[AsteriskOptions]]:
    return [
        BackendKind(
            name="asterisk",
            summary="Asterisk with PJSIP, by its realtime tables or by files that it includes.",
            options=AsteriskOptions,
            build=build,
        )
    ]
