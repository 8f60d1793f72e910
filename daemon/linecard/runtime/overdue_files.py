"""Files that should have come and did not: the failure of which no file tells."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from linecard.model.alert import Alert
from linecard.rules.hours import last_due

if TYPE_CHECKING:
    from linecard.runtime.service import Service


def find_overdue_files(service: Service) -> list[Alert]:
    """The inboxes into which no file came between the last two times by which one had to."""
    now = service.now().astimezone(ZoneInfo(service.config.timezone))
    found: list[Alert] = []
    for name, inbox in service.config.inboxes.items():
        if inbox.expect is None:
            continue
        before, due = last_due(inbox.expect.by, inbox.expect.days, now)
        last = service.store.last_arrival(name, now)
        if last is None or last < before:
            when = (
                f"the last one arrived {last.astimezone(now.tzinfo):%Y-%m-%d %H:%M}"
                if last
                else "none has ever arrived"
            )
            alert = Alert(
                f"file of {name}",
                f"No file arrived by {due:%Y-%m-%d %H:%M}; {when}.",
                "Ask the producer whether its export ran; linecard takes a late file like any other.",
            )
            found.append(alert)
    return found
