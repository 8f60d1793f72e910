"""Housekeeping: what has become old is removed, as the configuration says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from linecard.pipeline import report_index
from linecard.pipeline.retention import RetentionBounds, count_old, prune
from linecard.runtime.log import log
from linecard.store.notices import Notices

if TYPE_CHECKING:
    from linecard.runtime.report_folder import ReportFolder
    from linecard.runtime.service import Service


class Old(NamedTuple):
    """How much is older than `keep` allows: runs, and files of the archive, reports and quarantine."""

    runs: int
    drops: int
    reports: int
    quarantined: int

    def __str__(self) -> str:
        named = (
            (self.runs, "run", "runs"),
            (self.drops, "received file", "received files"),
            (self.reports, "report file", "report files"),
            (self.quarantined, "file in quarantine", "files in quarantine"),
        )
        return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in named if count)


def remove_old(service: Service, report_folder: ReportFolder) -> None:
    """Forget old runs and remove old files; a drop whose run is not finished stays.

    While the clock is doubted nothing goes because of its age: what a wrong clock has removed, no right one brings
    back. Folders that are too large are cut down all the same, so that the disk does not fill.
    """
    store, config, now = service.store, service.config, service.now()
    doubted = service.clock.observe().trusted is not None
    gone = 0
    if config.keep.runs is not None and not doubted:
        before = now - timedelta(days=config.keep.runs)
        gone = store.prune(before, config.followers)
        Notices(store).prune(before)
    kept = _files_to_keep(service)
    files = [
        prune(folder, RetentionBounds(None if doubted else days, size), now, keep=kept)
        for folder, days, size in _folders(service)
    ]
    report_folder.refresh_index(every_page=bool(gone or files[1]))
    if gone or any(files):
        log("expired runs and files removed", runs=gone, drops=files[0], reports=files[1], quarantined=files[2])


def find_old(service: Service) -> Old:
    """What `clear_out` would remove because of its age."""
    now, keep = service.now(), service.config.keep
    kept = _files_to_keep(service)
    age = None if keep.runs is None else timedelta(days=keep.runs)
    runs = 0 if age is None else service.store.count_old(now - age, service.config.followers)
    return Old(runs, *(count_old(folder, days, now, keep=kept) for folder, days, _ in _folders(service)))


def _files_to_keep(service: Service) -> list[Path]:
    config, unfinished = service.config, service.store.list_unfinished_drops()
    return [*(config.archive / path for path in unfinished), *report_index.find_pages(config.reports)]


def _folders(service: Service) -> Iterator[tuple[Path, int | None, int | None]]:
    """The folders in which old files are removed, each with the age in days and the size that it may have."""
    config, keep = service.config, service.config.keep
    folders = (config.archive, keep.archive), (config.reports, keep.reports), (config.quarantine, keep.quarantine)
    for folder, bounds in folders:
        yield folder, bounds.days, bounds.size
