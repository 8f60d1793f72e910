"""What all extensions of the PBX hold, for what Rainbow itself does not refuse and cannot be asked for by name."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from linecard.api import Clock
from linecard.api.backend import Change
from linecard_rainbow.tenant import Tenant
from linecard_rainbow.wire import PhoneNumber

LOOKED_AT = timedelta(seconds=60)
"""How long it is believed what other extensions hold; each extension that is changed is looked at right before."""


class HoldingsIndex:
    """Read when it is first needed, and again when that is a while ago."""

    def __init__(self, tenant: Tenant, now: Clock) -> None:
        self._tenant, self._now = tenant, now
        self._read_at: datetime | None = None
        self._with_number: dict[str, str] = {}
        self._of_user: dict[str, set[str]] = {}
        self._held: dict[str, tuple[str | None, tuple[str, ...]]] = {}
        self._mine = Lock()

    def find_obstacle(self, change: Change, user_id: str | None, *, several: bool) -> str:
        """What other extensions have against a change, in words. `user_id` is who gets the extension, if somebody does;
        with `several`, whatever else that member holds does not matter."""
        with self._mine:
            if user_id is not None and not several:
                self._refresh()
                if others := self._of_user.get(user_id, set()) - {change.extension}:
                    return f"{change.after.member} holds extension {min(others)}"
            gained = [number for number in change.after.numbers if number not in change.before.numbers]
            if gained and len(change.after.numbers) > 1:
                return f"{change.extension} has one number at most"
            for number in gained:
                self._refresh()
                if self._with_number.get(number, change.extension) != change.extension:
                    return f"{number} is on extension {self._with_number[number]}"
        return ""

    def enter(self, number: PhoneNumber) -> None:
        """An extension as it is now."""
        with self._mine:
            if self._read_at is not None:
                self._enter(number)

    def forget(self) -> None:
        with self._mine:
            self._read_at = None

    def _refresh(self) -> None:
        if self._read_at is not None and timedelta(0) <= self._now() - self._read_at < LOOKED_AT:
            return
        self._with_number, self._of_user, self._held = {}, {}, {}
        self._read_at, began = None, self._now()
        for held in self._tenant.numbers():
            self._enter(held.number)
        self._read_at = began  # now that it is whole: reading may fail half-way, and others wait for the lock

    def _enter(self, number: PhoneNumber) -> None:
        name = number.short_number
        user_id, numbers = self._held.get(name, (None, ()))
        for each in numbers:
            if self._with_number.get(each) == name:
                del self._with_number[each]
        if user_id is not None:
            self._of_user[user_id].discard(name)
        self._held[name] = number.user_id, number.numbers
        self._with_number.update(dict.fromkeys(number.numbers, name))
        if number.user_id is not None:
            self._of_user.setdefault(number.user_id, set()).add(name)
