"""Digests: what readers are told not run by run but at times of the sink's, each time once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from linecard.languages import wording
from linecard.model.summary import Summary
from linecard.pipeline.summarize import summarize
from linecard.rules.hours import last_due
from linecard.runtime.alerts import find_inbox_alerts, find_opener_alerts
from linecard.runtime.log import log
from linecard.runtime.overdue_files import find_overdue_files
from linecard.store.notices import Notices

if TYPE_CHECKING:
    from linecard.runtime.service import Service

WHEN = "digest"


class Digests:
    """The digests of a site. `write` is called at the times of `sinks` and whenever one may have been missed."""

    def __init__(self, service: Service) -> None:
        self._service, self._notices = service, Notices(service.store)

    @property
    def sinks(self) -> list[str]:
        """The sinks by which somebody gets a digest."""
        return [sink for sink in self._service.config.sinks if any(found == sink for found, *_ in self._readers())]

    def write_due(self) -> None:
        """Write the digests that are due, with the letters that bring them.

        One tells what happened since the one before, however long ago that was; after a time without linecard there
        is one. A sink that has readers for the first time begins with the next of its times.
        """
        for sink in self.sinks:
            due = self._last_due(sink)
            told = self._notices.last_digest_end(sink, self._service.now())
            if told is not None and told >= due:
                continue
            if told is None:
                with self._service.store.transaction() as connection:
                    self._notices.start_digests(connection, sink, due)
                continue
            groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
            for found, language, inboxes, address in self._readers():
                if found == sink:
                    groups.setdefault((language, inboxes), []).append(address)
            made = [
                (self.summarize(inboxes, told, due, language), [(sink, address) for address in addresses])
                for (language, inboxes), addresses in groups.items()
            ]
            with self._service.store.transaction() as connection:
                for number, (summary, readers) in enumerate(made):
                    self._notices.queue_digest(connection, sink, number, summary, readers)
            log("digest written", sink=sink, readers=sum(map(len, groups.values())))

    def summarize(self, inboxes: tuple[str, ...], begins: datetime, ends: datetime, language: str) -> Summary:
        """What a digest of these inboxes would tell."""
        service = self._service
        late = [alert for alert in find_overdue_files(service) if alert.what.removeprefix("file of ") in inboxes]
        alerts = [*late, *find_opener_alerts(service), *find_inbox_alerts(service)]
        return summarize(service.store, inboxes, begins, ends, words=wording(language), alerts=alerts)

    def _last_due(self, sink: str) -> datetime:
        config = self._service.config
        plan = config.sinks[sink].digest
        return last_due(plan.at, plan.days, self._service.now().astimezone(ZoneInfo(config.timezone)))[1]

    def _readers(self) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
        """Each reader of digests: by sink, language, the inboxes that they are told of, and address."""
        config = self._service.config
        found: dict[tuple[str, str, str], list[str]] = {}
        for name, inbox in config.inboxes.items():
            for entry in inbox.tell:
                if WHEN in entry.when:
                    for address in entry.to or ("",):
                        inboxes = found.setdefault((entry.sink, entry.language or config.language, address), [])
                        if name not in inboxes:
                            inboxes.append(name)
        for (sink, language, address), inboxes in found.items():
            yield sink, language, tuple(inboxes), address
