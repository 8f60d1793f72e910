"""What the names of a feed's files say: the day, and the number of rows."""

from __future__ import annotations

import pytest

from linecard.rules.feed_names import NameFacts, check_pattern, parse_name


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("people_{date}_{rows}.csv", "people_2026-12-01_41.csv", NameFacts("20261201", 41)),
        ("people_{date}_{rows}.csv", "PEOPLE_20261201_0.CSV", NameFacts("20261201", 0)),
        ("*{date}*.csv", "joiners 01.12.2026 (2).csv", NameFacts("01122026")),
        ("{rows}_*.csv", "007_x.csv", NameFacts(None, 7)),
        ("a+b*.csv", "a+b (1).csv", NameFacts()),
        ("people_{date}_{rows}.csv", "people_2026-12-01.csv", None),
        ("people_{rows}.csv", "people_-3.csv", None),
        ("people_{rows}.csv", "people_\u0664.csv", None),
        ("*.csv", "with\nnewline.csv", NameFacts()),
    ],
)
def test_what_a_name_says(pattern, name, found):
    """By its pattern; a name that is not made like it says nothing at all."""
    assert parse_name(pattern, name) == found


@pytest.mark.parametrize("pattern", ["{date}{date}", "{rows}_{rows}.csv", "{when}.csv", "a}b", "{date"])
def test_a_pattern_that_cannot_be_one_is_refused(pattern):
    with pytest.raises(ValueError, match=r"braces|more than once"):
        check_pattern(pattern)
