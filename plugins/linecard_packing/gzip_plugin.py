"""The plugin `gzip`: files packed with gzip."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.opener import OpenerKind
from linecard_packing.gzip_stream import GzipOpener
from linecard_packing.options import GzipOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_openers() -> list[OpenerKind[GzipOptions]]:
    return [OpenerKind("gzip", "Files packed with gzip.", GzipOptions, GzipOpener)]
