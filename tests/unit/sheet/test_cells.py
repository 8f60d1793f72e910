"""Cells: what is cleaned and said so, what is refused with a remedy, and every fault of a file at once."""

from __future__ import annotations

import pytest

from linecard.model.sheet import Action
from linecard.rules.cells import clean_cell, fold_word
from unit.sheet.reading import HQ, TWO, file, row

ADA = "ada@example.com"


@pytest.mark.parametrize(
    ("word", "action"),
    [
        *((word, Action.ATTACH) for word in ("attach", "Attach", "ATTACH", " attach ", "'attach", "\u200battach")),
        *((word, Action.FORCE_ATTACH) for word in ("force_attach", "force-attach", "force attach", "Force Attach")),
        *((word, Action.DETACH) for word in ("detach", "DETACH", "de_tach", "\u00a0detach")),
    ],
)
def test_actions_in_any_spelling(word, action):
    assert row(f"{word},{ADA},hq,1234,").valid == [(2, action, ADA, "hq", "1234", "")]


@pytest.mark.parametrize("word", ["atach", "attached", "change", "attach!", "=attach", "a t t a c h e d", "0"])
def test_another_word_is_no_action(word):
    fault = row(f"{word},{ADA},,1234,").fault
    assert (fault.line, fault.column, fault.value, fault.code) == (2, "Action", word, "bad_action")
    assert fault.remedy == "Write attach, force_attach or detach."


def test_a_feeds_own_words_for_the_actions():
    """Status words of an HR system, in any case; the ones not mapped are refused."""
    words = {"Active": Action.ATTACH, "On leave": Action.DETACH}
    assert row(f"ACTIVE,{ADA},,1234,", actions=words).valid[0][1] is Action.ATTACH
    assert row(f"on-leave,{ADA},,,", actions=words).valid[0][1] is Action.DETACH
    assert row(f"attach,{ADA},,1234,", actions=words).valid[0][1] is Action.ATTACH
    assert row(f"Suspended,{ADA},,1234,", actions=words).codes == ["bad_action"]


def test_excels_marks_are_cleaned_and_noted():
    """A leading apostrophe, a formula that only quotes, blanks that do not break."""
    reading = file("excel-marks.csv")
    assert [r[2:] for r in reading.valid] == [
        (ADA, "hq", "1234", "+33123456789"),
        ("zoé@example.com", "hq", "0123", "+33123456780"),
        ("eve@example.com", "hq", "1236", "+33123456781"),
    ]
    assert {code for _, _, code in reading.warnings} == {"cleaned"}
    assert [r.faults[1].message for r in reading.rows[:2]] == [
        "Extension contained stray characters and was read as 1234.",
        "Extension contained stray characters and was read as 0123.",
    ]


def test_invisible_marks_and_full_width_digits_are_cleaned_and_noted():
    reading = file("invisible.csv")
    assert [r[1:] for r in reading.valid] == [
        ("attach", ADA, "hq", "1234", "+33123456789"),
        ("attach", "zoé@example.com", "hq", "1235", "+33123456780"),
    ]
    noted = [column for _, column, _ in reading.warnings]
    assert noted == ["Action", "LoginEmail", "PbxId", "Extension", "Number", "LoginEmail", "Extension", "Number"]


def test_padding_is_not_worth_a_word():
    """Rainbow's own samples pad every cell, quoted or not, empty or not."""
    reading = file("rainbow.csv")
    assert [r[1:] for r in reading.valid] == [
        ("attach", ADA, "hq", "1234", "+33123456789"),
        ("force_attach", "zoé@example.com", "hq", "1235", ""),
        ("detach", "charles@example.com", "", "", ""),
    ]
    assert reading.warnings == []


