"""Lines at the end of a feed that are no rows: a trailer with the number of rows, totals, a remark of the tool."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from linecard.model.format import SheetFormat
from linecard.model.sheet import FaultCode
from linecard.rules.feed_names import parse_name
from linecard.rules.text import DOS_END, Refused, refusal

_BLANK = " \t\r\n" + DOS_END


class Trailer:
    """The last lines of a feed, held back while its rows are read; blank lines are not counted."""

    def __init__(self, form: SheetFormat) -> None:
        self._form = form
        self._most = max(form.skip_last, 1 if form.trailer else 0)
        self._number = 0
        self.lines: list[tuple[int, str]] = []
        """The lines that were held back, with their numbers; known when the last row was read."""

    def hold_back(self, lines: Iterable[str]) -> Iterable[str]:
        return self._all_but_last(lines) if self._most else lines

    def _all_but_last(self, lines: Iterable[str]) -> Iterator[str]:
        held: deque[str] = deque()
        full = 0
        for line in lines:
            held.append(line)
            full += bool(line.strip(_BLANK))
            while full > self._most:
                first = held.popleft()
                full -= bool(first.strip(_BLANK))
                self._number += 1
                yield first
        numbered = ((at, line.strip(_BLANK)) for at, line in enumerate(held, self._number + 1))
        self.lines = [(at, line) for at, line in numbered if line]

    def check_trailer(self, rows: int) -> None:
        """Raise `Refused` where the trailer that the inbox promises is not there, or names another number of rows."""
        if not self._form.trailer:
            return
        at, line = self.lines[-1] if self.lines else (0, "")
        found = parse_name(self._form.trailer, line)
        if found is None:
            raise refusal(
                at,
                FaultCode.NO_TRAILER,
                f"The file does not end with the line that its inbox expects, such as {self._form.trailer}.",
                "It was cut off: have it sent again.",
                value=line,
            )
        if found.rows is not None and found.rows != rows:
            raise refusal(
                at,
                FaultCode.ROW_COUNT,
                f"The last line says that the file has {found.rows} rows; it has {rows}.",
                "It was cut off, or its producer counts differently: have it sent again.",
                value=line,
            )


def row_at_the_end(line: int) -> Refused:
    return refusal(
        line,
        FaultCode.NO_TRAILER,
        f"Line {line} is a row, but the inbox says that it is a trailer.",
        "Check whether the export now ends differently.",
    )
