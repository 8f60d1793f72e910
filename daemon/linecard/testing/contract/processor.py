# ruff: noqa: S101
"""The specification of the processor port, as a test class."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linecard.api import is_printable
from linecard.api.processor import Action, Processor, Refusal, Row

_LINES = st.integers(min_value=2, max_value=1_000_000)
_LOGINS = st.from_regex(r"[a-z][a-z0-9.]{0,8}[a-z0-9]@([a-z]{1,8}\.){1,3}(com|fr|example)", fullmatch=True)
_EXTENSIONS = st.from_regex(r"[0-9]{2,6}", fullmatch=True)
_NUMBERS = st.sampled_from(["", "+33199001000", "+33199001001"])
_ROWS = st.one_of(
    st.builds(
        Row,
        _LINES,
        st.sampled_from([Action.ATTACH, Action.FORCE_ATTACH]),
        _LOGINS,
        st.sampled_from(["hq", "lyon"]),
        _EXTENSIONS,
        _NUMBERS,
    ),
    st.builds(
        Row,
        _LINES,
        st.just(Action.DETACH),
        _LOGINS,
        st.sampled_from(["", "hq", "lyon"]),
        st.one_of(st.just(""), _EXTENSIONS),
        st.just(""),
    ),
)


class ProcessorContract:
    """What linecard expects of a processor, test by test.

    Subclass it and give the fixture `processor`, the function as the plugin builds it. Give `rows` besides: some rows
    that it lets pass, changes and refuses, so that the tests meet each of its answers.
    """

    @pytest.fixture
    def processor(self) -> Processor:
        raise NotImplementedError("give the fixture `processor`: see linecard.testing.contract")

    @pytest.fixture
    def rows(self) -> Sequence[Row]:
        raise NotImplementedError("give the fixture `rows`: see linecard.testing.contract")

    def test_it_answers_each_row_with_a_row_or_a_refusal(self, processor: Processor, rows: Sequence[Row]) -> None:
        """Of a changed row nothing but its cells is another."""
        for row in rows:
            _must_be_an_answer(row, processor(row))

    def test_it_comes_to_the_same_answer_whatever_came_before(self, processor: Processor, rows: Sequence[Row]) -> None:
        """A plan is worked out again before it is applied, and must come to the same."""
        answers = {row: processor(row) for row in rows}
        assert {row: processor(row) for row in reversed(rows)} == answers

    def test_it_leaves_alone_what_it_has_changed(self, processor: Processor, rows: Sequence[Row]) -> None:
        """Retry sheets bring rows back as they were planned: one prefix must not become two."""
        for row in rows:
            _must_be_settled(processor, processor(row))

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(row=_ROWS)
    def test_all_of_this_holds_for_any_row(self, processor: Processor, row: Row) -> None:
        """Random rows, of all three actions."""
        answer = processor(row)
        _must_be_an_answer(row, answer)
        assert processor(row) == answer
        _must_be_settled(processor, answer)


def _must_be_an_answer(row: Row, answer: object) -> None:
    assert isinstance(answer, Row | Refusal), f"{answer!r} is neither a row nor a refusal"
    if isinstance(answer, Refusal):
        assert answer.message.strip(), "a refusal says why"
        assert is_printable(answer.message), "a refusal is one line"
        assert not answer.message.endswith("."), "a refusal is a clause: linecard puts the full stop"
        return
    assert all(isinstance(cell, str) for cell in answer[1:6]), "cells are text"
    assert (answer.line, answer.faults, answer.asks_nothing) == (row.line, row.faults, row.asks_nothing)


def _must_be_settled(processor: Processor, answer: Row | Refusal) -> None:
    if isinstance(answer, Row):
        assert processor(answer) == answer
