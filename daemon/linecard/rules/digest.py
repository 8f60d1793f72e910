"""The checksum by which a plan is approved: same sheet, same changes, same digest."""

from __future__ import annotations

import hashlib

from linecard.model.directory import Change


class Digest:
    """SHA-256 over the drop's own SHA-256 and each change in order; give it the changes, then ask for `text`."""

    def __init__(self, sheet_sha256: str) -> None:
        self._sum = hashlib.sha256(sheet_sha256.encode())
        self.changes = 0

    def add(self, change: Change) -> None:
        _, pbx, extension, (holder, had), (member, numbers) = change
        parts = (pbx, extension, holder or "", " ".join(had), member or "", " ".join(numbers))
        self._sum.update(("\0".join(parts) + "\n").encode())
        self.changes += 1

    @property
    def text(self) -> str:
        return self._sum.hexdigest()
