"""The header: which delimiter, and which column stands where."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from linecard.model.format import SheetFormat
from linecard.model.sheet import Action, Column, Fault, FaultCode, Severity
from linecard.rules.cells import clean_cell, fold_word
from linecard.rules.column_names import ELSEWHERE, SYNONYMS, is_same_name, map_names
from linecard.rules.sanitize import is_printable, shorten
from linecard.rules.text import Refused, refusal

DELIMITERS = (",", ";", "\t", "|")
_SEP = re.compile(r'"?sep=(.)"?\s*\Z', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each column of a sheet stands; `width` cells to a row, blank ones at the end of the header not counted.

    `likely` is where a column that is not there probably stands under a misspelt name: kept, not read.
    """

    delimiter: str
    places: Mapping[Column, int]
    width: int
    names: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    likely: Mapping[Column, int] = field(default_factory=dict)

    def repeats(self, cells: Sequence[str]) -> bool:
        """Whether a row is this header once more: it names every column that is read."""
        return bool(self.places) and all(
            place < len(cells) and is_same_name(cells[place], self.names[place], column)
            for column, place in self.places.items()
        )


def announced_delimiter(line: str, quote: str = '"') -> str:
    """The delimiter that an Excel line `sep=;` announces, or an empty string. A quote cannot be one."""
    found = _SEP.match(line.strip("\n"))
    return found[1] if found and found[1] not in (quote, "\\") else ""


def is_quoted_comment(line: str, form: SheetFormat) -> bool:
    """Whether a spreadsheet has put quotes around a comment above the header."""
    text = line.lstrip()
    if not text.startswith(f"{form.quote}%"):
        return False
    known = map_names(form)
    return not any(fold_word(cell) in known for d in DELIMITERS for cell in _split_cells(line, d, form))


def split_line(line: str, layout: Layout, form: SheetFormat) -> list[str]:
    """The cells of one line; none where it cannot be split."""
    return _split_cells(line, layout.delimiter, form)


def _split_cells(line: str, delimiter: str, form: SheetFormat) -> list[str]:
    try:
        return next(
            csv.reader(
                [line.strip("\n")],
                delimiter=delimiter,
                quotechar=form.quote,
                skipinitialspace=delimiter != " ",
            ),
            [],
        )
    except csv.Error:
        return []


def read_header(
    line: str, number: int, form: SheetFormat, *, announced: str = "", pbxs: int = 1, default: bool = True
) -> Layout:
    """The layout that this header line gives. Raises `Refused` with the first fault; all are in the layout's faults.

    The delimiter is the one with which most column names are recognised. `pbxs` is how many the inbox has, `default`
    whether one of them is meant where a row names none.
    """
    known = map_names(form)
    candidates = [form.delimiter or announced] if form.delimiter or announced else list(DELIMITERS)
    split = {d: _split_cells(line, d, form) for d in candidates}
    best = max(
        candidates,
        key=lambda d: (len({known[n] for c in split[d] if (n := fold_word(c)) in known}), len(split[d])),
    )
    return _Header(split[best], number, best, known, form).layout(pbxs, default=default)


def layout_by_position(first: str, form: SheetFormat, announced: str = "") -> Layout:
    """The layout of a feed without a header, from the configured positions and its first row.

    The delimiter is the one that gives as many cells as there are positions, and an action where one should be,
    else the one met most often.
    """
    names = [name or "" for name in form.positions or ()]
    known = map_names(SheetFormat())
    places = {known[fold_word(name)]: at for at, name in enumerate(names) if fold_word(name) in known}
    words = {fold_word(word) for word in (*Action, *form.actions)}

    def likeliness(delimiter: str) -> tuple[bool, bool, int]:
        cells = _split_cells(first, delimiter, form)
        action = cells[at] if (at := places.get(Column.ACTION, 0)) < len(cells) else ""
        return len(cells) == len(names), fold_word(action) in words, len(cells)

    delimiter = form.delimiter or announced or max(DELIMITERS, key=likeliness)
    return Layout(delimiter, places, len(names), tuple(names))


