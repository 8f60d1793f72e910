"""Imports of mass provisioning: accepted at once, done over time, reported until the report is deleted.

Source: AdminService of rainbow-node-sdk 2.46.1. The answer to an import comes at once with the state `Pending`; its
`reqId` is a hash of the data, so that the same data is not imported twice; the report must be deleted first. Where
the flattened tables of AdminService do not say which fields repeat, `report` is a list with an entry for each row.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rainbow.answers import Json, RefusedError, missing
from rainbow.assumptions import Assumptions
from rainbow.provisioning_csv import Sheet, read_sheet, without_comments
from rainbow.provisioning_rows import Played, Player, RowError
from rainbow.tenant import Company, Member


@dataclass(frozen=True)
class Order:
    """One import as it was asked for."""

    data: bytes = field(repr=False)
    company: Company
    by: Member
    family: str = "imports"
    delimiter: str = ""
    comment: str = "%"
    label: str = ""


@dataclass
class Import:
    id: str
    order: Order
    sheet: Sheet
    player: Player
    begun: float
    ended: float | None = None
    played: list[Played] = field(default_factory=list)


@dataclass
class Provisioning:
    """All imports. Rows are done as time goes by: `advance` does those whose time has come."""

    start_seconds: float = 0.2
    """How long an import is pending before its first row."""
    rows_per_second: float = 100.0
    imports: dict[str, Import] = field(default_factory=dict)

    def identify(self, order: Order, rules: Assumptions) -> str:
        data = order.data
        if not rules.comments_identify:
            lines = without_comments(data.decode("utf-8", errors="replace"), order.comment)
            data = "\n".join(line for _, line in lines).encode()
        return hashlib.sha256(data).hexdigest()

    def check(self, order: Order, player: Player) -> Json:
        """What an import would do, without doing it: counts of actions, columns, licences."""
        sheet = self._read(order, player)
        if player.rules.check_looks_up and sheet.mode == "device":
            faults = []
            for row in sheet.rows:
                try:
                    player.look_up(row)
                except RowError as error:
                    faults.append({"param": f"line {row.number}", "msg": error.words, "value": row.login})
            if faults:
                raise RefusedError(400, faults, 400000)
        return {
            "reqId": self.identify(order, player.rules),
            "mode": sheet.mode,
            "actions": sheet.count_actions(),
            "columns": sheet.columns,
            "delimiter": sheet.delimiter,
            "profiles": profiles(order.company, sheet),
        }

    def _read(self, order: Order, player: Player) -> Sheet:
        sheet = read_sheet(
            order.data,
            family=order.family,
            delimiter=order.delimiter,
            comment=order.comment,
            ignore_case=player.rules.headers_ignore_case,
        )
        player.mode = sheet.mode
        return sheet

    def begin(self, order: Order, player: Player, now: float) -> Json:
        """Take an import. Raises what a duplicate is refused with."""
        sheet, identifier = self._read(order, player), self.identify(order, player.rules)
        if identifier in self.imports:
            words = f"The same data has been imported as {identifier}: delete its report first."
            raise RefusedError(player.rules.duplicate_status, words)
        made = Import(identifier, order, sheet, player, now)
        self.imports[identifier] = made
        return {
            "reqId": identifier,
            "mode": sheet.mode,
            "status": player.rules.pending,
            "userId": order.by.id,
            "displayName": order.by.display_name,
            "label": order.label,
            "startTime": stamp(now),
        }

    def advance(self, now: float) -> None:
        for each in self.imports.values():
            due = math.floor((now - each.begun - self.start_seconds) * self.rows_per_second) + 1
            rows = each.sheet.rows[len(each.played) : max(due, 0)]
            each.played += map(each.player.play, rows)
            if (
                each.ended is None
                and now >= each.begun + self.start_seconds
                and len(each.played) == len(each.sheet.rows)
            ):
                each.ended = now

    def find(self, identifier: str, by: Member) -> Import:
        found = self.imports.get(identifier)
        if found is None or found.order.company.id != by.company_id:
            raise missing("Import", identifier)
        return found

    def report(self, each: Import, form: str = "full") -> Json:
        failing = [played.row.text for played in each.played if played.status == "failed"]
        shown = (
            {} if form == "small" else {"report": [_entry(played) for played in each.played], "failingLines": failing}
        )
        return self._heading(each) | {"mode": each.sheet.mode, "profiles": profiles(each.order.company)} | shown

    def summaries(self, company_id: str) -> list[Json]:
        return [self._heading(each) for each in self.imports.values() if each.order.company.id == company_id]

    def _heading(self, each: Import) -> Json:
        statuses, rules = Counter(played.status for played in each.played), each.player.rules
        going_on = rules.running if each.played else rules.pending
        return {
            "reqId": each.id,
            "status": going_on if each.ended is None else rules.terminated,
            "counters": {
                "succeeded": statuses["succeeded"],
                "failed": statuses["failed"],
                "warnings": statuses["warning"],
                "total": len(each.sheet.rows),
            },
            "label": each.order.label,
            "userId": each.order.by.id,
            "displayName": each.order.by.display_name,
            "companyId": each.order.company.id,
            "startTime": stamp(each.begun),
            "endTime": None if each.ended is None else stamp(each.ended),
        }


def _entry(played: Played) -> Json:
    entry: Json = {"action": played.row.action, "status": played.status, "userId": played.user_id}
    if played.status != "succeeded":
        entry |= {"line": played.row.text, "error": {"code": played.code, "msg": played.words}}
    return entry


def profiles(company: Company, sheet: Sheet | None = None) -> list[Json]:
    """Licences before and after: each member who is created takes one of the first profile, each deleted one frees
    it."""
    counts = Counter(row.action for row in sheet.rows) if sheet else Counter[str]()
    shown = []
    for index, licence in enumerate(company.licences):
        after = licence.assigned + (counts["create"] - counts["delete"] if index == 0 else 0)
        shown.append(
            {
                "name": licence.name,
                "valid": after <= licence.maximum,
                "assignedBefore": licence.assigned,
                "assignedAfter": after,
                "max": licence.maximum,
            }
        )
    return shown


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
