"""Reading a sheet: every row checked, every fault with its place, in flat memory."""

from __future__ import annotations

import csv
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from linecard.model.format import SheetFormat
from linecard.model.sheet import Action, Column, Fault, FaultCode, Row, Severity
from linecard.rules import header
from linecard.rules.cells import clean_cell, fold_word
from linecard.rules.closing_line import closes, closing_line, may_close
from linecard.rules.destinations import AnyPlan, Destinations
from linecard.rules.ignored_rows import IgnoredRows
from linecard.rules.line_reader import LineReader
from linecard.rules.member import Members
from linecard.rules.numbering import NumberingPlan, is_surely_valid
from linecard.rules.own_sheet import detect_own_format
from linecard.rules.row_check import RowCheck
from linecard.rules.text import DOS_END, Lines, Refused, refusal
from linecard.rules.trailer import Trailer, row_at_the_end
from linecard.rules.worksheet import Origin

__all__ = ["Destinations", "Sheet"]

Process = Callable[[Iterator[Row]], Iterator[Row]]
"""What is done to the rows before anybody else sees them; as many come out as went in."""
_Held = tuple[str, Row]
_RAISING = threading.Lock()


def _allow_cells_of(most: int) -> None:
    """Lets csv readers pass cells of this length.

    The limit is one number for the whole process, in which other threads read other sheets: it is only ever
    raised, and every sheet holds its cells against its own limit.
    """
    with _RAISING:
        if csv.field_size_limit() < most:
            csv.field_size_limit(min(most, sys.maxsize))


