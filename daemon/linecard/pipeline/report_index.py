"""The index of reports: the pages by which people browse the folder `reports`, one for each month and one for all.

A page carries a stamp of what it lists. It is written anew when the stamp is no longer right, so that nothing has to
be remembered between a report and its entry: whatever a crash has prevented is made up for by the next refresh.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path

from linecard import __version__
from linecard.errors import ReportError
from linecard.infrastructure.files import write_whole
from linecard.model.archive_index import ArchiveEntry, Index, Month
from linecard.model.outcome import FINE
from linecard.model.run import State
from linecard.pipeline.report import outcome_counts, report_counts, report_path
from linecard.ports.renderer import IndexRenderer
from linecard.rules import states
from linecard.store.archive_index import ArchiveMonth, list_filed, list_months
from linecard.store.store import Store

MOST = 10_000
"""Runs on the page of all; those of a month are all on its own page."""
HEAD = 1000
"""Characters of a page in which its stamp is looked for."""
PAGES = ("index.html", "[0-9][0-9][0-9][0-9]/[0-9][0-9]/index.html")


def refresh_index(
    store: Store,
    folder: Path,
    renderer: IndexRenderer,
    *,
    site: str,
    timezone: str,
    templates: Path | None,
    anew: bool = False,
    most: int = MOST,
) -> int:
    """Write the pages that are not right any more, or all of them `anew`; how many. Raises `ReportError`.

    The page of all has the newest `most` entries.
    """
    found = list_months(store)
    if not found and not folder.is_dir():
        return 0
    stamps = {shelf.month: _stamp(site, timezone, [shelf]) for shelf in found}
    written = 0
    try:
        stale = [
            month
            for month, stamp in stamps.items()
            if anew or (stamp != read_stamp(folder / month / renderer.name) and _reports(folder / month))
        ]
        stamps[""] = _stamp(site, timezone, found)
        if not anew and not stale and stamps[""] == read_stamp(folder / renderer.name):
            return 0
        months: list[Month] = []
        lines: dict[str, list[str]] = {}
        for month in (shelf.month for shelf in found):
            page = folder / month / renderer.name
            kept = [] if month in stale else renderer.read_lines(page)
            lines[month] = kept or [renderer.render_entry(entry, timezone) for entry in _entries(store, folder, month)]
            if lines[month]:
                months.append(Month(month, len(lines[month])))
        newest = list(islice(chain.from_iterable(lines.values()), most))
        for month, listed in (*((month, lines[month]) for month in stale if lines[month]), ("", newest)):
            total = sum(month.reports for month in months)
            index = Index(site, timezone, month, listed, tuple(months), total, stamps[month])
            with write_whole(folder / month / renderer.name, text=True) as out:
                renderer.render(index, out, templates=templates)
            written += 1
        _drop_empty(folder, renderer.name, {month.name for month in months})
    except OSError as error:
        raise ReportError(
            f"{folder / renderer.name} cannot be written: {error.strerror or error}.",
            remedy=f"Give this user space and permissions in {folder}.",
        ) from error
    return written


def find_pages(folder: Path) -> list[Path]:
    """The pages there are, which are not removed for their age."""
    return [page for pattern in PAGES for page in folder.glob(pattern)]


def read_stamp(page: Path) -> str:
    """The stamp of a page; empty if there is none."""
    with suppress(OSError), page.open(encoding="utf-8", errors="replace") as file:
        return file.read(HEAD).partition("linecard-index ")[2][:64]
    return ""


def _stamp(site: str, timezone: str, listed: list[ArchiveMonth]) -> str:
    facts = (__version__, site, timezone, *(f"{s.month} {s.reports} {s.last.isoformat()}" for s in listed))
    return sha256("\n".join(facts).encode()).hexdigest()


def _reports(folder: Path) -> frozenset[str]:
    """The names of the reports in the folder of a month."""
    with suppress(FileNotFoundError):
        return frozenset(path.name for path in folder.iterdir() if path.suffix == ".html" and path.name[:1].isdigit())
    return frozenset()


_PERHAPS_MADE = frozenset(State) - states.SPOKEN - {State.REJECTED, State.SUPERSEDED, State.RECEIVED}
"""States of runs that were not applied, and of which a part may be made."""


def _entries(store: Store, folder: Path, month: str) -> Iterator[ArchiveEntry]:
    """Those whose report is still there: old ones are removed before their runs are forgotten, or after."""
    present = _reports(folder / month)
    for one in list_filed(store, month):
        path = report_path(one.id, one.created, one.inbox, one.file)
        if f"{path.rpartition('/')[2]}.html" in present:
            applied = one.state in states.SPOKEN
            counts = report_counts(one.counts, one.state)
            if one.state in _PERHAPS_MADE:
                counts = dict(outcome_counts(store, store.get_run(one.id)))
            yield ArchiveEntry(*one[:-1], counts, path, applied and any(n for o, n in counts.items() if o not in FINE))


def _drop_empty(folder: Path, name: str, months: set[str]) -> None:
    """Months that have no report any more lose their page, and their folder if it is empty then."""
    for page in folder.glob(PAGES[1]):
        month = page.parent
        if page.name == name and f"{month.parent.name}/{month.name}" not in months and not _reports(month):
            page.unlink(missing_ok=True)
            for empty in (month, month.parent):
                with suppress(OSError):
                    empty.rmdir()
