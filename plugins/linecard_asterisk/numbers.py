"""Where it stands which public number rings which extension: a table of its own, or rows of Asterisk's dialplan."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from linecard_asterisk.bulk import Row
from linecard_asterisk.convert import format_number, parse_number
from linecard_asterisk.options import AsteriskOptions


class Numbers:
    """The rows of one table that lead numbers to extensions.

    `number` and `target` are its columns; `here` are the conditions that a row is one of those, `leads` that it leads
    to an extension as linecard has it led. Of a row of the dialplan that does something else, the target says what.
    """

    def __init__(self, table: sa.Table, options: AsteriskOptions) -> None:
        self.table, self._plus, self._dialplan = table, options.plus, options.dialplan
        plan = options.dialplan
        if plan is None:
            self.number, self.target = table.c[options.columns.number], table.c[options.columns.extension]
            self._shown: Any = self.target
            self.here: tuple[sa.ColumnElement[bool], ...] = ()
            self.leads: tuple[sa.ColumnElement[bool], ...] = ()
            return
        c = table.c
        self.number, self.target = c.exten, c.appdata
        self.here = (c.context == plan.context, c.priority == plan.priority)
        ours = sa.func.lower(c.app) == plan.app.lower()
        self.leads = (*self.here, ours)
        self._shown = sa.case((ours, c.appdata), else_=c.app + "(" + sa.func.coalesce(c.appdata, "") + ")")
        before, _, after = plan.appdata.partition("{extension}")
        self._form = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")

    @property
    def query(self) -> sa.Select[Any]:
        """Each number as it is stored, and where it leads."""
        return sa.select(self.number, self._shown).where(*self.here)

    def format(self, number: str) -> str:
        return format_number(number, plus=self._plus)

    @staticmethod
    def list_spellings(numbers: Iterable[str]) -> list[str]:
        """As these numbers may stand there: somebody else may have written them with a plus, or without."""
        return [form for number in numbers for form in (number, number.removeprefix("+"))]

    def parse(self, stored: Any, target: Any) -> tuple[str, str]:
        """The number in E.164 and the extension, or whatever else it leads to."""
        found = None if self._dialplan is None else self._form.fullmatch(str(target))
        return parse_number(stored), str(target) if found is None else found[1]

    def format_target(self, extension: str) -> str:
        """What leads to an extension."""
        return extension if self._dialplan is None else self._dialplan.appdata.replace("{extension}", extension)

    def target_expression(self, extension: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """The same of an extension that the database knows."""
        if self._dialplan is None:
            return extension
        before, _, after = self._dialplan.appdata.partition("{extension}")
        return sa.literal(before) + extension + sa.literal(after)

    @property
    def columns(self) -> tuple[str, str]:
        """The names of `number` and `target`."""
        return self.number.name, self.target.name

    @property
    def same(self) -> Row:
        """What stands in all other columns of a new row."""
        plan = self._dialplan
        return {} if plan is None else {"context": plan.context, "priority": plan.priority, "app": plan.app}
