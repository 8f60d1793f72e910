"""The check of one row: its cells cleaned and checked one by one, every fault named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from linecard.model.format import SheetFormat
from linecard.model.sheet import RESTORE, Action, Column, Fault, FaultCode, Row, Severity
from linecard.rules.cells import clean_cell, fold_word
from linecard.rules.defuse import defuse
from linecard.rules.destinations import Destinations
from linecard.rules.member import Members
from linecard.rules.number_cell import BadCell, check_for_failure
from linecard.rules.numbering import NumberingPlan
from linecard.rules.sanitize import shorten
from linecard.rules.undo import read_restore

FOREIGN_ACTIONS: Mapping[str, str] = {
    "upsert": (
        "In Rainbow's files, upsert makes or changes a member and takes the extension from its holder. "
        "Write force_attach for that, or attach if nobody may lose it."
    ),
    "sync": (
        "In Rainbow's files, sync does what upsert does and takes away what is blank. "
        "Write force_attach where there is an extension, and detach where it is blank."
    ),
    "delete": (
        "In Rainbow's files, delete removes the member's account. "
        "Write detach to take the extensions away; the account stays."
    ),
    "create": (
        "In Rainbow's files, create makes the member's account, which linecard does not. "
        "Write attach to give the member an extension."
    ),
    "update": (
        "In Rainbow's files, update changes the member's account, which linecard does not. "
        "Write attach to give the member an extension."
    ),
}
"""Actions of ALE Rainbow's files that are none of linecard's: what each means there, and the word for it here."""

_T = TypeVar("_T")
_MOST_WORDS = 12
_MAIL_SCHEME = re.compile(r"(?:mailto|smtp):\s*(?=\S+@)", re.IGNORECASE)
"""What a link in a spreadsheet, and an export of Exchange's addresses, have before an address."""


