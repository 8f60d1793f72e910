"""Extensions and numbers: ranges, leading zeros, emergency numbers of each region, and what a fault says."""

from __future__ import annotations

import phonenumbers
import pytest

from linecard.languages.stored_sentences import match_sentence
from linecard.rules.emergency import HELPLINES
from linecard.rules.number_cell import BadCell
from linecard.rules.numbering import NumberingPlan

PLAN = NumberingPlan("FR", ["1000-4999", "0100-0199", "77"], ["1515"])


def fault(check, text):
    """Why a cell is refused, in sentences that the catalogs of readers' languages have, to the letter."""
    with pytest.raises(BadCell) as caught:
        check(text)
    for sentence in (caught.value.message, caught.value.remedy):
        assert match_sentence(sentence), sentence
    return caught.value


@pytest.mark.parametrize("text", ["1000", "4999", "2345", "0100", "0199", "77"])
def test_extensions_in_range_are_kept_as_written(text):
    """Leading zeros count: an extension is a string."""
    assert PLAN.read_extension(text) == text
    assert PLAN.has_extension(text)


@pytest.mark.parametrize("text", ["999", "5000", "0099", "0200", "01000", "10000", "78", "7", "0077", "2*00", "2#00"])
def test_extensions_out_of_range_are_refused(text):
    assert fault(PLAN.read_extension, text).code in ("out_of_range", "spreadsheet_damage")
    assert not PLAN.has_extension(text)


@pytest.mark.parametrize(("text", "was"), [("100", "0100"), ("199", "0199")])
def test_lost_leading_zeros_are_named_and_not_guessed(text, was):
    found = fault(PLAN.read_extension, text)
    assert found.code == "spreadsheet_damage"
    assert f"(was it {was}?)" in found.message
    assert "Text" in found.remedy


@pytest.mark.parametrize("text", ["01/02/2026", "1.2.26", "2026-02-01", "2026-02-01 00:00:00"])
def test_an_extension_that_a_spreadsheet_made_a_date_is_told_as_that(text):
    found = fault(PLAN.read_extension, text)
    assert found.code == "spreadsheet_damage"
    assert "Text" in found.remedy


@pytest.mark.parametrize("text", ["1515", "112", "911", "15", "17", "18"])
def test_emergency_numbers_are_never_extensions(text):
    """112 and 911 everywhere, the region's own, and those that the site adds; in range or not."""
    for plan in (PLAN, NumberingPlan("FR", (), ["1515"]), NumberingPlan("FR", ["10-99", "100-999"], ["1515"])):
        assert fault(plan.read_extension, text).code == "emergency_number"
        assert not plan.has_extension(text)


EMERGENCY = {"GB": "999", "US": "911", "DE": "110", "AU": "000", "JP": "119", "CH": "144", "BR": "190", "IN": "100"}


@pytest.mark.parametrize(("region", "number"), EMERGENCY.items())
def test_each_region_has_its_own_emergency_numbers(region, number):
    plan = NumberingPlan(region)
    assert fault(plan.read_extension, number).code == "emergency_number"
    assert fault(plan.read_number, number).code == "emergency_number"
    assert NumberingPlan("FR").has_extension("999")


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_in_every_region_112_and_911_are_refused_and_the_example_is_accepted(region):
    plan = NumberingPlan(region, ["100-999"])
    for number in ("112", "911"):
        assert plan.is_emergency(number)
        assert not plan.has_extension(number)
    if phonenumbers.example_number(region):
        assert plan.read_number(plan.example).number == plan.example


def test_a_number_with_the_digits_of_an_emergency_number_is_never_sure():
    """Also where a valid number is that short: sites may bar any number of up to 8 digits."""
    plan = NumberingPlan("SH", (), ["29020000"])
    assert fault(plan.read_number, "+29020000").code == "emergency_number"


@pytest.mark.parametrize("text", ["*12", "12#", "*12*3#", "1" * 32, "0"])
def test_without_ranges_any_extension_of_a_digit_or_more_is_one(text):
    assert NumberingPlan("FR").read_extension(text) == text


@pytest.mark.parametrize("text", ["####", "*", "1" * 33, "12a4", "+1234", "12 34", "-123", "\u0661\u0662", "12\n"])
def test_what_is_no_extension(text):
    """`####` is what a spreadsheet shows in a narrow column."""
    assert fault(NumberingPlan("FR").read_extension, text).code in ("bad_extension", "spreadsheet_damage")
    assert not NumberingPlan("FR").has_extension(text)


@pytest.mark.parametrize(
    "text", ["3.31E+10", "3,31E+10", "3.31e10", "331E9", "33123456789.0", "33123456789,00", "-331"]
)
def test_numbers_that_a_spreadsheet_destroyed(text):
    for check in (NumberingPlan("FR").read_number, NumberingPlan("FR").read_extension):
        found = fault(check, text)
        assert found.code == "spreadsheet_damage"
        assert "format the column as Text" in found.remedy


