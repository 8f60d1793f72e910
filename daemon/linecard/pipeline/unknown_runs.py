"""Runs that the database does not know: what an older database, put back, has forgotten and the folders tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from linecard.model.alert import Alert
from linecard.store import run_numbers
from linecard.store.restore_marker import read_restore_marker
from linecard.store.store import Store
from linecard.store.tables import claim, event

_REPORT = re.compile(r"([0-9]{6,18})-")
_CLAIM = re.compile(r"[0-9a-f]{32}")
_MONTHS = 2
"""Folders that are looked into, the newest first: numbers rise with time."""
_SLACK = timedelta(minutes=1)
"""A file that was kept just before its run began is no sign of anything."""
_MOST_NAMES = 500
REMEDY = (
    "An older database seems to have been restored. Restore the newer one if you have it; otherwise check the reports: "
    "what only they contain can neither be undone nor be recognised as a duplicate."
)


def skip_used_numbers(store: Store, reports: Path) -> bool:
    """Give no run a number that a report has already; whether there were such."""
    highest = max(_numbers(reports), default=0)
    with store.snapshot() as connection:
        if highest <= run_numbers.last_number(connection):
            return False
    with store.transaction() as connection:
        return run_numbers.skip_to(connection, highest)


def find_unknown_runs(
    store: Store, *, archive: Path, reports: Path, work: Path, more: Iterable[tuple[str, Path]] = ()
) -> Iterator[Alert]:
    """What the folders of a site tell of runs that its database does not know.

    `more` are folders of claimed files that do not lie below `work`, each after the name of its inbox.
    """
    yield from find_restoration(store)
    with store.snapshot() as connection:
        last, lost = run_numbers.last_number(connection), run_numbers.skipped_numbers(connection)
        newest = connection.execute(sa.select(sa.func.max(event.c.at))).scalar_one()
    numbers = sorted(n for n in _numbers(reports) if n > last or n in lost)
    if numbers:
        which = f"run {numbers[0]}" if len(numbers) == 1 else f"runs {numbers[0]} to {numbers[-1]}"
        yield Alert("reports", f"{reports} has {which}, which the database does not know.", REMEDY)
    if newest is not None:
        later = list(islice(_files_since(archive, newest + _SLACK), _MOST_NAMES))
        with store.snapshot() as connection:
            unknown = run_numbers.unknown_drops(connection, later)
        if unknown:
            what = f"{archive} has files that arrived after the last event in the database, such as {unknown[0]}."
            yield Alert("archive", what, REMEDY)
    for inbox, folder in [*((folder.name, folder) for folder in sorted(_folders(work))), *more]:
        yield from find_unknown_claims(store, inbox, str(folder), [path.name for path in _files(folder)])


def find_unknown_claims(store: Store, inbox: str, place: str, names: Iterable[str]) -> Iterator[Alert]:
    """Claimed files in a folder that the database does not know, by the names that it has or had a moment ago.

    The database is asked after the folder: a claim is written down before its file is moved.
    """
    taken = sorted(name for name in names if _CLAIM.match(name))
    if not taken:
        return
    with store.snapshot() as connection:
        known = set(connection.execute(sa.select(claim.c.id)).scalars())
    unknown = [name for name in taken if name[:32] not in known]
    if unknown:
        what = f"{place} has {len(unknown)} taken files that the database does not know, such as {unknown[0]}."
        remedy = (
            "Move them back into the inbox under their own names, unless another linecard takes files from there too."
        )
        yield Alert(f"inbox {inbox}", what, remedy)


def find_restoration(store: Store) -> Iterator[Alert]:
    """That the site was restored from a backup, until somebody confirms that nothing is in doubt any more."""
    found = read_restore_marker(store.folder) if store.folder is not None else None
    if found is None:
        return
    what = (
        f"This site was restored on {found.restored:%Y-%m-%d at %H:%M} UTC from a backup of {found.made:%Y-%m-%d %H:%M}"
        f" UTC, whose last run is {found.last_run}. linecard does not know what it did in between, so runs and files"
        " from before the restore wait for a person."
    )
    remedy = (
        "Compare what waits (`linecard runs`) with the reports and mails of that time; approve or discard it. When "
        "nothing is left, run `linecard restore --confirm`."
    )
    yield Alert("restored", what, remedy)


def _numbers(reports: Path) -> Iterator[int]:
    """The numbers of runs in the names of the newest reports."""
    for month in _newest_months(reports):
        for path in month.iterdir():
            if found := _REPORT.match(path.name):
                yield int(found[1])


def _files_since(archive: Path, moment: datetime) -> Iterator[str]:
    for month in _newest_months(archive):
        for path in month.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime > moment.timestamp():
                    yield str(path.relative_to(archive))


def _newest_months(folder: Path) -> Iterator[Path]:
    months = (month for year in _folders(folder) for month in _folders(year))
    return islice((month for month in months if any(month.iterdir())), _MONTHS)


def _files(folder: Path) -> list[Path]:
    with suppress(OSError):
        return [path for path in folder.iterdir() if path.is_file()]
    return []


def _folders(parent: Path) -> list[Path]:
    """Folders of years, months or inboxes, the last by name first."""
    with suppress(OSError):
        return sorted((path for path in parent.iterdir() if path.is_dir() and path.name[0] != "."), reverse=True)
    return []