def test_what_a_spreadsheet_destroyed_is_refused_with_the_remedy():
    """Nothing is guessed beyond recovery; what can be recovered is noted."""
    reading = file("excel-damage.csv")
    assert reading.errors == [
        (2, "Number", "spreadsheet_damage"),
        (3, "Number", "spreadsheet_damage"),
        (4, "Extension", "spreadsheet_damage"),
        (5, "Extension", "spreadsheet_damage"),
        (8, "Number", "spreadsheet_damage"),
        (9, "Extension", "spreadsheet_damage"),
        (9, "Number", "spreadsheet_damage"),
    ]
    damaged = [f for r in reading.rows for f in r.faults if f.code == "spreadsheet_damage"]
    assert all("format the column as Text" in fault.remedy for fault in damaged[:-2])
    assert all("Widen the column" in fault.remedy for fault in damaged[-2:])
    assert "(was it 0123?)" in damaged[3].message
    assert "(was it +442079460000?)" in damaged[4].message
    assert reading.warnings == [(6, "Number", "cleaned"), (7, "Number", "cleaned")]
    assert [r[5] for r in reading.valid] == ["+33123456789", "+33123456789"]


@pytest.mark.parametrize("cell", ["33123456789", "123456789", "1 23 45 67 89", "'123456789", "33 1 23 45 67 89"])
def test_a_number_read_without_its_plus_or_zero_is_noted(cell):
    reading = row(f"attach,{ADA},,1234,{cell}")
    assert reading.valid[0][5] == "+33123456789"
    assert any("read as +33123456789" in fault.message for fault in reading.rows[0].faults)


@pytest.mark.parametrize(
    "cell", ["+33123456789", "0123456789", "01 23 45 67 89", "01.23.45.67.89", "+33 (0)1 23-45-67-89", "0033123456789"]
)
def test_a_number_in_the_ways_of_the_region_needs_no_note(cell):
    reading = row(f"attach,{ADA},,1234,{cell}")
    assert reading.valid[0][5] == "+33123456789"
    assert reading.warnings == []


def test_formulas_are_never_taken_for_values():
    reading = file("formulas.csv")
    assert reading.valid == []
    assert reading.errors == [
        (2, "Action", "bad_action"),
        (3, "LoginEmail", "bad_email"),
        (4, "PbxId", "unknown_pbx"),
        (5, "Extension", "spreadsheet_damage"),
        (6, "Number", "spreadsheet_damage"),
        (7, "LoginEmail", "bad_email"),
        (7, "Number", "spreadsheet_damage"),
    ]


@pytest.mark.parametrize("failure", ["#N/A", "#NAME?", "#BEZUG!", "########"])
def test_a_formula_that_failed_is_named_in_every_column(failure):
    """A look-up that found nobody is no misspelt address."""
    for line in (f"{failure},{ADA},hq,1234,", f"attach,{failure},hq,1234,", f"attach,{ADA},{failure},1234,"):
        assert row(line).codes == ["spreadsheet_damage"]


def test_all_faults_of_a_file_are_reported_at_once():
    """Line, column, value and code of each; one row may have several."""
    reading = file("every-fault.csv")
    assert [(f.line, f.column, f.value, f.code) for r in reading.rows for f in r.faults] == [
        (2, "Action", "atach", "bad_action"),
        (2, "LoginEmail", "not-an-address", "bad_email"),
        (2, "PbxId", "paris", "unknown_pbx"),
        (2, "Extension", "12.0", "spreadsheet_damage"),
        (2, "Number", "3.31E+10", "spreadsheet_damage"),
        (4, "Action", "", "missing_cell"),
        (5, "LoginEmail", "", "missing_cell"),
        (6, "Extension", "9999", "out_of_range"),
        (6, "Number", "+3319900", "bad_number"),
        (7, "Extension", "112", "emergency_number"),
        (7, "Number", "+112", "emergency_number"),
        (8, "Extension", "abcd", "bad_extension"),
        (8, "Number", "abcd", "bad_number"),
        (9, "Number", "+33123456789", "number_ignored"),
        (10, "", "attach,ada@example.com", "cell_count"),
    ]
    assert [r.line for r in reading.rows if r.valid] == [9]
    assert not reading.refused


def test_an_invalid_row_keeps_its_raw_cells():
    """As people wrote them, so that they can find them and correct them."""
    wide = "\uff19" * 4
    (found,) = row(f"Force Attach,'ada@example,,{wide},3.31E+10").rows
    assert found[1:6] == ("force_attach", "'ada@example", "", wide, "3.31E+10")