def test_a_number_that_lost_its_plus_or_zero_beyond_recovery_says_what_it_may_have_been():
    assert "(was it +442079460000?)" in fault(NumberingPlan("FR").read_number, "442079460000").message
    assert "(was it +390612345678?)" in fault(NumberingPlan("IT").read_number, "612345678").message


@pytest.mark.parametrize(
    ("region", "text", "noted"),
    [
        ("FR", "123456789", True),
        ("FR", "33123456789", True),
        ("FR", "33 (0)1 23 45 67 89", True),
        ("DE", "49 (0)30 901820", True),
        ("DE", "49 (0) 89 1234568", True),
        ("DE", "+49 (0)30 901820", False),
        ("DE", "0049 (0)30 901820", False),
        ("FR", "0123456789", False),
        ("FR", "+33123456789", False),
        ("GB", "2079460000", True),
        ("US", "2125550163", False),
        ("US", "12015550123", False),
        ("US", "1-201-555-0123", False),
        ("RU", "74951234567", True),
        ("RU", "8 495 123-45-67", False),
        ("BR", "(11) 2345-6789", False),
        ("CO", "(601) 2345678", False),
        ("ES", "912345678", False),
        ("DK", "32123456", False),
    ],
)
def test_what_is_written_without_the_prefix_or_plus_of_the_region_is_noted(region, text, noted):
    """And what people of the region write is not: no word about it."""
    assert any(note.code == "cleaned" for note in NumberingPlan(region).read_number(text).notes) is noted


@pytest.mark.parametrize(
    ("region", "text", "national", "international"),
    [
        ("DE", "33142685300", "+4933142685300", "+33142685300"),
        ("DE", "4915112345678", "+494915112345678", "+4915112345678"),
        ("DE", "496128966001", "+49496128966001", "+496128966001"),
        ("IT", "34911234567", "+3934911234567", "+34911234567"),
        ("LU", "3226123456", "+3523226123456", "+3226123456"),
        ("US", "6562345678", "+16562345678", "+6562345678"),
        ("RU", "84951234567", "+74951234567", "+84951234567"),
    ],
)
def test_what_can_be_two_numbers_is_refused_with_both(region, text, national, international):
    """A spreadsheet may have taken the + away: nobody can tell from the digits alone."""
    found = fault(NumberingPlan(region).read_number, text)
    assert found.code == "spreadsheet_damage"
    assert national in found.message
    assert international in found.message


@pytest.mark.parametrize(
    ("region", "text"), [("US", "(656) 234-5678"), ("RU", "8 495 123-45-67"), ("DE", "49 (0)30 901820")]
)
def test_the_marks_between_the_digits_tell_which_of_two_is_meant(region, text):
    assert NumberingPlan(region).read_number(text).number in ("+16562345678", "+74951234567", "+4930901820")


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("DE", "030 901820-0/-99"),
        ("DE", "030 901820 / 901821"),
        ("DE", "030 901820 - 29"),
        ("DE", "030 901820 bis 29"),
        ("DE", "030901820, 030901821"),
        ("DE", "030 901820;030 901821"),
        ("DE", "+49 30 901820 +49 30 901821"),
        ("FR", "01 23 45 67 89 / 90"),
        ("FR", "0123456789 ou 0123456780"),
        ("US", "212-555-0163/0164"),
        ("US", "(212) 555-0163 & (212) 555-0164"),
        ("ES", "910 123 400-09"),
        ("FR", "+33 1 23 45 67 89-92"),
        ("AT", "01 5880150 u. 5880151"),
        ("CH", "+41 44 234 56 78 bzw. 79"),
        ("NL", "020-1234567 of 06-12345678"),
        ("PL", "22 123 45 67 do 69"),
        ("RU", "8 495 123-45-67 или 123-45-68"),
        ("SE", "08-123 456 78--79"),
        ("US", "212-555-0164 thru 0169"),
        ("JP", "03-1234-5678\u3001 5679"),
    ],
)
def test_a_range_or_two_numbers_are_never_made_into_one(region, text):
    found = fault(NumberingPlan(region).read_number, text)
    assert (found.code, found.message) == ("bad_number", f"{text} is a range or more than one number.")


@pytest.mark.parametrize(
    ("region", "text", "number"),
    [
        ("DE", "030/901820", "+4930901820"),
        ("DE", "030-901820-12", "+493090182012"),
        ("DE", "(030) 901820", "+4930901820"),
        ("ES", "912.345.678", "+34912345678"),
        ("FR", "01-23-45-67-89", "+33123456789"),
        ("FR", "0 123 456 789", "+33123456789"),
    ],
)
def test_marks_that_people_write_within_a_number_separate_no_two(region, text, number):
    assert NumberingPlan(region).read_number(text) == (number, ())


