"""The reports of a site below the folder `reports`, and the pages that list them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from linecard.errors import ReportError
from linecard.pipeline import report_index
from linecard.pipeline.report_files import FilingResult, file_reports

if TYPE_CHECKING:
    from linecard.runtime.service import Service

FORMATS = ("html", "csv", "retry")
"""The formats in which every report is filed."""


class ReportFolder:
    """The reports of a site on its disk. Used by several threads at a time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._listing = threading.Lock()

    def file_reports(self) -> FilingResult:
        """File the reports that wait."""
        service = self._service
        return file_reports(
            service.store,
            service.config.reports,
            [service.renderers[name] for name in FORMATS if name in service.renderers],
            site=service.config.site,
            timezone=service.config.timezone,
            templates=service.config.templates,
        )

    def refresh_index(self, *, every_page: bool = False) -> int:
        """Bring the pages that list filed reports up to date; how many were written. Raises `ReportError`.

        Threads that call at once wait for each other: two would write the same pages under the same names.
        """
        config, renderer = self._service.config, self._service.registry.index()
        if renderer is None:
            return 0
        with self._listing:
            return report_index.refresh_index(
                self._service.store,
                config.reports,
                renderer,
                site=config.site,
                timezone=config.timezone,
                templates=config.templates,
                anew=every_page,
            )

    def publish(self) -> Mapping[int, ReportError]:
        """File the reports that wait, and list them; by run, what could not be filed, and why."""
        unfiled = self.file_reports().unfiled
        with suppress(ReportError):  # the next page that can be written makes up for it; `doctor` tells of the disk
            self.refresh_index()
        return unfiled
