"""Extensions and numbers: ranges, leading zeros, emergency numbers of each region, and what a fault says."""

from __future__ import annotations

import phonenumbers
import pytest

from linecard.rules.numbering import BadCell, NumberingPlan

PLAN = NumberingPlan("FR", ["1000-4999", "0100-0199", "77"], ["1515"])


def fault(check, text):
    with pytest.raises(BadCell) as caught:
        check(text)
    return caught.value


@pytest.mark.parametrize("text", ["1000", "4999", "2345", "0100", "0199", "77"])
def test_extensions_in_range_are_kept_as_written(text):
    """Leading zeros count: an extension is a string."""
    assert PLAN.extension(text) == text
    assert PLAN.has(text)


@pytest.mark.parametrize("text", ["999", "5000", "0099", "0200", "01000", "10000", "78", "7", "0077", "2*00", "2#00"])
def test_extensions_out_of_range_are_refused(text):
    assert fault(PLAN.extension, text).code in ("out_of_range", "spreadsheet_damage")
    assert not PLAN.has(text)


@pytest.mark.parametrize(("text", "was"), [("100", "0100"), ("199", "0199")])
def test_lost_leading_zeros_are_named_and_not_guessed(text, was):
    found = fault(PLAN.extension, text)
    assert found.code == "spreadsheet_damage"
    assert f"(was it {was}?)" in found.message
    assert "Text" in found.hint


@pytest.mark.parametrize("text", ["01/02/2026", "1.2.26", "2026-02-01", "2026-02-01 00:00:00"])
def test_an_extension_that_a_spreadsheet_made_a_date_is_told_as_that(text):
    found = fault(PLAN.extension, text)
    assert found.code == "spreadsheet_damage"
    assert "Text" in found.hint


@pytest.mark.parametrize("text", ["1515", "112", "911", "15", "17", "18"])
def test_emergency_numbers_are_never_extensions(text):
    """112 and 911 everywhere, the region's own, and those that the site adds; in range or not."""
    for plan in (PLAN, NumberingPlan("FR", (), ["1515"]), NumberingPlan("FR", ["10-99", "100-999"], ["1515"])):
        assert fault(plan.extension, text).code == "emergency_number"
        assert not plan.has(text)


EMERGENCY = {"GB": "999", "US": "911", "DE": "110", "AU": "000", "JP": "119", "CH": "144", "BR": "190", "IN": "100"}


@pytest.mark.parametrize(("region", "number"), EMERGENCY.items())
def test_each_region_has_its_own_emergency_numbers(region, number):
    plan = NumberingPlan(region)
    assert fault(plan.extension, number).code == "emergency_number"
    assert fault(plan.number, number).code == "emergency_number"
    assert NumberingPlan("FR").has("999")


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_in_every_region_112_and_911_are_refused_and_the_example_is_accepted(region):
    plan = NumberingPlan(region, ["100-999"])
    for number in ("112", "911"):
        assert plan.is_emergency(number)
        assert not plan.has(number)
    if phonenumbers.example_number(region):
        assert plan.number(plan.example) == plan.example


def test_a_number_with_the_digits_of_an_emergency_number_is_never_sure():
    """Also where a valid number is that short: sites may bar any number of up to 8 digits."""
    plan = NumberingPlan("SH", (), ["29020000"])
    assert fault(plan.number, "+29020000").code == "emergency_number"


@pytest.mark.parametrize("text", ["*12", "12#", "*12*3#", "1" * 32, "0"])
def test_without_ranges_any_extension_of_a_digit_or_more_is_one(text):
    assert NumberingPlan("FR").extension(text) == text


@pytest.mark.parametrize("text", ["####", "*", "1" * 33, "12a4", "+1234", "12 34", "-123", "\u0661\u0662", "12\n"])
def test_what_is_no_extension(text):
    """`####` is what a spreadsheet shows in a narrow column."""
    assert fault(NumberingPlan("FR").extension, text).code in ("bad_extension", "spreadsheet_damage")
    assert not NumberingPlan("FR").has(text)


@pytest.mark.parametrize(
    "text", ["3.31E+10", "3,31E+10", "3.31e10", "331E9", "33123456789.0", "33123456789,00", "-331"]
)
def test_numbers_that_a_spreadsheet_destroyed(text):
    for check in (NumberingPlan("FR").number, NumberingPlan("FR").extension):
        found = fault(check, text)
        assert found.code == "spreadsheet_damage"
        assert "format the column as Text" in found.hint


def test_a_number_that_lost_its_plus_or_zero_beyond_recovery_says_what_it_may_have_been():
    assert "(was it +442079460000?)" in fault(NumberingPlan("FR").number, "442079460000").message
    assert "(was it +390612345678?)" in fault(NumberingPlan("IT").number, "612345678").message


@pytest.mark.parametrize(
    ("region", "text", "guessed"),
    [
        ("FR", "123456789", True),
        ("FR", "33123456789", True),
        ("FR", "0123456789", False),
        ("FR", "+33123456789", False),
        ("GB", "2079460000", True),
        ("US", "2015550123", False),
        ("US", "12015550123", True),
        ("ES", "912345678", False),
        ("DK", "32123456", False),
    ],
)
def test_what_is_written_without_the_zero_or_plus_of_the_region_is_a_guess(region, text, guessed):
    """Countries without a leading zero write numbers just so: no word about it."""
    plan = NumberingPlan(region)
    assert plan.guessed(text, plan.number(text)) is guessed


@pytest.mark.parametrize(
    "text", ["+3312345678", "+331234567890", "0023", "12345", "+", "++33123456789", "tel:+331", ""]
)
def test_what_is_no_number(text):
    found = fault(PLAN.number, text)
    assert found.code == "bad_number"
    assert "+33" in found.hint


def test_a_number_with_an_extension_of_its_own_is_refused():
    """Two facts in one cell: neither is guessed."""
    assert fault(PLAN.number, "+33123456789 ext 12").code == "bad_number"
    assert fault(PLAN.number, "+33123456789x12").code == "bad_number"


def test_a_region_that_there_is_not_is_a_mistake_of_the_configuration():
    with pytest.raises(ValueError, match="XX"):
        NumberingPlan("XX")