@pytest.mark.parametrize(
    "text",
    [
        *(
            "31/12/2024",
            "2024-12-31",
            "12.31.24",
            "2024-12-31 00:00:00",
            "12-Jan",
            "1. Dez 2024",
            "Jan 12",
            "3-févr.-24",
        ),
        *(
            "14-mrt-25",
            "14. Mrz",
            "2-sty",
            "14-paź-25",
            "14-úno-25",
            "14/out/25",
            "14 de marzo de 2025",
            "14 марта 2025",
        ),
        *("March 14, 2025", "Fri 14 Mar 2025", "14. 3. 2025", "2025. 03. 14.", "2025年3月14日", "3月1日", "12/2025"),
        *("2025-03-14T00:00:00Z", "3/14/2025 12:00:00 AM"),
    ],
)
def test_a_day_is_never_a_number_or_an_extension(text):
    """The columns slipped, or a spreadsheet took 12-1 for a day."""
    for check in (NumberingPlan("DK").read_number, NumberingPlan("DK").read_extension):
        found = fault(check, text)
        assert found.code == "spreadsheet_damage"
        assert "date" in found.message


@pytest.mark.parametrize("text", ["Marketing", "Marketing 1001", "Mai", "Novak"])
def test_a_word_that_begins_like_a_month_is_no_day(text):
    assert fault(NumberingPlan("DE").read_extension, text).code == "bad_extension"


@pytest.mark.parametrize(("region", "is_day"), [("SE", True), ("DE", True), ("FR", True), ("DK", False)])
def test_a_day_in_one_is_a_number_only_where_people_write_numbers_so(region, is_day):
    """`20250314` with a lost zero would be a number in Sweden; in Denmark all eight digits are one as they stand."""
    read = NumberingPlan(region).read_number
    assert read("20241231").number == "+4520241231" if not is_day else "date" in fault(read, "20241231").message


@pytest.mark.parametrize(
    "text", ["1001-1005", "1001/1002", "1001 und 1002", "1001 bis 1005", "1001 à 1005", "1001..1005"]
)
def test_more_than_one_extension_is_named_as_that(text):
    assert fault(NumberingPlan("FR").read_extension, text).message == f"{text} is more than one extension."


@pytest.mark.parametrize("text", ["#N/A", "#NV", "#REF!", "#VALEUR!", "#¿NOMBRE?", "#DIV/0!", "Err:502", "########"])
def test_what_a_spreadsheet_shows_instead_of_a_value_is_named_as_that(text):
    for check in (PLAN.read_number, NumberingPlan("FR").read_extension):
        found = fault(check, text)
        assert found.code == "spreadsheet_damage"
        assert "formula" in found.message or "too narrow" in found.message


@pytest.mark.parametrize("text", ["1,001", "1.002", "1 003", "1'004", "1,001.00", "1.002,0", "1 003,00", "1.002.003"])
def test_thousands_marks_in_an_extension_are_named(text):
    found = fault(NumberingPlan("FR").read_extension, text)
    assert (found.code, "thousands separator" in found.message) == ("spreadsheet_damage", True)


def test_a_number_has_at_most_15_digits():
    """The library takes longer ones; no PBX does."""
    assert "17 digits" in fault(NumberingPlan("DE").read_number, "0800 1234567890123").message


def test_an_extension_behind_the_number_is_passed_over_only_where_it_is_that_of_the_row():
    for text in ("+33123456790;ext=1002", "+33 1 23 45 67 90 poste 1002", "01 23 45 67 90 x1002"):
        found = PLAN.read_number(text, "1002")
        assert (found.number, [note.code for note in found.notes]) == ("+33123456790", ["cleaned"])
        assert "(1002)" in fault(PLAN.read_number, text).message
    assert PLAN.read_number("01 23 45 67 90 (poste 1002)", "1002").number == "+33123456790"


@pytest.mark.parametrize(
    "text",
    [
        "tel:+33123456790",
        "tel:+33-1-23-45-67-90;phone-context=+33",
        "sip:+33123456790@sbc.example.com;user=phone",
        "sip:+33123456790@192.0.2.1:5061",
    ],
)
def test_the_number_of_an_address_is_read_without_what_surrounds_it(text):
    assert PLAN.read_number(text).number == "+33123456790"


def test_the_context_of_a_local_number_is_never_dropped():
    """`5880150` in Vienna is no number anywhere else."""
    assert fault(NumberingPlan("AT").read_number, "tel:5880150;phone-context=+431").code == "bad_number"


