"""Problems of a configuration: where, at which key, what was found and what is expected there."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple

from linecard.rules.sanitize import sanitize_line

Loc = tuple[str | int, ...]
"""The way to a value: keys, and places in lists counted from 0."""


class Problem(NamedTuple):
    """One thing wrong at one place of one file; its text is the line an administrator reads."""

    file: str
    line: int
    column: int
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        key = f" {self.key}" if self.key else ""
        return sanitize_line(
            f"{self.file}:{self.line}:{self.column}{key}: found {self.found}, expected {self.expected}"
        )


def quote(value: Any) -> str:
    """What was found, fit for one line: text in quotes and cut, collections by their kind only."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str():
            return repr(value if len(value) <= 60 else value[:59] + "…")
        case dict():
            return "keys and values" if value else "no keys"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case _:
            return f"a {type(value).__name__}"


def nearest(word: str, known: Iterable[str]) -> str:
    """A question that names the nearest known word, or an empty string."""
    by_case = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_case, n=1)
    return f" (did you mean {by_case[close[0]]}?)" if close else ""
