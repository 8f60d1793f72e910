"""The checksum by which a plan is approved: same sheet, same outcomes, same changes, same checksum."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable

from linecard.model.directory import Change
from linecard.model.outcome import Verdict
from linecard.model.run import Hold


def _encode(outcome: str, code: str, other: str = "", holder: str = "") -> bytes:
    return "\0".join((outcome, code, other, holder, "\n")).encode()


_plain = functools.cache(_encode)


class Checksum:
    """SHA-256 over the drop's own SHA-256, what each row comes to and each change, in order.

    Give it the rows, then the changes, then ask for `hexdigest`. Rows count because a person approves them, too: that a
    leaver holds nothing, or that somebody has an extension already, is part of what was seen. So are the reasons for
    which backends want a person.
    """

    def __init__(self, sheet_sha256: str) -> None:
        self._sum = hashlib.sha256(sheet_sha256.encode())
        self.changes = 0

    def add_row(self, verdict: Verdict) -> None:
        outcome, code, _, other, holder, _ = verdict
        if other or holder:
            self._sum.update(_encode(outcome, code, other, holder))
        else:
            self._sum.update(_plain(outcome, code))

    def add_change(self, change: Change) -> None:
        _, pbx, extension, (holder, had), (member, numbers) = change
        parts = (pbx, extension, holder or "", " ".join(had), member or "", " ".join(numbers))
        self._sum.update(("\0".join(parts) + "\n").encode())
        self.changes += 1

    def hexdigest(self, reasons: Iterable[Hold] = ()) -> str:
        """The checksum of the plan, held for these reasons."""
        found = self._sum.copy()
        for hold in sorted(reasons, key=lambda hold: (hold.pbx, hold.message)):
            found.update("\0".join(("caveat", hold.pbx, hold.message, "\n")).encode())
        return found.hexdigest()
