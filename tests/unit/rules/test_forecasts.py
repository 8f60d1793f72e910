"""How long changes take, in words, and how long those that are left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.model.forecast import PbxForecast
from linecard.rules.forecasts import format_duration, seconds_left


def of(pbx: str, changes: int, seconds: float) -> PbxForecast:
    return PbxForecast(pbx, changes, seconds, ())


@pytest.mark.parametrize(
    ("forecasts", "left", "seconds"),
    [
        ([], {"hq": 5}, None),
        ([of("hq", 100, 0)], {"hq": 5}, None),
        ([of("hq", 100, 50)], {"hq": 100}, 50),
        ([of("hq", 100, 50)], {"hq": 20, "lab": 900}, 10),
        ([of("hq", 100, 50)], {}, 0),
        ([of("hq", 100, 50)], {"hq": 300}, 50),
        ([of("hq", 100, 50), of("lab", 10, 500), of("old", 9, 0)], {"hq": 100, "lab": 2, "old": 9}, 100),
    ],
)
def test_what_is_left_takes_its_share_of_the_time_and_the_slowest_pbx_counts(forecasts, left, seconds):
    assert seconds_left(forecasts, left) == seconds


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.2, "1 s"),
        (45, "45 s"),
        (119.5, "2 min"),
        (120, "2 min"),
        (121, "3 min"),
        (7140, "119 min"),
        (7141, "2 h"),
        (11_100, "3 h 5 min"),
        (400_000, "111 h 7 min"),
    ],
)
def test_a_duration_is_said_in_its_own_units(seconds, said):
    assert format_duration(seconds) == said


@given(st.floats(0, 1e7))
def test_a_duration_is_never_said_to_be_shorter_than_it_is(seconds):
    said = format_duration(seconds).split()
    total = sum(int(n) * {"s": 1, "min": 60, "h": 3600}[unit] for n, unit in zip(said[::2], said[1::2], strict=True))
    assert seconds <= total <= seconds * 1.5 + 1
