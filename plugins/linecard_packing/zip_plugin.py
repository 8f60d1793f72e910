"""The plugin `zip`: files packed as the one sheet of a zip archive."""

from __future__ import annotations

from linecard.api import OpenerKind, hookimpl
from linecard_packing.options import ZipOptions
from linecard_packing.unzip import ZipOpener


@hookimpl
def linecard_openers() -> list[OpenerKind[ZipOptions]]:
    return [OpenerKind("zip", "A sheet packed in a zip archive.", ZipOptions, ZipOpener)]
