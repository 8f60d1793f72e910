"""How an inbox's files are written, and which PBXs its rows may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from linecard.model.sheet import Action


@dataclass(frozen=True, slots=True)
class SheetFormat:
    """What is known of a feed before a file of it is opened.

    `delimiter` is one character, or empty to find it from the header. `columns` adds a feed's own header names
    to linecard's (column name to names); `ignored` are header names that are known to mean none of them, None that all
    others do; `positions` replaces the header where a feed has none, `None` marks a
    column to pass over. `actions` are the feed's own words for the three actions; `action` is that of
    all rows. `ignored_rows` are words by column (an empty one: a blank cell) with which a row asks for nothing;
    `ignores_unknown_pbx` says so of rows for a PBX that the inbox does not have. `skip_last` lines at the end are no
    rows; `trailer` is what the last one must look like (see `rules/feed_names`), or empty. `own` is true of
    linecard's own sheets, `restores` of an undo sheet.
    """

    encoding: str = "utf-8"
    delimiter: str = ""
    quote: str = '"'
    backslash: bool = False
    skip_lines: int = 0
    second_header: bool = False
    positions: tuple[str | None, ...] | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignored: tuple[str, ...] | None = ()
    actions: Mapping[str, Action] = field(default_factory=dict)
    action: Action | None = None
    ignored_rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignores_unknown_pbx: bool = False
    skip_last: int = 0
    trailer: str = ""
    own: bool = False
    restores: bool = False
    max_bytes: int = 200_000_000
    max_rows: int = 1_000_000
    max_columns: int = 256
    max_cell: int = 1024

    @property
    def max_line(self) -> int:
        """Characters in one physical line at the most; bounds the memory that one line can take."""
        return self.max_columns * (self.max_cell + 3)
