"""What an inbox or an opener may do besides its port: raise alerts before harm is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol, runtime_checkable

from linecard.model.alert import Alert


@runtime_checkable
class SupportsAlerts(Protocol):
    """An inbox or opener that knows of something that will keep it from its files, such as a key that expires."""

    def alerts(self, now: datetime) -> Iterator[Alert]:
        """What somebody should see to; found without asking a server."""
        ...
