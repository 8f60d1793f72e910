"""What an inbox or an opener may do besides its port: speak of harm before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol, runtime_checkable

from linecard.model.concern import Concern


@runtime_checkable
class SupportsConcerns(Protocol):
    """An inbox or opener that knows of something that will keep it from its files, such as a key that expires."""

    def concerns(self, now: datetime) -> Iterator[Concern]:
        """What somebody should see to; found without asking a server."""
        ...
