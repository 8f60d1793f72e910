"""The JSON of a row: set by hand, and yet what the json module makes of it."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from linecard.api import is_printable
from linecard.api.backend import VACANT, Holding
from linecard.api.report import Effect, Line, as_dict
from linecard_reports.document import render_row
from unit.reports.test_table import CELLS, LINES, PLAIN

HELD = st.builds(Holding, st.none() | CELLS, st.lists(CELLS).map(tuple))
ALSO = st.lists(st.builds(Effect, CELLS, CELLS, HELD, HELD), max_size=2).map(tuple)


@given(st.builds(lambda line, also: line._replace(also=also), LINES, ALSO))
@example(PLAIN)
@example(PLAIN._replace(member="", before=None, after=VACANT))
@example(PLAIN._replace(member='"\\\x00\u202e\ud800', message="été\u2028"))
def test_a_row_says_all_of_the_line_in_one_line(line: Line) -> None:
    """Whatever stands in it: quotes, ends of lines, invisible characters; in the order of `as_dict.line`."""
    text = render_row(line)
    assert json.loads(text) == as_dict.line(line)
    assert list(json.loads(text)) == list(as_dict.line(line))
    assert is_printable(text)
    if is_printable(json.dumps(as_dict.line(line), ensure_ascii=False)):
        assert text == json.dumps(as_dict.line(line), ensure_ascii=False)
