"""Announce: the report of a run is filed, whole or not at all; written again it is the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO, cast

from linecard.model.outcome import FINE, Outcome
from linecard.model.report import Report
from linecard.pipeline.files import safe_name, whole
from linecard.pipeline.report import RunReport
from linecard.ports.renderer import Renderer
from linecard.store.store import Store


def announce(
    store: Store,
    folder: Path,
    renderers: Sequence[Renderer],
    *,
    site: str,
    timezone: str,
    templates: Path | None,
) -> None:
    """File every report that waits in the outbox, below `folder`/YYYY/MM."""
    for item, run_id in store.undelivered():
        report = RunReport(store, store.run(run_id), site=site, timezone=timezone)
        first = ""
        for renderer in renderers:
            if renderer.name == "retry" and not _needs_retry(report):
                continue
            target = folder / name(report, renderer.suffix)
            with whole(target, text=True) as out:
                renderer.render(report, cast("TextIO", out), templates=templates)
            first = first or str(target)
        with store.transaction() as connection:
            store.delivered(connection, item, first)


def name(report: Report, suffix: str) -> Path:
    """Where a report is filed: by the month in which its run began, under a name that tells run, inbox and file."""
    run = report.run
    stem = safe_name(Path(run.drop.name).stem, 60)
    return Path(f"{run.created:%Y}", f"{run.created:%m}", f"{run.id:06d}-{safe_name(run.inbox)}-{stem}{suffix}")


def _needs_retry(report: Report) -> bool:
    return report.count(*(outcome for outcome in Outcome if outcome not in FINE)) > 0
