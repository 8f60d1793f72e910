"""Rows as the store has them are put into sentences by patterns; what is said stays what `line` says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.api.report import Code, Fault, FaultCode, Outcome, Severity, State
from linecard.languages import LANGUAGES, wording
from linecard.pipeline.row_messages import RowMessages, describe_row
from linecard.store.row_codec import decode_row

TEXT = st.text(st.sampled_from("a1é%s{}\0\\;.") | st.characters(codec="utf-8"), min_size=1, max_size=6)
MAYBE = st.none() | TEXT
STATES = st.none() | st.sampled_from([State.APPLIED, State.PARTIAL, State.UNCHANGED, State.HELD, State.DISCARDED])
WARNING = Fault(0, "Number", "0612", FaultCode.CLEANED, Severity.WARNING, "0612 was read as +33612.", "")
LACKING = {
    Code.NOTHING_HELD: Outcome.UNCHANGED,
    Code.UNKNOWN_MEMBER: Outcome.REFUSED,
    Code.UNKNOWN_EXTENSION: Outcome.REFUSED,
}
COMING_TO = {
    **dict.fromkeys((Code.LINKED, Code.TOOK_OVER, Code.NUMBER_CHANGED, Code.REMOVED), Outcome.DONE),
    Code.ALREADY_SO: Outcome.UNCHANGED,
    Code.HELD_BY_OTHER: Outcome.REFUSED,
}


@st.composite
def packed(draw: st.DrawFn) -> tuple[Any, ...]:
    """A row with one effect on the extension that it names, or one with none."""
    at, member, pbx, extension, number = draw(st.integers(2, 10**6)), *(draw(TEXT) for _ in range(4))
    cells = at, "attach", member, pbx, extension, draw(st.just("") | st.just(number))
    if draw(st.integers(0, 4)) == 0:
        code = draw(st.sampled_from([*LACKING]))
        return (*cells, LACKING[code].value, code.value, None, None, None, None, "")
    code = draw(st.sampled_from([*COMING_TO]))
    other = draw(TEXT)
    has_other = code in (Code.TOOK_OVER, Code.HELD_BY_OTHER)
    before = (other if has_other else None if code is Code.LINKED else member), draw(MAYBE)
    after = before if code is Code.HELD_BY_OTHER else (None if code is Code.REMOVED else member, number)
    named = draw(st.sampled_from([other, number])) if has_other else ""
    more = json.dumps({"holder": named}, ensure_ascii=False) if named else None
    return (*cells, COMING_TO[code].value, code.value, *before, *after, more)


@st.composite
def leaver(draw: st.DrawFn) -> tuple[Any, ...]:
    """A row that detaches a member from whatever extensions there are, of one PBX or of all."""
    at, member, number = draw(st.integers(2, 10**6)), draw(TEXT), draw(MAYBE)
    effects = [
        (draw(TEXT), draw(TEXT), (member, number), (None, number)) for _ in range(draw(st.sampled_from([1, 1, 2])))
    ]
    pbx = draw(st.sampled_from(["", effects[0][0]]))
    more = {"effects": effects} | draw(st.sampled_from([{}, {"overrides": [2]}]))
    holdings = member, number, None, number
    return at, "detach", member, pbx, "", "", "done", "removed", *holdings, json.dumps(more, ensure_ascii=False)


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
@given(rows=st.lists(packed() | leaver(), max_size=3), state=STATES, odd=st.booleans())
def test_a_pattern_says_what_the_sentence_says(
    language: str, rows: list[tuple[Any, ...]], state: State | None, odd: bool
) -> None:
    """In each language and state of a run, with and without warnings, whatever stands in the cells."""
    words = wording(language)
    faults = {rows[0][0]: [WARNING]} if odd and rows else {}
    said = [describe_row(*decode_row(row), faults.get(row[0], ()), state=state, words=words) for row in rows]
    assert list(RowMessages(state, words)(rows, faults)) == said