class _Header:
    """One header line, split into names; which of them is which column, and what is wrong with them."""

    def __init__(
        self, cells: Sequence[str], number: int, delimiter: str, known: Mapping[str, Column], form: SheetFormat
    ) -> None:
        width = len(cells)
        while width and not clean_cell(cells[width - 1]):
            width -= 1
        self._cells, self._number, self._delimiter = cells[:width], number, delimiter
        self._known, self._form = known, form
        self._places: dict[Column, int] = {}
        self._unknown: list[str] = []
        self._faults: list[Fault] = []
        self._nameless: list[int] = []
        self._guesses: dict[str, Column | None] = {}
        self._default = True

    def layout(self, pbxs: int, *, default: bool) -> Layout:
        if len(self._cells) > self._form.max_columns:
            raise refusal(
                self._number,
                FaultCode.TOO_LARGE,
                f"The header has {len(self._cells)} columns, more than {self._form.max_columns}.",
                "Remove columns.",
            )
        self._default = default
        self._place()
        self._check_quotes()
        if not self._places and sum(self._likely(name) is not None for name in self._unknown) < _ENOUGH:
            raise self._no_columns_fault()
        missing = set(self._missing_columns(pbxs))
        # A misspelt column is said once: as missing where that refuses the file, else as unknown.
        self._faults = [
            *self._faults,
            *(self._missing_column_fault(c) for c in Column if c in missing),
            *self._unread_warning(missing),
        ]
        errors = [fault for fault in self._faults if fault.severity is Severity.ERROR]
        if errors:
            raise AllRefused(errors, self._faults)
        likely = {column: self._cells.index(n) for n in self._unknown if (column := self._likely(n)) is not None}
        faults = tuple(self._faults)
        return Layout(self._delimiter, self._places, len(self._cells), tuple(self._cells), faults, likely)

    def _place(self) -> None:
        passed = {fold_word(name) for name in self._form.ignored or ()} - self._own_names()
        for at, cell in enumerate(self._cells):
            column = self._known.get(fold_word(cell))
            if fold_word(cell) in passed and clean_cell(cell):
                continue
            if column is None and clean_cell(cell):
                self._unknown.append(cell)
            elif column is None:
                self._nameless.append(at + 1)
            elif column in self._places:
                self._faults.append(_duplicate_fault(self._number, column, self._cells[self._places[column]], cell))
            else:
                self._places[column] = at

    def _own_names(self) -> set[str]:
        return {fold_word(name) for names in self._form.columns.values() for name in names}

    def _no_columns_fault(self) -> Refused:
        example = (self._delimiter if is_printable(self._delimiter) else " ").join(list(Column)[:5])
        return refusal(
            self._number,
            FaultCode.NO_HEADER,
            f"Line {self._number} has no known column.",
            f"The first line must contain the column names, such as {example}; `linecard sample` prints one.",
            value=self._delimiter.join(self._cells),
        )

    def _check_quotes(self) -> None:
        """Raise `Refused` where the whole header stands in quotes, or its cells stand in others than the inbox's."""
        cells = [cell.strip() for cell in self._cells]
        begins, ends = [cell[:1] in _QUOTES for cell in cells], [cell[-1:] in _QUOTES for cell in cells]
        if self._is_in_quotes() or (len(cells) > 1 and begins[0] and ends[-1] and not begins[1]):
            message, remedy = "Each line of the file is quoted as one cell.", WITHOUT_QUOTES
        elif cells and all(begins) and all(ends) and self._names_column(cells[0][1:-1]):
            message, remedy = "The cells of the file are in single quotes.", "Export it again with double quotes."
        else:
            return
        raise refusal(self._number, FaultCode.NO_HEADER, message, remedy, value=self._cells[0])

    def _is_in_quotes(self) -> bool:
        """Whether the whole header stands in quotes as one cell, however it is delimited inside."""
        inside = (_split_cells(self._cells[0], d, self._form) for d in DELIMITERS) if len(self._cells) == 1 else ()
        return any(sum(fold_word(cell) in self._known for cell in cells) > 1 for cells in inside)

    def _names_column(self, name: str) -> bool:
        return fold_word(name) in self._known

    def _missing_columns(self, pbxs: int) -> Iterator[Column]:
        """Columns without which no row can be done, or without which a row would do more than it says.

        A detach removes every link where nothing narrows it: what may have named an extension, or a PBX, must not be
        passed over.
        """
        always = (Column.MEMBER,) if self._form.action is not None else (Column.ACTION, Column.MEMBER)
        needed = [column for column in always if column not in self._places]
        yield from needed
        unread = {name: self._likely(name) for name in self._unknown if not self._is_ignored(name)}
        others = [column for column in unread.values() if column not in needed]
        if Column.EXTENSION not in self._places and (
            others or self._is_elsewhere() or self._is_promised(Column.EXTENSION)
        ):
            yield Column.EXTENSION
        if Column.PBX not in self._places:
            wanted = Column.PBX in others or self._is_promised(Column.PBX)
            if not self._default or (pbxs > 1 and wanted):
                yield Column.PBX

    def _is_elsewhere(self) -> bool:
        """Whether the extension may stand in a column without a name, or as what Rainbow calls the internal number."""
        nameless = bool(self._nameless) and self._form.ignored is not None
        return nameless or self._internal() is not None

    def _internal(self) -> str | None:
        at = self._places.get(Column.INTERNAL)
        return None if at is None or self._is_ignored(self._cells[at]) else self._cells[at]

    def _is_promised(self, column: Column) -> bool:
        return any(fold_word(key) == fold_word(column) and names for key, names in self._form.columns.items())

    def _is_ignored(self, name: str) -> bool:
        if self._form.ignored is None:
            return self._likely(name) is None
        return fold_word(name) in {fold_word(other) for other in self._form.ignored}

    def _likely(self, name: str) -> Column | None:
        """The column that is not there and that a name like this probably means."""
        if name not in self._guesses:
            self._guesses[name] = self._guess(fold_word(name))
        return self._guesses[name]

    def _guess(self, name: str) -> Column | None:
        absent = {known: column for known, column in self._known.items() if column not in self._places}
        if (elsewhere := ELSEWHERE.get(name)) is not None and elsewhere not in self._places:
            return elsewhere
        short = [known for known in absent if len(name) >= _ABBREVIATION and known.startswith(name)]
        # Of short names such as E164 and DID too many others are near: C164 is no misspelt number.
        found = short or difflib.get_close_matches(name, [a for a in absent if len(a) > _SHORT], n=1, cutoff=0.75)
        return absent[found[0]] if found else None

    def _missing_column_fault(self, column: Column) -> Fault:
        likely = next((name for name in self._unknown if self._likely(name) is column), None)
        if likely is None and column is Column.EXTENSION:
            likely = self._internal()
        if likely is not None:
            remedy = f"Did you mean the column {shorten(likely)}? Rename it to {column}."
        elif column is Column.EXTENSION and self._nameless and not self._unknown:
            remedy = f"Column {self._nameless[0]} has no name in the header: give it one, or remove it."
        elif column is Column.EXTENSION:
            remedy = "Add it, blank where all is meant."
        else:
            own = next((names for key, names in self._form.columns.items() if fold_word(key) == fold_word(column)), ())
            remedy = f"Add a column named {', '.join((column, *own)) if own else ' or '.join(SYNONYMS[column])}."
        why = "it is needed"
        if column is Column.EXTENSION:
            why = "without it each detach would remove every extension of its member"
        elif column is Column.PBX:
            why = "without it rows would mean every PBX" if self._default else _NO_DEFAULT
        message = f"There is no column {column}; {why}."
        return Fault(self._number, column, "", FaultCode.MISSING_COLUMN, Severity.ERROR, message, remedy)

    def _unread_warning(self, missing: Collection[Column]) -> Iterator[Fault]:
        """One warning for all columns that are not read, but for those that were said to be missing."""
        names = [n for n in self._unknown if not self._is_ignored(n) and self._likely(n) not in missing]
        if not names:
            return
        likely = {name: column for name in names if (column := self._likely(name)) is not None}
        remedy = "Rename it if it is to be read; else it may stay."
        if likely:
            name, column = next(iter(likely.items()))
            remedy = f"Is {shorten(name)} meant to be {column}? Rename it."
        elif len(names) > 1:
            remedy = "Rename those that are to be read; the others may stay."
        if len(names) == 1:
            message = f"linecard does not know the column {shorten(names[0])} and does not read it."
        else:
            message = f"linecard does not know the columns {_join_names(names)} and does not read them."
        place = shorten(names[0]) if len(names) == 1 else ""
        yield Fault(self._number, place, "", FaultCode.UNKNOWN_COLUMN, Severity.WARNING, message, remedy)


