"""The table of every row: written quickly, and yet each line of it as the csv module and the rules have it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import example, given
from hypothesis import strategies as st

from linecard.api import sanitize
from linecard.api.backend import Holding
from linecard.api.report import Fault, FaultCode, Line, Outcome, Report, Severity, defuse
from linecard_reports.tables import Table

CELLS = st.text(st.one_of(st.sampled_from("a1é*#+-=@|%_,;\"' \t\r\n\0\xa0\u202e\uff1d"), st.characters()), max_size=6)
CELLS |= st.sampled_from(["+33612345678", "+" + "1" * 33, "=1+1", " =1", "ada@example.org", "_ada@example.org"])
HOLDINGS = st.none() | st.builds(Holding, st.none() | CELLS, st.lists(CELLS).map(tuple))
WARNINGS = st.builds(
    Fault, st.just(2), CELLS, CELLS, st.just(FaultCode.CLEANED), st.just(Severity.WARNING), CELLS, CELLS
)
LINES = st.builds(
    Line,
    *(st.integers(2, 10**6), CELLS, CELLS, CELLS, CELLS, CELLS),
    *(st.sampled_from(Outcome), st.just("linked"), CELLS, CELLS),
    *(HOLDINGS, HOLDINGS, st.just(()), st.lists(WARNINGS, max_size=2).map(tuple)),
)


@dataclass
class Said:
    """All that the table asks of a report."""

    rows: list[Line]

    def lines(self) -> Iterator[Line]:
        return iter(self.rows)


def by_the_rules(line: Line) -> list[str]:
    """A row's cells, made harmless one by one."""
    held: list[Any] = []
    for holding in (line.before, line.after):
        held += [holding.member or "", " ".join(holding.numbers)] if holding else ["", ""]
    warnings = " ".join(sanitize(warning.message) for warning in line.warnings)
    said = [line.outcome, line.code, sanitize(line.message), sanitize(line.remedy)]
    row = [line.action, line.member, line.pbx, line.extension, line.number]
    return [str(line.line), *map(defuse, [*said, *row, *held, warnings])]


PLAIN = Line(
    *(2, "attach", "ada@example.org", "hq", "1234", "+33612345678"),
    *(Outcome.DONE, "linked", "ada@example.org has 1234 now.", ""),
    *(Holding(None, ()), Holding("ada@example.org", ("+33612345678",)), (), ()),
)


@given(st.lists(LINES, max_size=3))
@example([PLAIN])
@example([PLAIN._replace(member="=ada@example.org")])
@example([PLAIN._replace(after=Holding("ada@example.org", ("+33612345678+1",)))])
@example([PLAIN._replace(remedy="One, two.")])
def test_each_line_is_what_the_csv_module_makes_of_its_harmless_cells(rows):
    """Whatever stands in the cells: quotes, line ends, formulas, bidi marks, numbers."""
    table, plain = io.StringIO(newline=""), io.StringIO(newline="")
    Table().render(cast("Report", Said(rows)), table)
    write = csv.writer(plain).writerow
    write(Table.HEAD)
    for line in rows:
        write(by_the_rules(line))
    assert table.getvalue() == "\ufeff" + plain.getvalue()
