"""The report renderer port."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TextIO

from linecard.model.report import Report


class Renderer(Protocol):
    """Writes one report in one format. The same report gives the same bytes, whenever it is written."""

    name: str
    """The format's name, as `linecard report --format` takes it."""
    suffix: str
    """How a file of it ends, with the dot: `.html`, `.retry.csv`."""
    media_type: str

    def render(self, report: Report, out: TextIO, *, templates: Path | None = None) -> None:
        """Write the report, row by row. `templates` is a folder of the site whose templates come first.

        `out` does not translate line ends (`newline=""`).
        """
        ...