WITHOUT_QUOTES = "Remove the quotes around whole lines, or export again with each value in a cell of its own."
_NO_DEFAULT = "it is needed because the inbox has no default PBX"
_QUOTES = frozenset("'\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb")
"""Quotes that no reader of CSV takes for such, as keyboards and word processors have them."""
_ENOUGH = 2
"""Misspelt names that make a header of a line; one may stand in a title."""
_MOST_NAMES = 5
_ABBREVIATION = 3
_SHORT = 4


def _join_names(names: Sequence[str]) -> str:
    shown = [shorten(name, 40) for name in names[:_MOST_NAMES]]
    more = len(names) - len(shown)
    return f"{', '.join(shown)} and {more} more" if more else f"{', '.join(shown[:-1])} and {shown[-1]}"


class AllRefused(Refused):
    """The header has faults; all of them, so that one round of correction is enough."""

    def __init__(self, errors: Sequence[Fault], faults: Sequence[Fault]) -> None:
        super().__init__(errors[0])
        self.faults = tuple(faults)


def _duplicate_fault(number: int, column: Column, first: str, again: str) -> Fault:
    return Fault(
        number,
        column,
        shorten(again),
        FaultCode.DUPLICATE_COLUMN,
        Severity.ERROR,
        f"The columns {shorten(first)} and {shorten(again)} both mean {column}.",
        "Keep one of them.",
    )