def test_a_row_with_too_many_or_too_few_cells_is_one_invalid_row():
    """The rows around it count; blank cells too many are nothing."""
    reading = file("ragged.csv")
    assert reading.errors == [(3, "", "cell_count"), (4, "", "cell_count"), (6, "", "cell_count")]
    assert [r[0] for r in reading.valid] == [2, 5]
    assert reading.rows[1].faults[0].message == "The row has 4 cells; the header has 5."
    assert not reading.refused


def test_detach_does_not_look_at_number_and_says_so():
    for number in ("+33123456789", "rubbish"):
        reading = row(f"detach,{ADA},,1234,{number}")
        assert reading.valid == [(2, Action.DETACH, ADA, "", "1234", "")]
        assert (reading.note.column, reading.note.value, reading.note.code) == ("Number", number, "number_ignored")


@pytest.mark.parametrize("number", ["1001", "9001", '="1001"', "\uff11\uff10\uff10\uff11"])
def test_an_extension_in_the_number_cell_never_widens_a_detach(number):
    """3CX calls the extension Number. A public number there is passed over, and everything removed."""
    assert row(f"detach,{ADA},,,{number}").errors == [(2, "Extension", "missing_cell")]
    assert row(f"detach,{ADA},,,0123456789").errors == []


def test_a_blank_pbx_means_the_default_for_attach_and_every_pbx_for_detach():
    assert row(f"attach,{ADA},,1234,").valid[0][3] == "hq"
    assert row(f"force_attach,{ADA},,1234,").valid[0][3] == "hq"
    assert row(f"detach,{ADA},,1234,").valid[0][3] == ""
    assert row(f"detach,{ADA},hq,1234,").valid[0][3] == "hq"


@pytest.mark.parametrize("cell", ["hq", "HQ", " Hq ", "Siège", "SIÈGE", "Sie\u0300ge", "head office", "'hq"])
def test_a_pbx_is_known_by_its_name_and_its_aliases(cell):
    assert row(f"attach,{ADA},{cell},1234,").valid[0][3] == "hq"


def test_an_unknown_pbx_names_those_there_are():
    fault = row(f"attach,{ADA},paris,1234,", TWO).fault
    assert (fault.column, fault.value, fault.code) == ("PbxId", "paris", "unknown_pbx")
    assert fault.remedy == "Its PBXs are hq, lab."


def test_an_unknown_pbx_hides_no_fault_beside_it():
    """What no PBX of the inbox could take is said in the same round; a range cannot be judged."""
    reading = row(f"attach,{ADA},paris,9999,3.31E+10", TWO)
    assert reading.errors == [(2, "PbxId", "unknown_pbx"), (2, "Number", "spreadsheet_damage")]
    assert row(f"attach,{ADA},,112,", TWO).codes == ["missing_cell", "emergency_number"]


def test_each_pbx_has_its_own_ranges_and_region():
    assert row(f"attach,{ADA},lab,75,030123456", TWO).valid[0][3:] == ("lab", "75", "+4930123456")
    assert row(f"attach,{ADA},hq,75,", TWO).codes == ["out_of_range"]
    assert row(f"detach,{ADA},,75,", TWO).valid[0][3:5] == ("", "75")
    assert row(f"detach,{ADA},,99,", TWO).codes == ["out_of_range"]


def test_the_hints_of_a_range_name_it():
    assert row(f"attach,{ADA},,9999,", HQ).fault.remedy == "Its extensions are 1000-4999, 0100-0199."


def test_a_very_long_value_is_cut_and_the_sentence_stays_whole():
    fault = row(f"attach,{ADA},,{'9' * 900},").fault
    assert fault.message.endswith("… is not an extension.")
    assert fault.value.endswith("…")


def test_the_mark_of_a_long_vowel_stands_for_a_hyphen_in_digits():
    """It is what a Japanese keyboard has where others have the hyphen."""
    assert clean_cell("03\u30fc1234", digits=True) == "03-1234"
    assert clean_cell("\u30fc\u30b8\u30e7\u30fc") == "\u30fc\u30b8\u30e7\u30fc"


def test_quotes_around_a_word_are_no_part_of_it():
    assert fold_word('"FAX"') == "fax"
    assert fold_word("X FAX") == "xfax"
