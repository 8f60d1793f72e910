"""What processors make of rows: changed rows checked once more, refusals and failures as faults beside the row.

Nothing is lost on the way: as many rows come out as went in, in their order, each with its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from linecard.model.format import SheetFormat
from linecard.model.sheet import RESTORE, Action, Column, Fault, FaultCode, Row, Severity
from linecard.ports.processor import Processor, Refusal
from linecard.rules.destinations import Destinations
from linecard.rules.member import Members
from linecard.rules.row_check import RowCheck
from linecard.rules.sanitize import sanitize_line, shorten

TOGETHER = 1000
"""Rows that are processed at a time."""
MOST_WORDS = 300
_CELLS = (
    (Column.ACTION, 1),
    (Column.MEMBER, 2),
    (Column.PBX, 3),
    (Column.EXTENSION, 4),
    (Column.NUMBER, 5),
)
_PLAIN = SheetFormat()

Guard = Callable[[Callable[[Row], Row], Sequence[Row]], list[Row]]
"""Applies a function to rows in order, and raises `ProcessorError` where it does not come back."""


@dataclass(frozen=True, slots=True)
class ProcessorStep:
    """One processor, by its name in the configuration, and what watches over its time."""

    name: str
    process: Processor
    guard: Guard


class Processing:
    """The processors of an inbox, in their order. May be used by several threads, for a sheet each."""

    def __init__(self, steps: Sequence[ProcessorStep], destinations: Destinations) -> None:
        self._steps, self._to, self._members = tuple(steps), destinations, Members()

    def __call__(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows of a sheet, processed. Raises `ProcessorError`."""
        while page := list(islice(rows, TOGETHER)):
            for step in self._steps:
                page = step.guard(_Processed(step, self._to, self._members), page)
            yield from page


class _Processed:
    """What one processor makes of each row. Whatever a plugin does, a row comes of it."""

    def __init__(self, step: ProcessorStep, to: Destinations, members: Members) -> None:
        self._name, self._process, self._to, self._members = step.name, step.process, to, members

    def __call__(self, row: Row) -> Row:
        if row.asks_nothing or row.action == RESTORE or (row.faults and not row.valid):
            return row
        try:
            found = self._process(row)
        except BaseException as error:  # noqa: BLE001 - whatever a plugin raises stops this row, and loses no other
            return self._fail(row, f"{type(error).__name__}: {error}")
        if found is row or (type(found) is Row and found == row):
            return row
        if isinstance(found, Refusal):
            return self._refuse(row, found)
        return self._change(row, found)

    def _refuse(self, row: Row, refusal: Refusal) -> Row:
        message, remedy = refusal
        if not isinstance(message, str) or not isinstance(remedy, str) or not message.strip():
            return self._fail(row, f"it refused the row without saying why: {refusal!r}")
        words = shorten(sanitize_line(message).strip().rstrip("."), MOST_WORDS)
        said = f"The processor {self._name} refused the row: {words}."
        remedy = shorten(sanitize_line(remedy).strip(), MOST_WORDS)
        return _with(row, FaultCode.REFUSED_BY_PROCESSOR, Severity.ERROR, "", "", said, remedy)

    def _change(self, row: Row, found: object) -> Row:
        if not isinstance(found, Row):
            return self._fail(row, f"it answered {found!r}, which is not a row")
        kept = (found.line, found.faults, found.asks_nothing) == (row.line, row.faults, row.asks_nothing)
        if not kept or not all(isinstance(found[at], str) for _, at in _CELLS):
            return self._fail(row, "it changed more of the row than its cells")
        raw = {column: str(found[at]) for column, at in _CELLS}
        action = next((a for a in Action if a == found.action), None)
        checked = RowCheck(row.line, raw, self._members, self._to, _PLAIN, {}).check_row(action)
        if not checked.valid:
            errors = (f.message for f in checked.faults if f.severity is Severity.ERROR)
            return self._fail(row, f"it made a row that is wrong: {' '.join(errors)}")
        result = checked._replace(faults=(*row.faults, *checked.faults))
        for column, at in _CELLS:
            was, now = str(row[at]), str(checked[at])
            if was == now:
                continue
            if not was:
                said = f"The processor {self._name} set {column} to {shorten(now)}."
            elif not now:
                said = f"The processor {self._name} emptied {column}, which was {shorten(was)}."
            else:
                said = f"The processor {self._name} changed {column} from {shorten(was)} to {shorten(now)}."
            result = _with(result, FaultCode.CHANGED_BY_PROCESSOR, Severity.WARNING, column, was, said, "")
        return result

    def _fail(self, row: Row, words: str) -> Row:
        words = shorten(sanitize_line(words).strip().rstrip("."), MOST_WORDS)
        said = f"The processor {self._name} failed on this row: {words}."
        remedy = "Have the processor corrected, or take it off the inbox, then send the row again."
        return _with(row, FaultCode.PROCESSOR_FAILED, Severity.ERROR, "", "", said, remedy)


def _with(row: Row, code: FaultCode, severity: Severity, column: str, value: str, message: str, remedy: str) -> Row:
    fault = Fault(row.line, column, shorten(value), code, severity, message, remedy)
    return row._replace(faults=(*row.faults, fault))
