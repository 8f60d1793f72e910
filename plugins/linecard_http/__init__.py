"""A PBX with a REST API, described in a file and reached without code."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.backend import BackendKind
from linecard_http.backend import build
from linecard_http.options import STARTER, HttpOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_backends() -> list[BackendKind[HttpOptions]]:
    return [
        BackendKind(
            name="http",
            summary="Any PBX with a REST API, by a profile: 3CX, FreePBX, Wazo, Yeastar, or one that you write.",
            options=HttpOptions,
            build=build,
            starter=STARTER,
        )
    ]
