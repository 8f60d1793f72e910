"""Rows as the store has them are put into sentences by patterns; what is said stays what `line` says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.api import Code, Fault, FaultCode, Outcome, Severity, State
from linecard.languages import LANGUAGES, wording
from linecard.pipeline.telling import Telling, line
from linecard.store.journal import unpacked

TEXT = st.text(st.sampled_from("a1é%s{}\0\\;.") | st.characters(codec="utf-8"), min_size=1, max_size=6)
MAYBE = st.none() | TEXT
STATES = st.none() | st.sampled_from([State.APPLIED, State.PARTIAL, State.UNCHANGED, State.HELD, State.DISCARDED])
WARNING = Fault(0, "Number", "0612", FaultCode.CLEANED, Severity.WARNING, "0612 was read as +33612.", "")
LACKING = (Code.NOTHING_HELD, Code.UNKNOWN_MEMBER, Code.UNKNOWN_EXTENSION)


@st.composite
def packed(draw: st.DrawFn) -> tuple[Any, ...]:
    """A row with one effect on the extension that it names, or one with none."""
    member, pbx, extension, number, e164, other = (draw(part) for part in (TEXT, TEXT, TEXT, MAYBE, TEXT, TEXT))
    cells = draw(st.integers(2, 10**6)), "attach", member, pbx, extension, draw(st.just("") | TEXT)
    code = draw(st.sampled_from([Code.LINKED, Code.TOOK_OVER, Code.NUMBER_CHANGED, Code.REMOVED, Code.ALREADY_SO]))
    if draw(st.integers(0, 4)) == 0:
        lacking = draw(st.sampled_from(LACKING))
        outcome = Outcome.UNCHANGED if lacking is Code.NOTHING_HELD else Outcome.REFUSED
        return (*cells, outcome.value, lacking.value, None, None, None, None, "")
    before = {Code.LINKED: None, Code.TOOK_OVER: other}.get(code, member), number
    after = None if code is Code.REMOVED else member, draw(st.sampled_from([number, e164]))
    outcome = Outcome.UNCHANGED if code is Code.ALREADY_SO else Outcome.DONE
    return (*cells, outcome.value, code.value, *before, *after, None)


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
@given(rows=st.lists(packed(), max_size=3), state=STATES, odd=st.booleans())
def test_a_pattern_says_what_the_sentence_says(
    language: str, rows: list[tuple[Any, ...]], state: State | None, odd: bool
) -> None:
    """In each language and state of a run, with and without warnings, whatever stands in the cells."""
    words = wording(language)
    faults = {rows[0][0]: [WARNING]} if odd and rows else {}
    said = [line(*unpacked(row), faults.get(row[0], ()), state=state, words=words) for row in rows]
    assert list(Telling(state, words)(rows, faults)) == said
