"""Alerts that no run raises: keys that expire, files that did not come. The readers under `alerts` get each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from linecard.infrastructure.inbox_files import CLAIM_FOLDER
from linecard.model.alert import Alert
from linecard.pipeline.intake import OVERDUE
from linecard.pipeline.unknown_runs import find_restoration, find_unknown_claims, find_unknown_runs
from linecard.ports.alerts import SupportsAlerts
from linecard.ports.inbox import Inbox, SupportsClaims
from linecard.runtime.clock_alert import ClockAlert
from linecard.runtime.intakes import build_inbox
from linecard.runtime.overdue_files import find_overdue_files
from linecard.store.notices import Notices

if TYPE_CHECKING:
    from linecard.runtime.health import Health
    from linecard.runtime.service import Service


def find_opener_alerts(service: Service) -> list[Alert]:
    """What somebody should see to so that files can be opened, each thing once."""
    now = service.now()
    found = [
        alert
        for name in service.config.inboxes
        for opener in service.openers(name).values()
        if isinstance(opener, SupportsAlerts)
        for alert in opener.alerts(now)
    ]
    return list({alert.what: alert for alert in found}.values())


def find_inbox_alerts(service: Service) -> list[Alert]:
    """What somebody should see to so that files can be fetched, each thing once. No server is asked."""
    found: dict[str, Alert] = {}
    for name in service.config.inboxes:
        with closing(build_inbox(service, name)) as inbox:
            if isinstance(inbox, SupportsAlerts):
                found |= {alert.what: alert for alert in inbox.alerts(service.now())}
    return list(found.values())


def find_database_alerts(service: Service) -> list[Alert]:
    """What the folders of the site know of later runs than its database does."""
    config = service.config
    # Where an inbox is on another disk than the state, its claimed files lie in a folder inside it.
    more = [
        (name, config.folder / inbox.path / CLAIM_FOLDER)
        for name, inbox in config.inboxes.items()
        if inbox.kind == "local"
    ]
    folders = {"archive": config.archive, "reports": config.reports, "work": config.state / "work"}
    return list(find_unknown_runs(service.store, **folders, more=more))


def find_inbox_claims(service: Service, name: str, inbox: SupportsClaims) -> Iterator[Alert]:
    """Claimed files of an inbox that the database does not know. Its server is asked; raises `InboxError`."""
    place, names = inbox.list_claims()
    yield from find_unknown_claims(service.store, name, place, names)


class AlertChecks:
    """Looks for what somebody should see to. Used by several threads at a time."""

    def __init__(self, service: Service, health: Health) -> None:
        self._service, self._health = service, health
        self._clock = ClockAlert(service, health)
        self._notified: set[str] = set()

    def check_files(self) -> None:
        """Files that should have come, those that wait for their marker in vain, a restore, and a doubted clock."""
        self._clock.refresh()
        self._raise("restored", find_restoration(self._service.store))
        self._raise("marker of ", self._find_unmarked())
        self._raise("file of ", find_overdue_files(self._service))

    def check_claims(self, name: str, inbox: Inbox) -> None:
        """Claimed files on a server that the database does not know; asked for as long as a restore is in doubt."""
        found: list[Alert] = []
        if isinstance(inbox, SupportsClaims) and any(find_restoration(self._service.store)):
            found = list(find_inbox_claims(self._service, name, inbox))
        self._raise(f"claims of {name}", [alert._replace(what=f"claims of {name}") for alert in found])

    def check_keys(self) -> None:
        """Keys with which files are opened, and servers logged in to; what is old by a clock that is doubted."""
        self._clock.recount()
        for prefix, found in (
            ("opening: ", find_opener_alerts(self._service)),
            ("login: ", find_inbox_alerts(self._service)),
        ):
            self._raise(prefix, [alert._replace(what=f"{prefix}{alert.what}") for alert in found])

    def _find_unmarked(self) -> Iterator[Alert]:
        """Files that have waited for hours for their marker or checksum file; told anew when the first is another."""
        for name, view in self._health.inboxes.items():
            if not view.overdue:
                continue
            first, hours = view.overdue[0], round(OVERDUE / 3600)
            config = self._service.config.inboxes[name]
            what, ending = (
                ("marker", config.marker) if view.awaiting[first] == "marker" else ("checksum file", config.checksum)
            )
            yield Alert(
                f"marker of {name}",
                f"Files have waited for their {what} for more than {hours} hours, the first of them {first}.",
                f"Ask the producer whether it writes {first}{ending}; `linecard status` shows how many wait.",
            )

    def _raise(self, prefix: str, found: Iterable[Alert]) -> None:
        found = list(found)
        self._health.replace_alerts(prefix, {what: (message, remedy) for what, message, remedy in found})
        readers = self._service.config.alert_recipients
        if not readers:
            return
        notices, store = Notices(self._service.store), self._service.store
        for alert in found:
            # A key's words change as its day comes nearer, and those of a file with the day: each is told anew.
            name = f"{alert.what}: {alert.message}"
            if name not in self._notified:
                with store.transaction() as connection:
                    notices.queue_alert(connection, name, alert, readers)
                self._notified.add(name)
