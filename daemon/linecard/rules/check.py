"""Reading a sheet: every row checked, every fault with its place, in flat memory."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from linecard.model.format import SheetFormat
from linecard.model.sheet import Action, Column, Fault, FaultCode, Row, Severity
from linecard.rules import header
from linecard.rules.cells import folded, plain
from linecard.rules.member import Members
from linecard.rules.numbering import BadCell, NumberingPlan, surely_valid
from linecard.rules.retry import own_form
from linecard.rules.text import Lines, Refused, refuse, shortened


@dataclass(frozen=True, slots=True)
class Destinations:
    """The PBXs that rows may name: numbering plan by name, other spellings, and the one meant by a blank cell."""

    plans: Mapping[str, NumberingPlan]
    aliases: Mapping[str, str]
    default: str | None = None

    def named(self, text: str) -> str | None:
        """The PBX's own name for what a cell says, compared without case."""
        wanted = text.casefold()
        for name in self.plans:
            if name.casefold() == wanted:
                return name
        return next((name for alias, name in self.aliases.items() if alias.casefold() == wanted), None)


class Sheet:
    """A sheet being read, once. Iterate it for its rows, valid and invalid, in file order.

    Afterwards `faults` holds what concerns the file as a whole; with an error among them (`refused`) the rows
    read so far must not be used. `blocks` are the bytes of the file in order.
    """

    def __init__(self, blocks: Iterable[bytes], form: SheetFormat, destinations: Destinations) -> None:
        blocks, form = own_form(blocks, form)
        self._form = form
        self._feed = _Feed(Lines(blocks, form), form.quote)
        self._to = destinations
        self._members = Members()
        self._words = {folded(a): a for a in Action} | {folded(word): a for word, a in form.actions.items()}
        self.faults: list[Fault] = []
        self.layout: header.Layout | None = None
        self.rows = 0

    @property
    def refused(self) -> bool:
        return any(fault.severity is Severity.ERROR for fault in self.faults)

    def __iter__(self) -> Iterator[Row]:
        try:
            self.layout = self._header()
            self.faults += self.layout.faults
            yield from self._rows(self.layout)
            if not self.rows:
                self.faults.append(_no_rows())
        except header.AllRefused as refused:
            self.faults += refused.faults
        except Refused as refused:
            self.faults.append(refused.fault)
        except csv.Error as error:
            self.faults.append(self._quoting(error))

    def _header(self) -> header.Layout:
        lines, form = self._feed, self._form
        announced = ""
        if form.positions is not None:
            first = lines.peek(form.skip_lines)
            return header.by_position(form, form.delimiter or _commonest(first or ""))
        while (line := lines.next_content(form.skip_lines)) is not None:
            if not announced and (announced := header.announced_delimiter(line)):
                continue
            layout = header.read(
                line,
                lines.number,
                form,
                announced=announced,
                pbx_needed=self._to.default is None and len(self._to.plans) > 1,
            )
            if form.second_header:
                lines.next_content(0)
            return layout
        raise refuse(0, FaultCode.EMPTY, "The file is empty.", "Export it again: it has not even a header.")

    def _reader(self, layout: header.Layout) -> Iterator[list[str]]:
        # The limit is one number for the whole process; every inbox sets its own before it reads.
        csv.field_size_limit(self._form.max_cell)
        return csv.reader(
            self._feed,
            delimiter=layout.delimiter,
            quotechar=self._form.quote,
            doublequote=not self._form.backslash,
            escapechar="\\" if self._form.backslash else None,
            skipinitialspace=layout.delimiter != " ",
            strict=True,
        )

    def _rows(self, layout: header.Layout) -> Iterator[Row]:
        reader = self._reader(layout)
        feed, width, most = self._feed, layout.width, self._form.max_rows
        at = [
            layout.places.get(column, -1)
            for column in (Column.ACTION, Column.MEMBER, Column.PBX, Column.EXTENSION, Column.NUMBER)
        ]
        in_action, in_member, in_pbx, in_extension, in_number = at
        quick = {str(word): self._words[folded(word)] for word in (*Action, *self._form.actions)}
        plans = dict(self._to.plans)
        default = self._to.default or ""
        plain_member = self._members.plain
        for cells in reader:
            line, feed.at_start = feed.start, True
            if len(cells) == width:
                action = quick.get(cells[in_action])
                if action is not None and plain_member(member := cells[in_member].lower()):
                    extension = cells[in_extension] if in_extension >= 0 else ""
                    number = cells[in_number] if in_number >= 0 else ""
                    pbx = cells[in_pbx] if in_pbx >= 0 else ""
                    if not pbx and action is not Action.DETACH:
                        pbx = default
                    plan = plans.get(pbx)
                    if (
                        plan is not None
                        and (plan.has(extension) if extension else action is Action.DETACH)
                        and (not number or (action is not Action.DETACH and surely_valid(number)))
                    ):
                        self.rows += 1
                        if self.rows > most:
                            raise self._too_many()
                        yield Row(line, action, member, pbx, extension, number)
                        continue
            if _passed_over(cells):
                continue
            self.rows += 1
            if self.rows > most:
                raise self._too_many()
            yield self._slow(line, cells, layout)

    def _too_many(self) -> Refused:
        return refuse(
            self._feed.start,
            FaultCode.TOO_MANY_ROWS,
            f"The file has more than {self._form.max_rows:,} rows.",
            "Split it, or raise `max_rows` on the inbox.",
        )

    def _slow(self, line: int, cells: list[str], layout: header.Layout) -> Row:
        """One row that needs a closer look: cleaned, checked cell by cell, every fault named."""
        raw = {c: cells[i] if 0 <= i < len(cells) else "" for c, i in layout.places.items()}
        look = _Look(line, raw, self._members, self._to)
        if (len(cells) != layout.width and any(map(plain, cells[layout.width :]))) or len(cells) < layout.width:
            look.fault(
                FaultCode.CELL_COUNT,
                "",
                layout.delimiter.join(cells),
                f"The row has {len(cells)} cells; the header has {layout.width}.",
                "Put a cell that contains the delimiter in quotes, and keep empty cells.",
            )
            return look.row(self._word(raw))
        return look.checked(self._word(raw))

    def _word(self, raw: Mapping[Column, str]) -> Action | None:
        return self._words.get(folded(raw.get(Column.ACTION, "")))

    def _quoting(self, error: csv.Error) -> Fault:
        line = self._feed.start
        many = self._feed.number > line
        if "field limit" in str(error) and not many:
            return refuse(
                line,
                FaultCode.TOO_LARGE,
                f"A cell in line {line} is longer than {self._form.max_cell} characters.",
                "Shorten it, or raise `max_cell` on the inbox.",
            ).fault
        unclosed = many or "unexpected end" in str(error)
        return refuse(
            line,
            FaultCode.QUOTING,
            f"A quote opened in line {line} is never closed."
            if unclosed
            else f"Line {line} has text after a closing quote.",
            f"Close it, or write {self._form.quote} inside a cell twice.",
        ).fault


