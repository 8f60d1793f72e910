"""A PBX kept in an SQLite file: honest enough for a small site, and the backend to try linecard with."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.backend import BackendKind
from linecard_directory.backend import build
from linecard_directory.options import DirectoryOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_backends() -> list[BackendKind[DirectoryOptions]]:
    return [
        BackendKind(
            name="directory",
            summary="A telephone directory in an SQLite file.",
            options=DirectoryOptions,
            build=build,
        )
    ]