class RowCheck:
    """The check of one row, which collects every fault that it finds."""

    def __init__(
        self,
        line: int,
        raw: Mapping[Column, str],
        members: Members,
        to: Destinations,
        form: SheetFormat,
        kept: Mapping[Column, str],
    ) -> None:
        self._line, self._raw, self._members, self._to, self._form, self._kept = line, raw, members, to, form, kept
        self._faults: list[Fault] = []

    def add_error(self, code: FaultCode, column: str, value: str, message: str, remedy: str) -> None:
        self._faults.append(Fault(self._line, column, shorten(value), code, Severity.ERROR, message, remedy))

    def add_warning(self, code: FaultCode, column: str, value: str, message: str, remedy: str = "") -> None:
        self._faults.append(Fault(self._line, column, shorten(value), code, Severity.WARNING, message, remedy))

    def row(self, action: Action | None) -> Row:
        """The row with its raw cells, as an invalid one is shown and sent back; those under a misspelt name with it."""
        cells = {**self._kept, **self._raw}
        word, member, pbx, extension, number = (
            cells.get(c, "").strip()
            for c in (Column.ACTION, Column.MEMBER, Column.PBX, Column.EXTENSION, Column.NUMBER)
        )
        return Row(self._line, action or word, member, pbx, extension, number, tuple(self._faults))

    def row_without_request(self, action: Action | None) -> Row:
        """The row as one that asks for nothing."""
        return self.row(action)._replace(asks_nothing=True)

    def check_row(self, action: Action | None) -> Row:
        self._check_action(action)
        member = self._member()
        pbx = self._pbx(action)
        extension = self._extension(pbx, action)
        number = self._number(pbx, action, extension)
        if action is None or any(f.severity is Severity.ERROR for f in self._faults):
            return self.row(action)
        return Row(self._line, action, member, pbx or "", extension, number, tuple(self._faults))

    def check_restore_row(self) -> Row:
        """A row of an undo sheet."""
        word = self._cell(Column.ACTION)
        if word.lower() != RESTORE:
            hint = "Rows of an undo sheet say restore; put others into a sheet of their own."
            self.add_error(
                FaultCode.BAD_ACTION, Column.ACTION, word, f"{shorten(word) or 'Nothing'} is not an action.", hint
            )
        member = self._member() if self._cell(Column.MEMBER) else ""
        pbx = self._pbx(None) or ""
        extension = self._extension(pbx, Action.ATTACH)
        text = self._cell(Column.NUMBER)
        try:
            read_restore(text)
        except ValueError:
            said = "The cell Linecard-Restore does not say what comes back and what was left."
            hint = "Leave it as linecard wrote it, such as: back: +33199001000; left: bob@example.com none."
            self.add_error(FaultCode.BAD_NUMBER, "Linecard-Restore", text, said, hint)
        if any(f.severity is Severity.ERROR for f in self._faults):
            return self.row(None)
        return Row(self._line, RESTORE, member, pbx, extension, text, tuple(self._faults))

    def _cell(self, column: Column, *, digits: bool = False) -> str:
        raw = self._raw.get(column, "")
        text = clean_cell(raw, digits=digits)
        seen = raw.strip(" \t")
        if text != seen and not (self._form.own and seen == defuse(text)):
            shown = f"read as {shorten(text)}" if text else "read as empty"
            self.add_warning(FaultCode.CLEANED, column, raw, f"{column} contained stray characters and was {shown}.")
        return text

    def _check_action(self, action: Action | None) -> None:
        text = self._cell(Column.ACTION)
        fixed = self._form.action
        if fixed is not None and action is not fixed:
            message = f"{shorten(text)} is not what this inbox does with its rows: {fixed}."
            hint = f"Leave the cell empty, or write {fixed}; send the row to another inbox if it means something else."
            self.add_error(FaultCode.BAD_ACTION, Column.ACTION, text, message, hint)
        elif action is None and text:
            if self._has_failed(Column.ACTION, text):
                return
            message, foreign = f"{shorten(text)} is not an action.", FOREIGN_ACTIONS.get(fold_word(text), "")
            remedy = self._actions() if self._form.actions else foreign or self._actions()
            self.add_error(FaultCode.BAD_ACTION, Column.ACTION, text, message, remedy)
        elif action is None:
            self._add_missing(Column.ACTION, self._actions())

    def _has_failed(self, column: Column, text: str) -> bool:
        """Whether a spreadsheet could not work out or show a cell that is wrong; if so, the fault is named."""
        try:
            check_for_failure(text)
        except BadCell as bad:
            self.add_error(FaultCode(bad.code), column, text, bad.message, bad.remedy)
            return True
        return False

    def _actions(self) -> str:
        """The words that this inbox knows."""
        words = [*self._form.actions, *filter(None, self._form.ignored_rows.get(Column.ACTION, ()))]
        if not words:
            return "Write attach, force_attach or detach."
        return f"Write one of {shorten(', '.join([*words[:_MOST_WORDS], *Action]), 300)}."

    def _add_missing(self, column: Column, remedy: str) -> None:
        self.add_error(FaultCode.MISSING_CELL, column, "", f"{column} is empty.", remedy)

    def _member(self) -> str:
        text = self._cell(Column.MEMBER)
        if not text:
            self._add_missing(Column.MEMBER, "Give the member's login e-mail.")
            return ""
        if (scheme := _MAIL_SCHEME.match(text)) is not None:
            raw, text = text, text[scheme.end() :]
            message = f"{Column.MEMBER} contained stray characters and was read as {shorten(text)}."
            self.add_warning(FaultCode.CLEANED, Column.MEMBER, raw, message)
        try:
            return self._members.normalize(text)
        except ValueError as error:
            if self._has_failed(Column.MEMBER, text):
                return ""
            self.add_error(
                FaultCode.BAD_EMAIL,
                Column.MEMBER,
                text,
                f"{shorten(text)} is not an e-mail address.",
                shorten(str(error), 200),
            )
            return ""

    def _pbx(self, action: Action | None) -> str | None:
        """The PBX's name; empty for every PBX (detach); None where it cannot be told."""
        text = self._cell(Column.PBX)
        if not text and action is Action.DETACH:
            return ""
        if not text and self._to.default is None:
            self._add_missing(Column.PBX, f"Name one of {', '.join(self._to.plans)}; this inbox has no default PBX.")
            return None
        name = self._to.find_pbx(text) if text else self._to.default
        if name is None and not self._has_failed(Column.PBX, text):
            self.add_error(
                FaultCode.UNKNOWN_PBX,
                Column.PBX,
                text,
                f"There is no PBX {shorten(text)} for this inbox.",
                f"Its PBXs are {', '.join(self._to.plans)}.",
            )
        return name

    def _plans(self, pbx: str | None) -> list[NumberingPlan]:
        """The plans that a cell may be right in: all of them where any PBX, or no one knows which, is meant."""
        return [self._to.plans[pbx]] if pbx else list(self._to.plans.values())

    def _extension(self, pbx: str | None, action: Action | None) -> str:
        text = self._cell(Column.EXTENSION, digits=True)
        if not text:
            if action is Action.DETACH:
                self._check_for_all()
            elif action is not None:
                self._add_missing(Column.EXTENSION, "Give the extension to attach.")
            return ""
        return self._try_plans(Column.EXTENSION, text, pbx, [plan.read_extension for plan in self._plans(pbx)]) or ""

    def _check_for_all(self) -> None:
        """A detach without an extension takes all of them: an extension in another cell says that one is meant."""
        for column in (Column.INTERNAL, Column.NUMBER):
            text = clean_cell(self._raw.get(column, ""), digits=True)
            if text and (column is Column.INTERNAL or self._is_extension(text)):
                message = f"Extension is empty, but {column} contains {shorten(text)}."
                remedy = "To detach one extension, write it into Extension; to detach all, leave both cells empty."
                self.add_error(FaultCode.MISSING_CELL, Column.EXTENSION, text, message, remedy)
                return

    def _is_extension(self, text: str) -> bool:
        """Whether this can only be an extension, in range or not: no PBX would read it as a number."""
        return text.isdigit() and not any(plan.is_number(text) for plan in self._to.plans.values())

    def _number(self, pbx: str | None, action: Action | None, extension: str) -> str:
        text = self._cell(Column.NUMBER, digits=True)
        if not text:
            return ""
        if action is Action.DETACH:
            self.add_warning(
                FaultCode.NUMBER_IGNORED,
                Column.NUMBER,
                text,
                "detach ignores Number.",
                "A freed extension keeps its number.",
            )
            return ""
        found = self._try_plans(
            Column.NUMBER, text, pbx, [partial(p.read_number, extension=extension) for p in self._plans(pbx)]
        )
        if found is None:
            return ""
        for note in found.notes:
            self.add_warning(FaultCode(note.code), Column.NUMBER, text, note.message, note.remedy)
        return found.number

    def _try_plans(
        self, column: Column, text: str, pbx: str | None, checks: Sequence[Callable[[str], _T]]
    ) -> _T | None:
        """What the first numbering plan makes of the cell that accepts it; the first one's fault if none does."""
        first: BadCell | None = None
        for check in checks:
            try:
                return check(text)
            except BadCell as bad:
                first = first or bad
        if first is not None and not (pbx is None and first.code == FaultCode.OUT_OF_RANGE):
            self.add_error(FaultCode(first.code), column, text, shorten(first.message, 200), first.remedy)
        return None