class _Feed:
    """The lines a csv reader is fed: comments left out, numbers kept. Quoted cells may span lines."""

    def __init__(self, lines: Iterable[str], quote: str) -> None:
        self._lines = iter(lines)
        self._quote_blank = quote + " "
        # `"abc" ;` is how Rainbow's own samples pad: blanks between a closing quote and the delimiter mean nothing.
        self._padded = re.compile(rf"(?<!{quote}){quote}[ \t]+(?=[,;\t|\n])")
        self._kept: list[str] = []
        self.number = 0
        self.start = 0
        self.at_start = True

    def __iter__(self) -> Iterator[str]:
        if self._kept:
            self.at_start, self.start = False, self.number
            yield self._kept.pop()
        for line in self._lines:
            self.number += 1
            if self.at_start:
                if line[0] == "%":
                    continue
                self.at_start = False
                self.start = self.number
            yield self._padded.sub(self._quote_blank[0], line) if self._quote_blank in line else line

    def next_content(self, skip: int) -> str | None:
        """The next line that is neither blank nor a comment, after `skip` lines counted from the file's start."""
        for line in self._lines:
            self.number += 1
            if self.number > skip and line.strip() and not line.lstrip().startswith("%"):
                return line
        return None

    def peek(self, skip: int) -> str | None:
        """The first line with content, which will be given again."""
        line = self.next_content(skip)
        if line is not None:
            self._kept.append(line)
        return line