class Sheet:
    """A sheet being read, once. Iterate it for its rows, valid and invalid, in file order.

    Afterwards `faults` holds what concerns the file as a whole; with an error among them (`is_refused`) the rows
    read so far must not be used. `blocks` are the bytes of the file in order; what they are made of may note
    warnings in `faults`, say what they came out of in `origin`, and refuse the file by raising `Refused`. `process` is
    what the rows go through before they are given out.
    """

    def __init__(
        self,
        blocks: Iterable[bytes],
        form: SheetFormat,
        destinations: Destinations,
        faults: list[Fault] | None = None,
        process: Process | None = None,
        origin: Origin | None = None,
    ) -> None:
        self._blocks = blocks
        self._origin = origin or Origin()
        self._process = process
        self._form = form
        self._source = LineReader((), form.quote)
        self._trailer = Trailer(form)
        self._ignored = IgnoredRows(form, destinations)
        self._to = destinations
        self._members = Members()
        self._words = {fold_word(a): a for a in Action} | {fold_word(word): a for word, a in form.actions.items()}
        self.faults: list[Fault] = [] if faults is None else faults
        self.layout: header.Layout | None = None
        self.rows = 0

    @property
    def is_refused(self) -> bool:
        return any(fault.severity is Severity.ERROR for fault in self.faults)

    def __iter__(self) -> Iterator[Row]:
        return self._read() if self._process is None else self._process(self._read())

    def _read(self) -> Iterator[Row]:
        try:
            blocks, self._form = detect_own_format(self._blocks, self._form)
            self._form = self._origin.format(self._form)
            self._trailer = Trailer(self._form)
            self._source = LineReader(self._trailer.hold_back(Lines(blocks, self._form)), self._form.quote)
            self.layout = self._header()
            self.faults += self.layout.faults
            rows = self._restore_rows(self.layout) if self._form.restores else self._rows(self.layout)
            yield from self._origin.locate_faults(rows, self.layout)
            self._check_end(self.layout)
            if not self.rows:
                self.faults.append(_no_rows())
        except header.AllRefused as refused:
            self.faults += refused.faults
        except Refused as refused:
            self.faults.append(self._origin.explain(refused.fault))
        except csv.Error as error:
            self.faults.append(self._quoting_fault(error))

    def _header(self) -> header.Layout:
        lines, form = self._source, self._form
        announced = ""
        while (line := lines.next_content(form.skip_lines, self._is_first_row)) is not None:
            if not announced and (announced := header.announced_delimiter(line, form.quote)):
                continue
            number = lines.number
            if form.positions is not None:
                lines.push_back([line])
                layout = header.layout_by_position(line, form, announced)
            elif header.is_quoted_comment(line, form):
                continue
            else:
                layout = header.read_header(
                    lines.whole_line(line),
                    number,
                    form,
                    announced=announced,
                    pbxs=len(self._to.plans),
                    default=self._to.default is not None,
                )
                if form.second_header and (second := lines.next_content(0)) is not None:
                    self._check_second_header(lines.whole_line(second), layout)
            for at, passed in lines.passed:
                if self._is_good_row(passed, layout):
                    raise _row_passed_over(at)
            return layout
        if form.restores:
            return header.layout_by_position("", form)  # of a run that has changed nothing
        has = "a header" if form.positions is None else "one row"
        raise refusal(0, FaultCode.EMPTY, "The file is empty.", f"Export it again: it has not even {has}.")

    def _reader(self, layout: header.Layout) -> Iterator[list[str]]:
        _allow_cells_of(self._form.max_line)
        return csv.reader(
            self._source.lines(
                layout.delimiter, lambda line: self._is_instruction(header.split_line(line, layout, self._form), layout)
            ),
            delimiter=layout.delimiter,
            quotechar=self._form.quote,
            doublequote=not self._form.backslash,
            escapechar="\\" if self._form.backslash else None,
            skipinitialspace=layout.delimiter != " ",
            strict=True,
        )

    def _rows(self, layout: header.Layout) -> Iterator[Row]:
        reader = self._reader(layout)
        source, width, most, longest = self._source, layout.width, self._form.max_rows, self._form.max_cell
        at = [
            layout.places.get(column, -1)
            for column in (Column.ACTION, Column.MEMBER, Column.PBX, Column.EXTENSION, Column.NUMBER)
        ]
        in_action, in_member, in_pbx, in_extension, in_number = at
        # What is looked at below is no comment and has no overlong cell; a cell that is not looked at may be both.
        all_seen = sum(place >= 0 for place in at) == width
        # A detach without an extension names all of them, unless what Rainbow calls the internal number stands there.
        names_all = Column.INTERNAL not in layout.places
        to_action = self._quick_actions(layout)
        plans: dict[str, NumberingPlan | AnyPlan] = {**self._to.plans, "": AnyPlan(self._to.plans.values())}
        default = self._to.default or "\0"  # which no cell can be
        plain_member = self._members.is_plain
        detach = Action.DETACH  # to find a member of an enum takes Python 3.11 ten times as long as to compare it
        held: list[_Held] = []  # invalid rows that may be closing lines, until a row comes behind them
        for cells in reader:
            line, source.at_start, row = source.start, True, None
            if len(cells) == width and (all_seen or ("%" not in cells[0] and max(map(len, cells)) <= longest)):
                action = to_action(cells[in_action])
                if action is not None and plain_member(member := cells[in_member].lower()):
                    extension = cells[in_extension] if in_extension >= 0 else ""
                    number = cells[in_number] if in_number >= 0 else ""
                    pbx = cells[in_pbx] if in_pbx >= 0 else ""
                    if not pbx and action is not detach:
                        pbx = default
                    plan = plans.get(pbx)
                    if (
                        plan is not None
                        and (plan.has_extension(extension) if extension else names_all and action is detach)
                        and (not number or (action is not detach and is_surely_valid(number)))
                    ):
                        self.rows += 1
                        if self.rows > most:
                            raise self._too_many_rows()
                        row = Row(line, action, member, pbx, extension, number)
            if row is None:
                row = self._look_closely(line, cells, layout)
                if row is None:
                    continue
                if not row.valid and (text := self._closing_text(cells, layout)):
                    held.append((text, row))
                    continue
            if held:
                yield from (one for _, one in held)
                held.clear()
            yield row
        yield from self._close(held)

    def _look_closely(self, line: int, cells: list[str], layout: header.Layout) -> Row | None:
        """The row that these cells are; None where they are none."""
        if cells and max(map(len, cells)) > self._form.max_cell and self._has_overlong(cells, layout):
            raise self._overlong_cell(line)
        if self._is_no_row(cells, layout):
            return None
        self.rows += 1
        if self.rows > self._form.max_rows:
            raise self._too_many_rows()
        return self._check_row(line, cells, layout)

    def _closing_text(self, cells: list[str], layout: header.Layout) -> str:
        """The line, where it may be one that closes the file; else an empty text."""
        text = layout.delimiter.join(cells).strip(f"{layout.delimiter} ")
        return text if self._action(cells, layout) is None and may_close(text) else ""

    def _close(self, held: Sequence[_Held]) -> Iterator[Row]:
        """The last lines, where they are rows after all; the others are no rows, and noted."""
        rows = self.rows - len(held)
        for text, row in held:
            if closes(text, rows):
                self.rows -= 1
                self.faults.append(closing_line(row.line, text))
            else:
                yield row

    def _restore_rows(self, layout: header.Layout) -> Iterator[Row]:
        """The rows of an undo sheet."""
        for cells in self._reader(layout):
            line, self._source.at_start = self._source.start, True
            if self._is_no_row(cells, layout):
                continue
            self.rows += 1
            if self.rows > self._form.max_rows:
                raise self._too_many_rows()
            raw = {c: cells[i] if 0 <= i < len(cells) else "" for c, i in layout.places.items()}
            yield RowCheck(line, raw, self._members, self._to, self._form, {}).check_restore_row()

    @property
    def is_undo(self) -> bool:
        """Whether it is an undo sheet; known when its first row was read."""
        return self._form.restores

    def _too_many_rows(self) -> Refused:
        return refusal(
            self._source.start,
            FaultCode.TOO_MANY_ROWS,
            f"The file has more than {self._form.max_rows:,} rows.",
            "Split it.",
        )

    def _quick_actions(self, layout: header.Layout) -> Callable[[str], Action | None]:
        """What takes the action of a row from the Action cell as it is, where the row can be quickly right."""
        fixed = self._form.action
        if self._ignored.may_look_right:
            return lambda _cell: None
        if fixed is not None and Column.ACTION not in layout.places:
            return lambda _cell: fixed
        words = {str(word): self._words[fold_word(word)] for word in (*Action, *self._form.actions)}
        return {word: action for word, action in words.items() if fixed in (None, action)}.get

    def _check_row(self, line: int, cells: list[str], layout: header.Layout) -> Row:
        """One row that needs a closer look: cleaned, checked cell by cell, every fault named."""
        raw = {c: cells[i] if 0 <= i < len(cells) else "" for c, i in layout.places.items()}
        action = self._action(cells, layout)
        if action is None and not clean_cell(raw.get(Column.ACTION, "")):
            action = self._form.action
        kept = {c: cells[i] for c, i in layout.likely.items() if i < len(cells)}
        check = RowCheck(line, raw, self._members, self._to, self._form, kept)
        if (len(cells) != layout.width and any(map(clean_cell, cells[layout.width :]))) or len(cells) < layout.width:
            message = f"The row has {len(cells)} cells; the header has {layout.width}."
            remedy = "Put a cell that contains the delimiter in quotes, and keep empty cells."
            if len(cells) == 1 and len(header.split_line(cells[0], layout, self._form)) == layout.width:
                message, remedy = "The whole row is quoted as one cell.", header.WITHOUT_QUOTES
            check.add_error(FaultCode.CELL_COUNT, "", layout.delimiter.join(cells), message, remedy)
            return check.row(action)
        return check.row_without_request(action) if self._ignored.is_ignored(action, raw) else check.check_row(action)

    def _action(self, cells: Sequence[str], layout: header.Layout) -> Action | None:
        """The action that a row names; None where it names none."""
        at = layout.places.get(Column.ACTION, -1)
        return self._words.get(fold_word(cells[at])) if 0 <= at < len(cells) else None

    def _is_first_row(self, line: str) -> bool:
        """Whether an indented line that looks like a comment is the first row of a feed without a header."""
        if self._form.positions is None:
            return False
        layout = header.layout_by_position(line, self._form)
        return self._is_instruction(header.split_line(line, layout, self._form), layout)

    def _check_second_header(self, line: str, layout: header.Layout) -> None:
        """Raise `Refused` where there is none: no header names an action or a member, good or not."""
        cells = header.split_line(line, layout, self._form)
        if self._action(cells, layout) is not None or self._names_member(cells, layout):
            raise _row_passed_over(self._source.number)

    def _is_instruction(self, cells: Sequence[str], layout: header.Layout) -> bool:
        """Whether cells are those of a row: they name an action, or a member where all rows have the same action."""
        if self._form.action is None or Column.ACTION in layout.places:
            return self._action(cells, layout) is not None
        return self._names_member(cells, layout)

    def _names_member(self, cells: Sequence[str], layout: header.Layout) -> bool:
        at = layout.places.get(Column.MEMBER, len(cells))
        return at < len(cells) and self._members.is_login(clean_cell(cells[at]))

    def _is_good_row(self, line: str, layout: header.Layout) -> bool:
        """Whether a line that stands where a header, a title or a trailer should stand is an instruction."""
        cells = header.split_line(line, layout, self._form)
        at = layout.places.get(Column.MEMBER, len(cells))
        return self._is_instruction(cells, layout) and at < len(cells) and "@" in cells[at]

    def _check_end(self, layout: header.Layout) -> None:
        self._trailer.check_trailer(self.rows)
        for at, line in self._trailer.lines:
            if self._is_good_row(line, layout):
                raise row_at_the_end(at)

    def _is_no_row(self, cells: Sequence[str], layout: header.Layout) -> bool:
        """A blank row, a comment that a spreadsheet has put into quotes, or the header once more: files were joined."""
        if self._is_instruction(cells, layout):
            return False
        if not any(clean_cell(cell).strip(DOS_END) for cell in cells) or cells[0].lstrip().startswith("%"):
            return True
        if layout.repeats(cells):
            self.faults.append(_header_again(self._source.start))
            return True
        return False

    def _quoting_fault(self, error: csv.Error) -> Fault:
        line = self._source.start
        if "field limit" in str(error):
            return self._overlong_cell(line).fault
        if self._source.number > line or "unexpected end" in str(error):
            return self._quote_error(line, f"A quote opened in line {line} is never closed.").fault
        return self._quote_error(line, f"Line {line} has text after a closing quote.").fault

    def _has_overlong(self, cells: Sequence[str], layout: header.Layout) -> bool:
        """Whether a cell that is read is too long, or one spans lines: then a quote was probably never closed."""
        read = (cells[at] for at in layout.places.values() if at < len(cells))
        return self._source.number > self._source.start or any(len(cell) > self._form.max_cell for cell in read)

    def _overlong_cell(self, line: int) -> Refused:
        most = self._form.max_cell
        if self._source.number > line:
            return self._quote_error(line, f"A quote opened in line {line} is not closed within {most} characters.")
        return refusal(
            line,
            FaultCode.TOO_LARGE,
            f"A cell in line {line} is longer than {most} characters.",
            "Shorten it.",
        )

    def _quote_error(self, line: int, message: str) -> Refused:
        how = "after a backslash" if self._form.backslash else "twice"
        remedy = f"Close it, or write {self._form.quote} inside a cell {how}."
        return refusal(line, FaultCode.QUOTING, message, remedy)


def _row_passed_over(line: int) -> Refused:
    return refusal(
        line,
        FaultCode.NO_HEADER,
        f"Line {line} is a row, but the inbox says that it is a title or a second header.",
        "Check whether the export now begins differently.",
    )


def _header_again(line: int) -> Fault:
    return Fault(
        line,
        "",
        "",
        FaultCode.HEADER_AGAIN,
        Severity.WARNING,
        f"Line {line} repeats the header and was ignored.",
        "If files were joined by mistake, check that you want all of their rows.",
    )


def _no_rows() -> Fault:
    return Fault(
        0,
        "",
        "",
        FaultCode.NO_ROWS,
        Severity.WARNING,
        "The file has a header and no rows.",
        "If you expected rows, check whether the export failed.",
    )
