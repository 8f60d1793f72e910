"""A PBX kept in an SQLite file: honest enough for a small site, and the backend to try linecard with."""

from __future__ import annotations

from linecard.api import Kind, hookimpl
from linecard_directory.backend import build
from linecard_directory.options import DirectoryOptions


@hookimpl
def linecard_backends() -> list[Kind]:
    return [
        Kind(
            name="directory",
            summary="A telephone directory in an SQLite file.",
            options=DirectoryOptions,
            build=build,
        )
    ]
