"""Which PBX a cell means, and which rows ask for nothing because of it or of a word that the inbox says."""

from __future__ import annotations

import pytest

from linecard.model.format import SheetFormat
from linecard.model.sheet import Action, Column
from linecard.rules.destinations import AnyPlan, Destinations
from linecard.rules.ignored_rows import IgnoredRows
from linecard.rules.numbering import NumberingPlan

HQ, LAB = NumberingPlan("FR", ["1000-1999"]), NumberingPlan("DE", ["70-79"])
TO = Destinations({"hq": HQ, "Siège": LAB, "HQ": LAB}, {"head office": "hq", "SIÈGE 2": "Siège"}, "hq")


@pytest.mark.parametrize(
    ("text", "pbx"),
    [
        ("hq", "hq"),
        ("HQ", "HQ"),  # to the letter first
        ("Hq", "hq"),
        ("'hq ", "hq"),
        ("SIE\u0300GE", "Siège"),  # in normal form C
        ("Head Office", "hq"),
        ("siège 2", "Siège"),
        ("head  office", None),
        ("lab", None),
        ("", None),
    ],
)
def test_a_pbx_is_found_by_its_name_or_another_spelling_in_any_case(text, pbx):
    assert TO.find_pbx(text) == pbx


def test_a_blank_cell_of_a_detach_means_every_pbx():
    every = AnyPlan(iter([HQ, LAB]))
    assert [every.has_extension(text) for text in ("1000", "70", "80", "70")] == [True, True, False, True]
    assert not AnyPlan([]).has_extension("1000")


def is_ignored(form, asked, **raw):
    return IgnoredRows(form, TO).is_ignored(asked, {Column[name.upper()]: value for name, value in raw.items()})


@pytest.mark.parametrize(
    ("action", "raw", "ignored"),
    [
        (Action.ATTACH, {"extension": "none"}, True),
        (Action.ATTACH, {"extension": " 'NONE"}, True),
        (Action.ATTACH, {"extension": "1000"}, False),
        (Action.ATTACH, {"number": "none"}, False),
        (Action.FORCE_ATTACH, {"extension": "none"}, True),
        (None, {"extension": "none"}, True),
        (Action.DETACH, {"extension": "none"}, False),  # a leaver leaves
        (None, {"action": "On-Leave"}, True),
        (None, {"action": "on leave", "extension": "1000"}, True),
        (Action.DETACH, {"number": "", "extension": "none"}, True),
        (Action.ATTACH, {}, False),
    ],
)
def test_a_row_asks_for_nothing_where_a_column_has_a_word_of_the_inbox(action, raw, ignored):
    """As words are compared: those of actions also without blanks, `_` and `-`. Blank is a word like any other."""
    form = SheetFormat(ignored_rows={"Extension": ("None",), "Action": ("on_leave",), "Number": ("",)})
    assert is_ignored(form, action, **raw) is ignored


@pytest.mark.parametrize(("pbx", "ignored"), [("paris", True), ("hq", False), ("Head Office", False), (" ", False)])
def test_a_row_for_a_pbx_that_is_none_of_the_inbox_asks_for_nothing_where_the_inbox_says_so(pbx, ignored):
    """A blank cell means the inbox's own."""
    assert is_ignored(SheetFormat(ignores_unknown_pbx=True), Action.DETACH, pbx=pbx) is ignored
    assert not is_ignored(SheetFormat(), Action.DETACH, pbx=pbx)
    assert not is_ignored(SheetFormat(ignores_unknown_pbx=True), Action.DETACH)


@pytest.mark.parametrize(
    ("words", "may"),
    [
        ({}, False),
        ({"Action": ("leave",)}, False),  # it is no action, so the row is looked at anyway
        ({"Extension": ("none",)}, False),
        ({"Extension": ("",)}, False),
        ({"Extension": ("none", "0000")}, True),
        ({"Number": ("+0",)}, True),
        ({"Number": ("*",)}, True),
        ({"Number": ("#",)}, True),
        ({"PbxId": ("paris",)}, True),
        ({"PbxId": ("",)}, False),
        ({"LoginEmail": ("x@example.com",)}, True),
        ({"pbxInternalNumber": ("none",)}, True),
        ({"Action": ("leave",), "PbxId": ("paris",)}, True),
    ],
)
def test_words_that_a_good_row_may_have_make_every_row_be_looked_at_closely(words, may):
    assert IgnoredRows(SheetFormat(ignored_rows=words), TO).may_look_right is may
