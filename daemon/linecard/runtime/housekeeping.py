"""Housekeeping: what has become old is removed, as the configuration says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from linecard.pipeline import archive
from linecard.pipeline.retention import Bounds, prune
from linecard.runtime.log import log
from linecard.store.notices import Notices

if TYPE_CHECKING:
    from linecard.runtime.service import Service


def clear_out(service: Service) -> None:
    """Forget old runs and remove old files; a drop whose run is not finished stays."""
    store, config, now = service.store, service.config, service.now()
    gone = 0
    if config.keep.runs is not None:
        before = now - timedelta(days=config.keep.runs)
        gone = store.forget(before)
        Notices(store).forget(before)
    kept = [*(config.archive / path for path in store.unfinished_drops()), *archive.pages(config.reports)]
    files = [
        prune(folder, Bounds(keep.days, keep.size), now, keep=kept)
        for folder, keep in (
            (config.archive, config.keep.archive),
            (config.reports, config.keep.reports),
            (config.quarantine, config.keep.quarantine),
        )
    ]
    service.index(anew=bool(gone or files[1]))
    if gone or any(files):
        log("old things removed", runs=gone, drops=files[0], reports=files[1], quarantined=files[2])
