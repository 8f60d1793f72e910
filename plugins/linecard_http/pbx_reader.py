"""Who holds what on a PBX, read with as few requests as the question allows: each thing by its name, or the lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from linecard.api import Clock, Log
from linecard.api.backend import Entry, Holding, Scope, sorted_numbers
from linecard_http.errors import ProfileError
from linecard_http.table_reader import Row, TableReader, TableView

KNOWN_FOR = timedelta(minutes=10)
"""How long it is believed whose an id is, where changes are made."""
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


class Known(NamedTuple):
    """One extension as the PBX has it: its row (None if there is none), those of its numbers, and what they come to."""

    extension: str
    row: Row | None
    numbers: Mapping[str, Row]
    holding: Holding


class PbxReader:
    """Reads one PBX."""

    def __init__(self, reader: TableReader, settings: Mapping[str, Any], now: Clock, log: Log) -> None:
        self._reader, self._settings, self._now, self._log = reader, settings, now, log
        self.profile = reader.profile
        self._tables = reader.profile.tables
        self._has_numbers = "numbers" in self._tables
        self._people = TableView(reader, settings)
        self._people_since: datetime | None = None

    # -- a scope -----------------------------------------------------------------------------------------------------

    def list_members(self, scope: Scope) -> Iterator[str]:
        """Logins of the scope that exist."""
        if "members" not in self._tables:
            yield from sorted({entry.member for entry in self.list_entries(scope) if entry.member})
            return
        by_name = self._reader.has_find("members", "login")
        if scope.whole or not by_name or self._is_list_cheaper("members", len(scope.members)):
            view = TableView(self._reader, self._settings, is_whole=True)
            logins = {login for row in view.list_rows("members") if (login := _login(row["login"]))}
            yield from sorted(logins if scope.whole else logins & scope.members)
            return
        view = TableView(self._reader, self._settings)
        yield from (login for login in sorted(scope.members) if view.find_rows("members", "login", login))

    def list_entries(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope, once."""
        if not (scope.whole or scope.extensions or scope.members or scope.numbers):
            return
        if scope.whole or not self._is_by_name_cheaper(scope):
            view = TableView(self._reader, self._settings, is_whole=True)
            for known in self._list_all(view):
                if scope.whole or _lies_in(known, scope):
                    yield Entry(known.extension, *known.holding)
            return
        view = TableView(self._reader, self._settings)
        for extension in sorted(self._find_names(view, scope)):
            known = self.look(extension, view)
            if known.row is not None:
                yield Entry(extension, *known.holding)

    def _list_all(self, view: TableView) -> Iterator[Known]:
        numbers: dict[str, dict[str, Row]] = {}
        for row in view.list_rows("numbers") if self._has_numbers else ():
            if row["extension"] is not None and (number := _number(row["number"])):
                numbers.setdefault(str(row["extension"]), {})[number] = row
        seen: set[str] = set()
        for row in view.list_rows("extensions"):
            if row["extension"] is None:
                continue
            extension = str(row["extension"])
            if extension in seen:
                raise ProfileError(
                    f"The PBX has extension {extension} twice.",
                    remedy="Let the profile leave one out with `where`, or make a PBX of each part of it.",
                )
            seen.add(extension)
            yield self._describe(extension, row, numbers.get(extension, {}))

    def _find_names(self, view: TableView, scope: Scope) -> set[str]:
        """The extensions that have one of the names of a scope, and those that are named."""
        names = set(scope.extensions)
        for login in scope.members:
            names |= {str(row["extension"]) for row in self.find_held(login, view)}
        for number in scope.numbers:
            names |= self.find_bearers(number, view)
        return names - {"None"}

    def find_held(self, login: str, view: TableView) -> list[Row]:
        """The rows of the extensions that a member holds."""
        if not self._reader.has_find("extensions", "member") and "extensions" in self._fields("members"):
            rows: list[Row] = []
            for person in view.find_rows("members", "login", login):
                held = person["extensions"] or []
                for extension in held if isinstance(held, list) else [held]:
                    rows += view.find_rows("extensions", "extension", extension)
            return [row for row in rows if _login(row.get("member")) == login]
        return view.find_rows("extensions", "member", login)

    def find_bearers(self, number: str, view: TableView) -> set[str]:
        """The extensions that have a number."""
        if self._has_numbers:
            rows = view.find_rows("numbers", "number", number)
            return {str(row["extension"]) for row in rows if row["extension"] is not None}
        if "numbers" in self._fields("extensions"):
            return {str(row["extension"]) for row in view.find_rows("extensions", "numbers", number)}
        return set()

    def _fields(self, table: str) -> Mapping[str, Any]:
        return self._tables[table].fields if table in self._tables else {}

    # -- which way is cheaper ----------------------------------------------------------------------------------------

    def _is_by_name_cheaper(self, scope: Scope) -> bool:
        cost = self.estimate_by_name(scope)
        whole = self.estimate_whole()
        how = "by name" if cost is not None and (whole is None or cost < whole) else "whole"
        self._log("read", level="debug", how=how, requests_for_the_lists=whole, requests_by_name=cost)
        return how == "by name"

    def estimate_whole(self) -> int | None:
        """Requests that reading all lists takes; None where there is no list of extensions."""
        if self._tables["extensions"].whole is None:
            return None
        return sum(filter(None, map(self._reader.count_requests, self._tables)))

    def estimate_by_name(self, scope: Scope) -> int | None:
        """Requests that reading a scope by its names takes at most; None where it cannot be read so."""
        has = self._reader.has_find
        if not has("extensions", "extension"):
            return None
        each = 1 + sum(
            has(rule.lookup.table, rule.lookup.by)
            for rules in self._tables["extensions"].fields.values()
            for rule in rules
            if rule.lookup is not None
        )
        lists: set[str] = set()
        if self._has_numbers:
            each += has("numbers", "extension")
            lists |= set() if has("numbers", "extension") else self._find_lists("numbers")
        cost = each * len(scope.extensions)
        if scope.members:
            if has("extensions", "member") or (has("members", "login") and "extensions" in self._fields("members")):
                cost += (1 + each) * len(scope.members)
            else:
                return None
        if scope.numbers:
            if not has("numbers", "number") and not has("extensions", "numbers") and "numbers" not in lists:
                return None
            cost += (1 + each) * len(scope.numbers)
        return cost + sum(self._reader.count_requests(name) or 0 for name in lists)

    def _find_lists(self, table: str) -> set[str]:
        """A table and those in which its rows are looked up: what is read where the list of the table is."""
        found, left = {table}, [table]
        while left:
            for rules in self._tables[left.pop()].fields.values():
                named = {rule.lookup.table for rule in rules if rule.lookup is not None} - found
                found |= named
                left += named
        return found

    def _is_list_cheaper(self, table: str, named: int) -> bool:
        pages = self._reader.count_requests(table)
        return pages is not None and pages <= named

    # -- one extension -----------------------------------------------------------------------------------------------

    def look(self, extension: str, view: TableView, numbers: Iterable[str] | None = None) -> Known:
        """An extension as a view has it. With `numbers`, only these are looked at, each by its name: where the numbers
        of an extension cannot be asked for, their whole list would have to be read for each change."""
        rows = view.find_rows("extensions", "extension", extension)
        if len(rows) > 1:
            raise ProfileError(f"The PBX has extension {extension} twice.")
        borne: dict[str, Row] = {}
        if self._has_numbers and numbers is None:
            found = view.find_rows("numbers", "extension", extension)
            borne = {number: row for row in found if (number := _number(row["number"]))}
        for number in sorted(numbers or ()):
            for row in view.find_rows("numbers", "number", number):
                if str(row["extension"]) == extension:
                    borne[number] = row
        return self._describe(extension, rows[0] if rows else None, borne)

    def list_bearers(self) -> dict[str, str]:
        """The extension of each number, of the whole lists."""
        view = TableView(self._reader, self._settings, is_whole=True)
        return {number: known.extension for known in self._list_all(view) for number in known.holding.numbers}

    @property
    def can_ask_for_numbers(self) -> bool:
        """Whether the PBX can be asked which extension has a number."""
        has = self._reader.has_find
        return has("numbers", "number") if self._has_numbers else has("extensions", "numbers")

    @property
    def must_know_numbers(self) -> bool:
        """Whether the numbers of an extension cannot be asked for, but each number can."""
        has = self._reader.has_find
        return self._has_numbers and not has("numbers", "extension") and has("numbers", "number")

    def find_route(self, number: str, view: TableView) -> Row | None:
        """What the PBX has of a number, whether it is on an extension or not."""
        rows = view.find_rows("numbers", "number", number) if self._has_numbers else []
        return rows[0] if rows else None

    def make_empty(self, table: str) -> Row:
        """The row of something that is not there: nothing in each of its fields."""
        return {"login": None, **dict.fromkeys(self._fields(table))}

    def open_view(self) -> TableView:
        """A view of how it is now, in which people are whom they were a while ago."""
        return TableView(self._reader, self._settings, people=self._people if "members" in self._tables else None)

    def _describe(self, extension: str, row: Row | None, numbers: Mapping[str, Row]) -> Known:
        if row is None:
            return Known(extension, None, numbers, Holding(None, sorted_numbers(numbers)))
        told = row.get("numbers") if not self._has_numbers else None
        own = [n for n in (told if isinstance(told, list) else [told]) if _number(n)]
        holder = _login(row.get("member"))
        return Known(extension, row, numbers, Holding(holder, sorted_numbers([*numbers, *map(str, own)])))

    # -- whose an id is ----------------------------------------------------------------------------------------------

    def find_member(self, login: str, view: TableView | None = None) -> Row | None:
        """What the PBX has of a member, as a view has it, or as it was a while ago."""
        if "members" not in self._tables:
            return {"login": login}
        rows = (view or self._people).find_rows("members", "login", login)
        return rows[0] if rows else None

    def refresh_members(self) -> None:
        """Before changes are made: what was read long ago is not believed."""
        now = self._now()
        if self._people_since is None or not timedelta(0) <= now - self._people_since <= KNOWN_FOR:
            self._people.forget()
            self._people_since = now


def _login(value: object) -> str | None:
    return str(value).strip().lower() or None if value is not None else None


def _number(value: object) -> str:
    """A number in E.164, or nothing for what is none: it stays as it is on the PBX."""
    text = str(value) if value is not None else ""
    return text if _E164.fullmatch(text) else ""


def _lies_in(known: Known, scope: Scope) -> bool:
    holder, numbers = known.holding
    return known.extension in scope.extensions or holder in scope.members or not scope.numbers.isdisjoint(numbers)
