"""One change at a time: look, send once, and say what Rainbow shows afterwards.

Source: `PUT .../phone-numbers/{id}` of ALE's OpenAPI description of the admin portal (1.82.0) waits until the agent of
the PBX has taken the change. What is left out of it stays as it is, so that linecard sends what it owns alone: `userId`
and `number`, and of these what differs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from linecard.api.backend import Change, ChangeStatus, Holding, Result
from linecard_rainbow.assumptions import TenantAnswers
from linecard_rainbow.bulk_import import MassProvisioning
from linecard_rainbow.client import NotSentError
from linecard_rainbow.errors import RainbowError, RefusedError, UnansweredError
from linecard_rainbow.holdings_index import HoldingsIndex
from linecard_rainbow.precheck import describe_holding, precheck
from linecard_rainbow.reader import TenantReader
from linecard_rainbow.tenant import Held, Tenant
from linecard_rainbow.wire import PhoneNumber

TROUBLES = 3
"""Changes in a row that Rainbow fails at, after which it is not asked for more."""
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between two looks whether a change whose answer was lost has come about; the last one again and again."""

Sleep = Callable[[float], None]


class Writer:
    """Makes changes; `make` may be called by several threads for changes that do not touch the same things."""

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        tenant: Tenant,
        reader: TenantReader,
        answers: TenantAnswers,
        provisioning: MassProvisioning,
        index: HoldingsIndex,
        *,
        settle: float,
        several: bool,
        sleep: Sleep = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tenant, self._reader, self._answers, self._provisioning = tenant, reader, answers, provisioning
        self._settle, self._several, self._sleep, self._monotonic = settle, several, sleep, monotonic
        self._index = index
        self._troubles = 0

    def begin(self) -> None:
        """Before the changes of a run: what was read for another is not believed."""
        self._tenant.systems()  # once, and not by each worker
        self._index.forget()
        self._reader.refresh()
        self._troubles = 0

    def make(self, change: Change) -> Result:
        """Raises `RainbowError` where Rainbow cannot be asked, or may not be by this account."""
        found = self._tenant.numbers_named(change.extension)
        if (result := precheck(change, found, self._reader)) is not None:
            return result
        held = found[0]
        body: dict[str, Any] = {}
        if words := self._compose(change, body):
            return Result(change, ChangeStatus.FAILED, words)
        try:
            return self._make_known(change, held, body)
        except RefusedError as error:
            if error.is_of_the_tenant:
                raise
            return Result(change, ChangeStatus.FAILED, error.describe_for_row())

    def _make_known(self, change: Change, held: Held, body: dict[str, Any]) -> Result:
        """Send it in the way that this tenant knows."""
        leaver = change.before.member
        if "userId" in body and body["userId"] is None and self._answers.detach == "sheet" and leaver is not None:
            return self._detach_by_sheet(change, held, body, leaver)
        try:
            return self._send(change, held, body)
        except RefusedError as error:
            takes_over = leaver is not None and body.get("userId") is not None
            if error.status != 409 or error.code or not takes_over or self._answers.detach != "change":
                raise
        # Some tenants may not give away what is held: it is freed first.
        vacant = change._replace(after=Holding(None, change.before.numbers))
        freed = self._send(vacant, held, {"userId": None})
        if freed.status is not ChangeStatus.DONE:
            return freed._replace(change=change)
        try:
            given = self._send(change._replace(before=vacant.after), held, body)._replace(change=change)
        except RefusedError as error:
            if error.is_of_the_tenant:
                raise
            given = Result(change, ChangeStatus.FAILED, error.describe_for_row())
        if given.status is ChangeStatus.DONE:
            return given
        return given._replace(words=f"{leaver} has lost the extension already; {given.words}")

    def _detach_by_sheet(self, change: Change, held: Held, body: dict[str, Any], leaver: str) -> Result:
        """Mass provisioning takes all extensions from a member at once, so it must be the only one."""
        user_id = held.number.user_id or ""
        others = self._tenant.links_of(user_id) - {held.number.id}
        if others:
            words = f"{leaver} holds other extensions too, and this tenant can only free all at once"
            return Result(change, ChangeStatus.FAILED, words)
        self._provisioning.detach(leaver)
        if "number" in body:
            self._tenant.change_number(held, {"number": body["number"]})
        return self._judge(change, self._tenant.look_up_number(held))

    # -- what to send ------------------------------------------------------------------------------------------------

    def _compose(self, change: Change, body: dict[str, Any]) -> str:
        """Put into the body what differs; words where that cannot be."""
        wanted, user_id = change.after.member, None
        if wanted != change.before.member:
            if wanted is None and self._answers.detach is None:
                return "linecard does not know yet how this tenant frees an extension"
            user_id = self._reader.find_id(wanted) if wanted is not None else None
            if wanted is not None and user_id is None:
                return f"there is no member {wanted}"
            body["userId"] = user_id
        if change.after.numbers != change.before.numbers:
            none = "" if self._answers.number_removal == "blank" else None
            body["number"] = change.after.numbers[0] if change.after.numbers else none
        return self._index.find_obstacle(change, user_id, several=self._several)

    # -- sending, and what came of it --------------------------------------------------------------------------------

    def _send(self, change: Change, held: Held, body: dict[str, Any]) -> Result:
        try:
            # Order (send): once. What is not known to be done is looked for, never sent again: the agent of the PBX may
            # be at it still, and would do it a second time after somebody else's change. Shown by
            # tests/integration/rainbow/test_faults.py::test_a_change_is_sent_once_whatever_becomes_of_it.
            said = self._tenant.change_number(held, body)
        except NotSentError:
            raise
        except UnansweredError as error:
            return self._look(change, held, error)
        self._troubles = 0
        shown = said or self._tenant.look_up_number(held)
        if shown is None or self._reader.read_holding(shown) != change.after:
            shown = self._tenant.look_up_number(held)
        return self._judge(change, shown)

    def _judge(self, change: Change, shown: PhoneNumber | None) -> Result:
        if shown is None:
            return Result(change, ChangeStatus.STALE, f"extension {change.extension} is gone")
        self._index.enter(shown)
        now = self._reader.read_holding(shown)
        if now == change.after:
            return Result(change, ChangeStatus.DONE)
        return Result(change, ChangeStatus.FAILED, f"Rainbow accepted it, and shows {describe_holding(now)}")

    def _look(self, change: Change, held: Held, error: UnansweredError) -> Result:
        """What became of a change whose answer was lost. Raises the error where Rainbow fails again and again."""
        until = self._monotonic() + (0.0 if error.is_over else self._settle)
        shown = self._tenant.look_up_number(held)
        pauses = list(PAUSES)
        while shown is not None and self._reader.read_holding(shown) == change.before and self._monotonic() < until:
            self._sleep(pauses.pop(0) if len(pauses) > 1 else pauses[0])
            shown = self._tenant.look_up_number(held)
        if shown is None:
            return Result(change, ChangeStatus.STALE, f"extension {change.extension} is gone")
        self._index.enter(shown)
        now = self._reader.read_holding(shown)
        if now == change.after:
            self._troubles = 0
            return Result(change, ChangeStatus.DONE)
        if now != change.before:
            return Result(change, ChangeStatus.FAILED, f"{error} It shows {describe_holding(now)}")
        self._troubles += 1
        if self._troubles >= TROUBLES:
            raise RainbowError(
                f"{error} So it was with {self._troubles} changes in a row.",
                remedy="Check whether the agent of the PBX is connected, in Rainbow's administration.",
            ) from error
        if error.is_over:
            return Result(change, ChangeStatus.FAILED, f"{error} It shows what it was before")
        return Result(change, ChangeStatus.UNKNOWN, f"{error} It shows what it was before, and may still change")
