"""A PBX through a program of your own, in any language, that speaks JSON lines."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.backend import BackendKind
from linecard_exec.backend import build
from linecard_exec.options import STARTER, ExecOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_backends() -> list[BackendKind[ExecOptions]]:
    return [
        BackendKind(
            name="exec",
            summary="A program of your own, in any language, that speaks JSON lines.",
            options=ExecOptions,
            build=build,
            starter=STARTER,
        )
    ]
