"""The plugin `zip`: files packed as the one sheet of a zip archive."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.opener import OpenerKind
from linecard_packing.options import ZipOptions
from linecard_packing.zip_archive import ZipOpener

LINECARD_API = "1.0"


@hookimpl
def linecard_openers() -> list[OpenerKind[ZipOptions]]:
    return [OpenerKind("zip", "A sheet packed in a zip archive.", ZipOptions, ZipOpener)]
