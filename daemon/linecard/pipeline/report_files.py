"""Report files: the report of a run is filed, whole or not at all; written again it is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from linecard.errors import ReportError
from linecard.infrastructure.files import sync_folder, write_whole
from linecard.model.report import Report
from linecard.pipeline.report import RunReport
from linecard.ports.renderer import Renderer
from linecard.store.outbox import ARCHIVE, Outbox
from linecard.store.store import Store

RETRY = "retry"
"""The format that is filed only where there is something to send again."""


class FilingResult(NamedTuple):
    """What became of the reports that waited: how many were filed, and by run why others could not be."""

    filed: int
    unfiled: Mapping[int, ReportError]


def file_reports(
    store: Store,
    folder: Path,
    renderers: Sequence[Renderer],
    *,
    site: str,
    timezone: str,
    templates: Path | None,
) -> FilingResult:
    """File every report that waits in the outbox, below `folder`/YYYY/MM.

    A report that cannot be written stays in the outbox and keeps nobody else from theirs. A broken template, a full
    disk or a missing right is no reason to stop the next import.
    """
    count = 0
    unfiled: dict[int, ReportError] = {}
    letters = Outbox(store)
    for item in letters.list_due(ARCHIVE):
        run_id = item.run_id
        if run_id is None:  # notices are not filed
            continue
        report = RunReport(store, store.get_run(run_id), site=site, timezone=timezone)
        try:
            written = _write_formats(report, folder, renderers, templates)
        except ReportError as error:
            unfiled[run_id] = error
            continue
        # Order (report): the files are on disk before the outbox says so. Marked first, a kill leaves a run that has no
        # report and is owed none. Shown by
        # tests/acceptance/test_killed.py::test_killed_at_every_statement_and_file_operation.
        with store.transaction() as connection:
            letters.mark_delivered(connection, item.id, str(written[0]) if written else "")
        count += 1
    return FilingResult(count, unfiled)


def _write_formats(report: Report, folder: Path, renderers: Sequence[Renderer], templates: Path | None) -> list[Path]:
    written: list[Path] = []
    target = folder / report.path
    try:
        for renderer in renderers:
            if renderer.name == RETRY and not report.to_retry:
                continue
            target = folder / f"{report.path}{renderer.suffix}"
            with write_whole(target, text=True, named=False) as out:
                renderer.render(report, out, templates=templates)
            written.append(target)
        if written:
            sync_folder(target.parent)
    except OSError as error:
        raise ReportError(
            f"{target} cannot be written: {error.strerror or error}.",
            remedy=f"Give this user space and permissions in {folder}.",
        ) from error
    return written
