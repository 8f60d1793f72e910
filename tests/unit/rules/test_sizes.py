"""Sizes as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.rules.sizes import format_size

UNITS = {"byte": 1, "bytes": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3, "TB": 1000**4}


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (4_278, "4.2 kB"),
        (99_999, "99.9 kB"),
        (123_456, "123 kB"),
        (999_999, "999 kB"),
        (1_048_576, "1 MB"),
        (200_000_000, "200 MB"),
        (1_500_000_000, "1.5 GB"),
        (7_000_000_000_000_000, "7,000 TB"),
    ],
)
def test_a_size_in_the_unit_that_fits(count, said):
    assert format_size(count) == said


@given(st.integers(min_value=0, max_value=10**16))
def test_what_is_said_is_never_more_than_the_size_and_less_by_a_tenth_at_most(count):
    number, unit = format_size(count).split()
    said = float(number.replace(",", "")) * UNITS[unit]
    assert count * 0.9 <= said <= count
