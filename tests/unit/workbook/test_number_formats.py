"""What people see of a number that a workbook stores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard_workbook.number_formats import BUILT_IN, general, make_renderer


def seen(code: str, text: str) -> str:
    shown = make_renderer(code)
    return general(text) if shown is None else shown(text)


@pytest.mark.parametrize(
    ("code", "stored", "as_seen"),
    [
        ("General", "1001", "1001"),
        ("0000", "102", "0102"),
        ("00000;@", "102", "00102"),
        ('"+"0', "33123456789", "+33123456789"),
        ("+0", "33123456789", "+33123456789"),
        ("[$+33]0", "123", "+33123"),
        ('0#" "##" "##" "##" "##', "123456789", "01 23 45 67 89"),
        (r"[<=9999999]###\-####;\(###\)\ ###\-####", "5551234", "555-1234"),
        (r"[<=9999999]###\-####;\(###\)\ ###\-####", "2025551234", "(202) 555-1234"),
        ("000-000", "12", "000-012"),
        ("0", "-5", "-5"),
        ("0;(0)", "-5", "(5)"),
        ("[Red]0000", "7", "0007"),
        ("0%", "0.12", "12%"),
        (r"0.00\ [$€-407]", "1001", "1001 €"),
    ],
)
def test_zeros_signs_and_text_of_the_format_are_seen(code: str, stored: str, as_seen: str) -> None:
    assert seen(code, stored) == as_seen


@pytest.mark.parametrize("code", ["0.00", "#,##0", "# ?/?", "0.00E+00", "@", ";;;", "_-* #,##0_-", '"x"', "0;-0;;@"])
def test_a_whole_number_has_neither_decimals_nor_groups_and_never_seems_blank(code: str) -> None:
    assert seen(code, "33123456789") == "33123456789"
    assert seen(code, "0") == "0"


@pytest.mark.parametrize(
    ("code", "stored", "as_seen"),
    [
        ("yyyy-mm-dd", "45000", "2023-03-15"),
        (r"[$-409]d/m/yy\ h:mm", "45000.5", "2023-03-15 12:00:00"),
        ("mmm", "60", "1900-02-28"),  # which is 29 February to Excel, and no day to anybody else
        ("mmm", "59", "1900-02-28"),
        ("[h]:mm", "0.5", "12:00:00"),
        ('dd"th"', "45000", "2023-03-15"),
        (BUILT_IN[14], "45000", "2023-03-15"),
        ("yyyy", "-1", "-1"),
        ("yyyy", "1E9", "1000000000"),
    ],
)
def test_a_day_is_a_date_whatever_its_format(code: str, stored: str, as_seen: str) -> None:
    assert seen(code, stored) == as_seen


def test_days_of_old_macintosh_files_count_from_1904() -> None:
    shown = make_renderer("d/m/yy", since_1904=True)
    assert shown is not None
    assert shown("43538") == "2023-03-15"


def test_a_number_with_more_digits_than_are_kept_is_damaged() -> None:
    assert general("1234567890123456") == "1.23456789012346E+15"
    assert seen("0000", "1.2345678901234567E+18") == "1.23456789012346E+18"
    assert seen("0000", "1001.5") == "1001.5"


@given(st.integers(0, 10**15 - 1), st.sampled_from(["General", "0", "#,##0.00", "@", "00000000000000000"]))
def test_no_whole_number_changes(number: int, code: str) -> None:
    """In whatever way programs write it down."""
    for text in (str(number), f"{number}.0", repr(float(number))):
        assert int(seen(code, text)) == number


@given(st.text(max_size=300), st.sampled_from(["1", "-1.5", "1e300", "nan", "inf", "", "x", "45000.25"]))
def test_no_format_breaks_it(code: str, text: str) -> None:
    seen(code, text)
