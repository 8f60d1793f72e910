"""Looking a way over, step by step, for `linecard doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from linecard.model.alert import Finding


@runtime_checkable
class SupportsProbe(Protocol):
    """An inbox, a sink or a PBX that can look its way over; `linecard doctor` tells each step apart."""

    def probe(self) -> Iterator[Finding]:
        """The steps in their order, up to the first that fails. What was changed to find out is changed back."""
        ...
