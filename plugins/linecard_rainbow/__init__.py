"""ALE Rainbow as a PBX: the phone numbers of its systems, by its REST API."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.backend import BackendKind
from linecard_rainbow.backend import build
from linecard_rainbow.options import STARTER, RainbowOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_backends() -> list[BackendKind[RainbowOptions]]:
    return [
        BackendKind(
            name="rainbow",
            summary="ALE Rainbow: extensions of one PBX of a company, or of several, by its REST API.",
            options=RainbowOptions,
            build=build,
            starter=STARTER,
        )
    ]