@pytest.mark.parametrize(
    ("region", "text", "noted"),
    [("LU", "75001", True), ("LU", "+3522345", True), ("LU", "27123456", False), ("SB", "40123", False)],
)
def test_a_number_shorter_than_those_of_its_region_is_remarked(region, text, noted):
    """An employee number, or an extension, in the wrong column."""
    assert [note.code for note in NumberingPlan(region).read_number(text).notes] == ["short_number"] * noted


@pytest.mark.parametrize(
    ("region", "text", "remarks"),
    [
        ("FR", "tel:0123456789", ["Number contained stray characters and was read as 0123456789."]),
        ("FR", "01 23 45 67 90 x1002", ["Number contained its extension and was read as 01 23 45 67 90."]),
        ("FR", "123456789", ["Number had no + or prefix and was read as +33123456789."]),
        ("LU", "75001", ["+35275001 has only 5 digits after the country code."]),
        ("FR", "0123456789", []),
    ],
)
def test_what_is_remarked_of_a_number_that_was_read_all_the_same(region, text, remarks):
    notes = NumberingPlan(region).read_number(text, "1002").notes
    assert [note.message for note in notes] == remarks
    for note in notes:
        assert match_sentence(note.message)
        assert not note.remedy or match_sentence(note.remedy)
        assert bool(note.remedy) == (note.code == "short_number")


@pytest.mark.parametrize(
    ("extension", "is_one"),
    [("0" * 32, True), ("0" * 33, False), ("", False), ("12a", False), ("\u0661\u0662", False), ("112", False)],
)
def test_without_ranges_any_digits_up_to_thirty_two_are_an_extension_of_the_pbx(extension, is_one):
    assert NumberingPlan("FR").has_extension(extension) is is_one


def test_ranges_may_be_of_one_extension_and_have_blanks():
    plan = NumberingPlan("FR", ["77", " 1000 - 1999 "])
    assert [plan.has_extension(text) for text in ("77", "1000", "1999", "2000", "7")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert fault(plan.read_extension, "2000").remedy == "Its extensions are 77,  1000 - 1999 ."


@pytest.mark.parametrize(
    ("text", "is_one"), [("+33123456789", True), ("0123456789", True), ("+3312", False), ("1001", False), ("", False)]
)
def test_whether_a_cell_is_a_number(text, is_one):
    assert PLAN.is_number(text) is is_one


@pytest.mark.parametrize("line", HELPLINES, ids=lambda line: f"{line.region}-{line.numbers[0]}")
def test_helplines_that_the_library_lacks_are_never_given_away(line):
    """And each is lacking there: one that phonenumbers has learnt goes from the table."""
    assert line.source
    for number in line.numbers:
        assert fault(NumberingPlan(line.region).read_extension, number).code == "emergency_number"
        assert not phonenumbers.is_emergency_number(number, line.region)


@pytest.mark.parametrize("text", ["+3312345678", "+331234567890", "0023", "12345", "+", "++33123456789", "tel:+331"])
def test_what_is_no_number(text):
    found = fault(PLAN.read_number, text)
    assert found.code == "bad_number"
    assert "+33" in found.remedy


def test_a_number_with_an_extension_of_its_own_is_refused():
    """Two facts in one cell: neither is guessed."""
    assert fault(PLAN.read_number, "+33123456789 ext 12").code == "bad_number"
    assert fault(PLAN.read_number, "+33123456789x12").code == "bad_number"


def test_a_region_that_there_is_not_is_a_mistake_of_the_configuration():
    with pytest.raises(ValueError, match="XX"):
        NumberingPlan("XX")


def test_a_number_is_an_extension_where_the_pbx_has_a_range_of_numbers():
    """Written in any way that a number may be written in; elsewhere it is none."""
    plan = NumberingPlan("FR", ["+33123456700-+33123456799", "1000-1999"])
    assert plan.read_extension("+33123456789") == plan.read_extension("+33 1 23 45 67 89") == "+33123456789"
    assert plan.read_extension("1234") == "1234"
    assert fault(plan.read_extension, "+33123456800").code == "out_of_range"
    assert fault(plan.read_extension, "+3312345").code == "bad_number"
    assert fault(NumberingPlan("FR", ["1000-1999"]).read_extension, "+33123456789").code == "bad_extension"
    assert fault(NumberingPlan("FR").read_extension, "+33123456789").code == "bad_extension"


@pytest.mark.parametrize(
    "text",
    [
        "tel:+442079460958",
        "callto:+442079460958",
        "SIP:+442079460958@pbx.example.com",
        "sips:+442079460958@192.0.2.7:5061",
    ],
)
def test_an_address_of_a_telephone_is_the_number_in_it(text):
    """As directories and softphones write them; what was taken away is noted."""
    found = NumberingPlan("GB").read_number(text)
    assert found.number == "+442079460958"
    assert [note.code for note in found.notes] == ["cleaned"]
