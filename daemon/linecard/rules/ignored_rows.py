"""Rows that ask for nothing, because the inbox says so: a person on leave, without a telephone, at another site."""

from __future__ import annotations

from collections.abc import Mapping

from linecard.model.format import SheetFormat
from linecard.model.sheet import Action, Column
from linecard.rules.cells import clean_cell, fold_word
from linecard.rules.destinations import Destinations


class IgnoredRows:
    """What makes a row one that asks for nothing: a word in a column, or a PBX that is none of the inbox's."""

    def __init__(self, form: SheetFormat, to: Destinations) -> None:
        self._words = {column: frozenset(_key(column, word) for word in w) for column, w in form.ignored_rows.items()}
        self._to = to if form.ignores_unknown_pbx else None

    @property
    def may_look_right(self) -> bool:
        """Whether a row that is quickly found right may be one of them, so that all must be looked at closely."""
        return any(
            word and (column in (Column.PBX, Column.MEMBER, Column.INTERNAL) or word[0] in "+*#0123456789")
            for column, words in self._words.items()
            if column != Column.ACTION
            for word in words
        )

    def is_ignored(self, action: Action | None, raw: Mapping[Column, str]) -> bool:
        """Whether the row asks for nothing. A detach is never passed over for its Extension: a leaver leaves."""
        for column, words in self._words.items():
            key = Column(column)
            if key is Column.EXTENSION and action is Action.DETACH:
                continue
            if key in raw and _key(column, raw[key]) in words:
                return True
        if self._to is None:
            return False
        site = clean_cell(raw.get(Column.PBX, ""))
        return bool(site) and self._to.find_pbx(site) is None


def _key(column: str, text: str) -> str:
    return fold_word(text) if column == Column.ACTION else clean_cell(text).casefold()
