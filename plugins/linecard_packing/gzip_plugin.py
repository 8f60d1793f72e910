"""The plugin `gzip`: files packed with gzip."""

from __future__ import annotations

from linecard.api import OpenerKind, hookimpl
from linecard_packing.gunzip import GzipOpener
from linecard_packing.options import GzipOptions


@hookimpl
def linecard_openers() -> list[OpenerKind[GzipOptions]]:
    return [OpenerKind("gzip", "Files packed with gzip.", GzipOptions, GzipOpener)]
