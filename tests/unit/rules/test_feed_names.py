"""What the names of a feed's files say: the day, and the number of rows."""

from __future__ import annotations

import re

import pytest

from linecard.rules.feed_names import NameFacts, check_pattern, date_key, newer_file, order_by_date, parse_name


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


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{date}{date}", "{date} is in it more than once"),
        ("{rows}_{rows}.csv", "{rows} is in it more than once"),
        ("{when}.csv", "only {date} and {rows} may be in braces"),
        ("a}b", "only {date} and {rows} may be in braces"),
        ("{date", "only {date} and {rows} may be in braces"),
    ],
)
def test_a_pattern_that_cannot_be_one_is_refused(pattern, why):
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", ["{date}_{rows}.csv", "*.csv", "people.csv"])
def test_any_other_can_be_one(pattern):
    check_pattern(pattern)


def day(text):
    return date_key("p_{date}.csv", f"p_{text}.csv")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2026-12-31", (2026, 12, 31, 0)),
        ("20261231", (2026, 12, 31, 0)),
        ("2026_12.31", (2026, 12, 31, 0)),
        ("2026-12", (2026, 12, 1, 0)),
        ("31.12.2026", (2026, 12, 31, 0)),
        ("02.12.2026", (2026, 12, 2, 0)),  # dots: the day comes first
        ("31-12-2026", (2026, 12, 31, 0)),
        ("12-31-2026", (2026, 12, 31, 0)),
        ("02-02-2026", (2026, 2, 2, 0)),  # the same, whichever comes first
        ("2026-12-31_0905", (2026, 12, 31, 90500)),
        ("20261231-090507", (2026, 12, 31, 90507)),
        ("2026-12-31.09.05", (2026, 12, 31, 90500)),
        ("31122026_0905", (2026, 12, 31, 90500)),
        ("12-31-2026_0905", (2026, 12, 31, 90500)),
        ("20261231-12", (2026, 12, 31, 12)),
    ],
)
def test_a_date_is_year_month_day_and_what_counts_up_after_them(text, key):
    """Four digits after the day are a time without its seconds."""
    assert day(text) == key


@pytest.mark.parametrize(
    "days",
    [
        ("2026-12-31", "2027-01-01"),
        ("31.12.2026", "01.01.2027"),
        ("31122026", "13012027"),
        ("2026-12-31", "2026-12-31_0000001"),
        ("2026-12-31_0905", "2026-12-31_101500"),
        ("2026-12-31_093000", "2026-12-31_1015"),
        ("2026-12-31_1015", "2026-12-31_103000"),
        ("20261231-9", "20261231-10"),
    ],
)
def test_the_order_of_dates_is_that_of_the_calendar(days):
    early, late = map(day, days)
    assert early < late


@pytest.mark.parametrize(
    "text", ["02122026", "02-12-2026", "31-31-2026", "32.01.2026", "1201", "261202", "20261350", "2026", "2026-13"]
)
def test_what_is_no_date_or_two_has_no_place_in_an_order(text):
    assert day(text) is None


@pytest.mark.parametrize("name", ["q_20261201.csv", "p_.csv"])
def test_a_name_that_is_made_otherwise_has_no_date(name):
    assert date_key("p_{date}.csv", name) is None
    assert date_key("p_*.csv", "p_20261201.csv") is None, "nor has one whose pattern does not say where it stands"


def test_names_without_a_date_keep_their_places():
    names = ["p_20261203.csv", "x.csv", "p_20261201.csv", "y.csv", "p_20261202.csv"]
    assert [names[at] for at in order_by_date("p_{date}.csv", names)] == [
        "p_20261201.csv",
        "x.csv",
        "p_20261202.csv",
        "y.csv",
        "p_20261203.csv",
    ]


@pytest.mark.parametrize(
    ("name", "newer"),
    [
        ("p_20261130.csv", (7, "p_20261203.csv")),
        ("p_20261202.csv", (7, "p_20261203.csv")),
        ("p_20261203.csv", None),  # the same day is not after it
        ("p_20261204.csv", None),
        ("p_latest.csv", None),
    ],
)
def test_the_newest_of_those_that_are_after_a_file(name, newer):
    others = [(5, "p_20261201.csv"), (7, "p_20261203.csv"), (9, "p_20261202.csv"), (10, "p_latest.csv")]
    assert newer_file("p_{date}.csv", name, others) == newer
