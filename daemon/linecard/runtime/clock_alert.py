"""That the clock is doubted, told where something would be removed by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linecard.runtime.clock import describe_doubt
from linecard.runtime.health import Health
from linecard.runtime.housekeeping import find_old

if TYPE_CHECKING:
    from linecard.runtime.service import Service


class ClockAlert:
    """Puts the doubt on the health. Where nothing is older than `keep`, nobody need act, and nothing is told."""

    def __init__(self, service: Service, health: Health) -> None:
        self._service, self._health = service, health
        self._is_doubted = False

    def refresh(self) -> None:
        """See whether the clock is doubted; what would go by it is counted when that changes."""
        if (self._service.clock.observe().trusted is not None) is not self._is_doubted:
            self.recount()

    def recount(self) -> None:
        """Count what would be removed by a doubted clock, and name it."""
        known = self._service.clock.observe()
        self._is_doubted = known.trusted is not None
        old = find_old(self._service) if self._is_doubted else None
        if old is None or not any(old):
            self._health.clear_alert("clock")
            return
        message = f"{describe_doubt(known)} Older than `keep` by this clock: {old}."
        self._health.raise_alert(
            "clock", message, "Set the clock right, or confirm that it is: `linecard clock --confirm`."
        )
