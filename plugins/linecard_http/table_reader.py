"""Tables of a PBX: rows of lists and searches, their fields read by the rules of the profile, and joined.

A row is a dictionary of its fields, and of what the PBX itself answered below `raw`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from threading import RLock
from typing import Any

from linecard_http.expression import Variables, evaluate, render, search
from linecard_http.list_pages import ListPages, find_items
from linecard_http.profile import FieldRule, FindRule, LookupRule, Meaning, Profile, TableRule
from linecard_http.rest_client import RestClient

Row = dict[str, Any]
RAW = "raw"
LOGINS = frozenset({"login", "member"})
"""Fields that name people; they are compared without case."""


class TableReader:
    """What one PBX has in its tables, asked now."""

    def __init__(self, client: RestClient, pages: ListPages) -> None:
        self._client, self._pages = client, pages
        self.profile: Profile = client.profile

    def has_find(self, table: str, field: str) -> bool:
        """Whether rows can be asked for by this field."""
        return table in self.profile.tables and field in self.profile.tables[table].find

    def ask_all(self, name: str) -> list[Any]:
        """All that the PBX answers for a table whose list can be asked for."""
        table = self.profile.tables[name]
        if table.whole is None:
            raise AssertionError(f"the table {name} has no list")
        return self._complete(name, self._pages.read_items(name, table.whole, {}, table.items))

    def ask_for(self, name: str, field: str, value: str) -> list[Any]:
        """What the PBX answers to a search, which may be more than what was searched for."""
        table = self.profile.tables[name]
        request: FindRule = table.find[field]
        items = request.items if request.items is not None else table.items
        asked = f"{name}.find.{field}"
        variables = {"value": value}
        if request.paging is not None:
            return self._complete(name, self._pages.read_items(asked, request, variables, items))
        reply = self._client.query(asked, request, variables)
        return self._complete(name, find_items(items, reply.body) if reply.verdict is Meaning.GOOD else [])

    def _complete(self, name: str, items: list[Any]) -> list[Any]:
        """The same rows with all that the PBX has of them; as many at a time as a page of the list has."""
        table = self.profile.tables[name]
        if table.details is None:
            return items
        found: list[Any] = []
        per = self._count_per_page(table) or len(items) or 1
        for begin in range(0, len(items), per):
            reply = self._client.query(f"{name}.details", table.details, {"rows": items[begin : begin + per]})
            found += find_items(table.details.items, reply.body) if reply.verdict is Meaning.GOOD else []
        return found

    @staticmethod
    def _count_per_page(table: TableRule) -> int:
        return table.whole.paging.per if table.whole is not None and table.whole.paging is not None else 0

    def count_requests(self, name: str) -> int | None:
        """How many requests the list of a table takes; None where it cannot be asked for."""
        table = self.profile.tables[name]
        if table.whole is None:
            return None
        pages = self._pages.count_pages(name, table.whole, {}, table.items)
        return pages if table.details is None else 2 * pages


class TableView:
    """Tables as they are at one time: what was asked once is not asked again, until it is forgotten.

    With `is_whole`, a table that can be asked for as a whole is, whatever of it is wanted. `people` is the view that
    knows the members, if another does.
    """

    def __init__(
        self,
        reader: TableReader,
        settings: Mapping[str, Any],
        *,
        is_whole: bool = False,
        people: TableView | None = None,
    ) -> None:
        self._reader, self._settings, self._is_whole, self._people = reader, settings, is_whole, people
        self._whole: dict[str, list[Row]] = {}
        self._indexes: dict[tuple[str, str], dict[str, list[Row]]] = {}
        self._found: dict[tuple[str, str, str], list[Row]] = {}
        self._mine = RLock()

    def list_rows(self, name: str) -> list[Row]:
        """All rows of a table."""
        with self._mine:
            if name not in self._whole:
                self._whole[name] = self._read_rows(name, self._reader.ask_all(name), by_list=True)
            return self._whole[name]

    def find_rows(self, name: str, field: str, value: object, *, by_list: bool = False) -> list[Row]:
        """The rows in which a field has this value; with `by_list`, many of these are wanted."""
        if name == "members" and self._people is not None:
            return self._people.find_rows(name, field, value, by_list=by_list)
        key = _fold(field, value)
        with self._mine:
            if name in self._whole or self._is_list_wanted(name, field, by_list=by_list):
                return self._index(name, field).get(key, [])
            if (name, field, key) not in self._found:
                came = self._read_rows(name, self._reader.ask_for(name, field, str(value)), by_list=False)
                self._found[name, field, key] = [row for row in came if key in _keys(field, row)]
            return self._found[name, field, key]

    def forget(self, *but: str) -> None:
        """What was asked is asked again, except for these tables."""
        with self._mine:
            self._whole = {name: rows for name, rows in self._whole.items() if name in but}
            self._indexes = {key: rows for key, rows in self._indexes.items() if key[0] in but}
            self._found = {key: rows for key, rows in self._found.items() if key[0] in but}

    def _is_list_wanted(self, name: str, field: str, *, by_list: bool) -> bool:
        table = self._reader.profile.tables[name]
        if table.whole is None:
            return False
        return self._is_whole or by_list or field not in table.find

    def _index(self, name: str, field: str) -> dict[str, list[Row]]:
        if (name, field) not in self._indexes:
            index: defaultdict[str, list[Row]] = defaultdict(list)
            for row in self.list_rows(name):
                for key in _keys(field, row):
                    index[key].append(row)
            self._indexes[name, field] = dict(index)
        return self._indexes[name, field]

    # -- rows of what was answered -----------------------------------------------------------------------------------

    def _read_rows(self, name: str, answered: list[Any], *, by_list: bool) -> list[Row]:
        table = self._reader.profile.tables[name]
        wanted = (raw for raw in answered if self._is_wanted(table, raw))
        return [self._read_row(table, raw, by_list=by_list) for raw in wanted]

    def _is_wanted(self, table: TableRule, raw: Any) -> bool:
        return table.where is None or bool(evaluate(table.where, {"row": raw, "settings": self._settings}))

    def _read_row(self, table: TableRule, raw: Any, *, by_list: bool) -> Row:
        row: Row = {RAW: raw}
        for field, rules in table.fields.items():
            found = (self._read_field(rule, raw, by_list=by_list) for rule in rules)
            row[field] = next((value for value in found if value is not None), None)
        return row

    def _read_field(self, rule: FieldRule, raw: Any, *, by_list: bool) -> Any:
        value = search(rule.path, raw)
        if rule.pattern is not None and value is not None:
            value = _match(rule.pattern, str(value))
        if rule.format is not None and value is not None:
            variables: Variables = {"value": value, "row": raw, "settings": self._settings}
            value = render(rule.format, variables)
        if value in (None, "", [], {}):
            return None
        return value if rule.lookup is None else self._look_up(rule.lookup, value, by_list=by_list)

    def _look_up(self, lookup: LookupRule, value: object, *, by_list: bool) -> Any:
        rows = self.find_rows(lookup.table, lookup.by, value, by_list=by_list)
        return rows[0][lookup.get] if rows else None


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _match(pattern: str, text: str) -> str | None:
    found = _compile(pattern).search(text)
    if found is None:
        return None
    return found[1] if found.re.groups else found[0]


def _fold(field: str, value: object) -> str:
    return str(value).lower() if field in LOGINS else str(value)


def _keys(field: str, row: Row) -> list[str]:
    """What a row is found by: each value of a field that has several."""
    value = row.get(field)
    if value is None:
        return []
    return [_fold(field, each) for each in value] if isinstance(value, list) else [_fold(field, value)]
