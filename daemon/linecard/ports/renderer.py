"""The report renderer port."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TextIO

from linecard.model.archive_index import ArchiveEntry, Index
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


class IndexRenderer(Protocol):
    """Writes a page that lists filed reports; it lies in the folder `reports`, or in that of a month below it."""

    name: str
    """The name of its file, such as `index.html`."""

    def render_entry(self, filed: ArchiveEntry, timezone: str) -> str:
        """One entry in one line, from which the page is made later."""
        ...

    def read_lines(self, page: Path) -> list[str]:
        """The lines of a page that this renderer wrote; none where they cannot be found. Raises `OSError`."""
        ...

    def render(self, index: Index, out: TextIO, *, templates: Path | None = None) -> None:
        """Write the page, with the stamp of the index in its first 500 characters. Raises `ReportError`."""
        ...
