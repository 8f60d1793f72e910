"""How linecard puts things in English, which needs no catalog, and what a run came to in a few words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linecard.model.run import State
from linecard.rules.wording import ENGLISH, result


def test_english_is_said_as_it_is():
    assert ENGLISH.language == "en"
    assert ENGLISH("No rows.") == ENGLISH.translate_stored("No rows.") == "No rows."
    assert ENGLISH.number(1234567) == "1,234,567"
    assert ENGLISH.moment(datetime(2026, 12, 3, 7, 5, tzinfo=UTC)) == "3 December 2026, 07:05 UTC"
    assert ENGLISH.moment(datetime(2026, 1, 31, 17, 30, tzinfo=UTC)) == "31 January 2026, 17:30 UTC"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 rows of hq"), (1, "1 row of hq"), (2, "2 rows of hq"), (1000, "1,000 rows of hq")]
)
def test_one_is_one_and_all_else_is_many(count, said):
    assert ENGLISH.many("{count} row of {pbx}", "{count} rows of {pbx}", count, pbx="hq") == said


@pytest.mark.parametrize(
    ("state", "counts", "said"),
    [
        (State.APPLIED, {"done": 41, "refused": 2, "invalid": 0}, "41 done, 2 refused"),
        (State.APPLIED, {}, "no rows"),
        (State.UNCHANGED, {"unchanged": 1000}, "1,000 unchanged"),
        (State.REJECTED, {"invalid": 3}, "file refused"),
        (State.HELD, {"planned": 3}, "waits for a decision"),
        (State.DISCARDED, {"planned": 3}, "discarded"),
        (State.DISCARDED, {"done": 3, "skipped": 2}, "discarded, 3 done"),
        (State.PLANNED, {"planned": 3}, "nothing changed yet"),
        (State.PLANNED, {"done": 1, "planned": 3}, "interrupted, 1 done"),
        (State.STALE, {"skipped": 3}, "interrupted"),
        (State.INTERRUPTED, {"done": 1, "skipped": 3}, "interrupted, 1 done"),
    ],
)
def test_what_a_run_came_to_in_the_words_of_a_subject(state, counts, said):
    """Rows count once it was applied; before that, what it waits for, and what of it was made all the same."""
    assert result(state, counts) == said
