"""Many changes in one sheet of mass provisioning, for tenants that allow nothing else.

What is in one sheet may be done in any order, for ALE's descriptions name none: changes that build upon one another go
in sheets of their own. A sheet can link, take over, set a number with its holder, and take all extensions from a
member. It cannot free one extension of several, nor take a number away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from linecard.api.backend import Change, ChangeStatus, Holding, Result, split_independent
from linecard_rainbow.bulk_import import MassProvisioning, Row
from linecard_rainbow.errors import RefusedError
from linecard_rainbow.holdings_index import HoldingsIndex
from linecard_rainbow.precheck import describe_holding, precheck
from linecard_rainbow.reader import TenantReader
from linecard_rainbow.tenant import Held, Tenant

ROWS = 200
"""Rows of a sheet at most."""
_LINE = re.compile(r"line (\d+)", re.IGNORECASE)


class _Planned(NamedTuple):
    change: Change
    row: Row


class SheetWriter:
    """Makes changes by mass provisioning."""

    def __init__(
        self,
        tenant: Tenant,
        reader: TenantReader,
        provisioning: MassProvisioning,
        index: HoldingsIndex,
        *,
        several: bool,
    ) -> None:
        self._tenant, self._reader, self._provisioning, self._index = tenant, reader, provisioning, index
        self._several = several

    def make_changes(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Results in the order of the changes. Raises `RainbowError` where Rainbow cannot be asked."""
        self._index.forget()
        self._reader.refresh()
        for group in split_independent(changes, ROWS):
            yield from self._make_group(group)

    def compose_rows(self, changes: Iterable[Change]) -> list[Row]:
        """The rows that these changes would become, for a check before anything is done."""
        system = self._tenant.systems()[0]
        return [
            _compose_row(change, system.pbx_id)
            for change in changes
            if change.before != change.after and (change.before.member or change.after.member)
        ]

    def _make_group(self, group: list[Change]) -> list[Result]:
        found = self._find(group)
        results: dict[int, Result] = {}
        planned: list[_Planned] = []
        for change in group:
            result = self._judge(change, found[change.extension])
            if result is None:
                planned.append(_Planned(change, _compose_row(change, found[change.extension][0].system.pbx_id)))
            else:
                results[change.seq] = result
        if planned:
            failing = self._import(planned)
            self._index.forget()
            found = self._find([each.change for each in planned])
            for change, row in planned:
                shown = [self._reader.read_holding(held.number) for held in found[change.extension]]
                results[change.seq] = _conclude(change, shown, failing.get(self._provisioning.write_line(row)))
        return [results[change.seq] for change in group]

    def _find(self, group: list[Change]) -> dict[str, list[Held]]:
        return self._reader.find_numbers(frozenset(change.extension for change in group))

    def _judge(self, change: Change, found: list[Held]) -> Result | None:
        """What a change comes to without a row, or None."""
        if (result := precheck(change, found, self._reader)) is not None:
            return result
        before, after = change.before, change.after
        user_id = self._reader.find_id(after.member) if after.member is not None else None
        words = ""
        if after.member is not None and user_id is None:
            words = f"there is no member {after.member}"
        elif after.numbers != before.numbers and (after.member is None or not after.numbers):
            words = "mass provisioning cannot change the number of an extension that nobody holds, nor take one away"
        elif after.member is None and self._tenant.links_of(found[0].number.user_id or "") - {found[0].number.id}:
            words = f"{before.member} holds other extensions too, and mass provisioning can only free all at once"
        words = words or self._index.find_obstacle(change, user_id, several=self._several)
        return Result(change, ChangeStatus.FAILED, words) if words else None

    def _import(self, planned: list[_Planned]) -> dict[str, str]:
        """Lines that failed, with words. Rows that the check refuses are left out, and the others imported."""
        rows = [each.row for each in planned]
        try:
            return dict(self._provisioning.import_rows(rows).failing)
        except RefusedError as error:
            refused = {int(found[1]) - 2: words for words in error.faults if (found := _LINE.search(words))}
            if error.is_of_the_tenant or not refused:
                raise
        failing = {self._provisioning.write_line(rows[n]): words for n, words in refused.items() if n < len(rows)}
        rest = [row for n, row in enumerate(rows) if n not in refused]
        return failing | (dict(self._provisioning.import_rows(rest).failing) if rest else {})


def _compose_row(change: Change, pbx_id: str) -> Row:
    before, after = change.before, change.after
    if after.member is None:
        return {"action": "detach", "loginEmail": before.member or ""}
    action = "attach" if before.member in {None, after.member} else "force_attach"
    row = {"action": action, "loginEmail": after.member, "pbxId": pbx_id, "pbxShortNumber": change.extension}
    return row | {"number": after.numbers[0]} if after.numbers != before.numbers and after.numbers else row


def _conclude(change: Change, shown: list[Holding], words: str | None) -> Result:
    """What became of a change, by what Rainbow shows; then by what the report says of its line."""
    if shown == [change.after]:
        return Result(change, ChangeStatus.DONE)
    if words is not None:
        return Result(change, ChangeStatus.FAILED, words or "mass provisioning reports that the line failed")
    now = describe_holding(shown[0]) if shown else "no such extension"
    return Result(change, ChangeStatus.FAILED, f"mass provisioning reports no fault, and Rainbow shows {now}")