class _Look:
    """One row under the glass."""

    def __init__(self, line: int, raw: Mapping[Column, str], members: Members, to: Destinations) -> None:
        self._line, self._raw, self._members, self._to = line, raw, members, to
        self._faults: list[Fault] = []

    def fault(self, code: FaultCode, column: str, value: str, message: str, hint: str) -> None:
        self._faults.append(Fault(self._line, column, shortened(value), code, Severity.ERROR, message, hint))

    def note(self, code: FaultCode, column: str, value: str, message: str, hint: str = "") -> None:
        self._faults.append(Fault(self._line, column, shortened(value), code, Severity.WARNING, message, hint))

    def row(self, action: Action | None) -> Row:
        """The row with its raw cells, as an invalid one is shown and sent back."""
        word, member, pbx, extension, number = (
            self._raw.get(c, "").strip()
            for c in (Column.ACTION, Column.MEMBER, Column.PBX, Column.EXTENSION, Column.NUMBER)
        )
        return Row(self._line, action or word, member, pbx, extension, number, tuple(self._faults))

    def checked(self, action: Action | None) -> Row:
        self._check_action(action)
        member = self._member()
        pbx = self._pbx(action)
        extension = self._extension(pbx, action)
        number = self._number(pbx, action)
        if action is None or any(f.severity is Severity.ERROR for f in self._faults):
            return self.row(action)
        return Row(self._line, action, member, pbx or "", extension, number, tuple(self._faults))

    def _cell(self, column: Column, *, digits: bool = False) -> str:
        raw = self._raw.get(column, "")
        text = plain(raw, digits=digits)
        if text != raw.strip(" \t"):
            shown = f"read as {text}" if text else "read as empty"
            self.note(FaultCode.CLEANED, column, raw, f"{column} was cleaned of marks: {shown}.")
        return text

    def _check_action(self, action: Action | None) -> None:
        if action is not None:
            return
        text = plain(self._raw.get(Column.ACTION, ""))
        if text:
            self.fault(
                FaultCode.BAD_ACTION,
                Column.ACTION,
                text,
                f"{shortened(text)} is no action.",
                "Write attach, force_attach or detach.",
            )
        else:
            self._missing(Column.ACTION, "Write attach, force_attach or detach.")

    def _missing(self, column: Column, hint: str) -> None:
        self.fault(FaultCode.MISSING_CELL, column, "", f"{column} is empty.", hint)

    def _member(self) -> str:
        text = self._cell(Column.MEMBER)
        if not text:
            self._missing(Column.MEMBER, "Give the member's login e-mail.")
            return ""
        try:
            return self._members.login(text)
        except ValueError as error:
            self.fault(
                FaultCode.BAD_EMAIL,
                Column.MEMBER,
                text,
                f"{shortened(text)} is no e-mail address.",
                shortened(str(error), 200),
            )
            return ""

    def _pbx(self, action: Action | None) -> str | None:
        """The PBX's name; empty for every PBX (detach); None where it cannot be told."""
        text = self._cell(Column.PBX)
        if not text and action is Action.DETACH:
            return ""
        if not text and self._to.default is None:
            self._missing(Column.PBX, f"Name one of {', '.join(self._to.plans)}; this inbox has no default PBX.")
            return None
        name = self._to.named(text) if text else self._to.default
        if name is None:
            self.fault(
                FaultCode.UNKNOWN_PBX,
                Column.PBX,
                text,
                f"There is no PBX {shortened(text)} for this inbox.",
                f"Its PBXs are {', '.join(self._to.plans)}.",
            )
        return name

    def _plans(self, pbx: str | None) -> list[NumberingPlan]:
        if pbx is None:
            return []
        return [self._to.plans[pbx]] if pbx else list(self._to.plans.values())

    def _extension(self, pbx: str | None, action: Action | None) -> str:
        text = self._cell(Column.EXTENSION, digits=True)
        if not text:
            if action is not None and action is not Action.DETACH:
                self._missing(Column.EXTENSION, "Give the extension to attach.")
            return ""
        return self._tried(Column.EXTENSION, text, [plan.extension for plan in self._plans(pbx)])

    def _number(self, pbx: str | None, action: Action | None) -> str:
        text = self._cell(Column.NUMBER, digits=True)
        if not text:
            return ""
        if action is Action.DETACH:
            self.note(
                FaultCode.NUMBER_IGNORED,
                Column.NUMBER,
                text,
                "detach does not look at Number.",
                "A freed extension keeps its number.",
            )
            return ""
        number = self._tried(Column.NUMBER, text, [plan.number for plan in self._plans(pbx)])
        lost_zero = text.isdigit() and not text.startswith("0") and number and not number.endswith("0" + text)
        if lost_zero and self._raw.get(Column.NUMBER, "").strip() == text:
            self.note(
                FaultCode.CLEANED,
                Column.NUMBER,
                text,
                f"Number was written without + or prefix: read as {number}.",
            )
        return number

    def _tried(self, column: Column, text: str, checks: Sequence[Callable[[str], str]]) -> str:
        """What the first numbering plan makes of the cell that accepts it; the first one's fault if none does."""
        first: BadCell | None = None
        for check in checks:
            try:
                return check(text)
            except BadCell as bad:
                first = first or bad
        if first is not None:
            self.fault(FaultCode(first.code), column, text, shortened(first.message, 200), first.hint)
        return ""


def _passed_over(cells: list[str]) -> bool:
    """A blank row, or a comment that a spreadsheet has put into quotes."""
    return not any(map(plain, cells)) or cells[0].lstrip().startswith("%")


def _commonest(line: str) -> str:
    return max(header.DELIMITERS, key=line.count)


def _no_rows() -> Fault:
    return Fault(
        0,
        "",
        "",
        FaultCode.NO_ROWS,
        Severity.WARNING,
        "The file has a header and no rows.",
        "If rows were expected, look whether the export failed.",
    )
