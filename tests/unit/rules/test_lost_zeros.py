"""Extensions that a spreadsheet has taken the leading zeros from: what they may have been, and what is said."""

from __future__ import annotations

import pytest

from linecard.languages.stored_sentences import match_sentence
from linecard.model.sheet import Action, Column, Fault, FaultCode, Row, Severity
from linecard.rules.lost_zeros import lost_zeros, may_have_lost_zeros, with_zeros
from linecard.rules.numbering import NumberingPlan

ANY = NumberingPlan("FR")
RANGES = NumberingPlan("FR", ["0100-0199", "000100-000199"])


@pytest.mark.parametrize(
    ("plan", "extension", "guesses"),
    [
        (RANGES, "100", ["0100", "000100"]),
        (RANGES, "0150", ["000150"]),
        (RANGES, "200", []),
        (ANY, "99", ["099", "0099", "00099"]),
        (ANY, "123456", ["0123456", "00123456"]),
        (ANY, "12345678", []),
        (ANY, "*99", []),
        (ANY, "", []),
    ],
)
def test_up_to_three_zeros_shortest_first_and_only_extensions_of_the_pbx(plan, extension, guesses):
    """With more than eight digits it is a public number, which nobody writes with zeros."""
    assert list(with_zeros(extension, plan)) == guesses


def row(*faults):
    return Row(7, Action.ATTACH, "ada@example.com", "hq", "100", "", tuple(faults))


def cleaned(value, column=Column.EXTENSION, code=FaultCode.CLEANED):
    return Fault(7, column, value, code, Severity.WARNING, "Cleaned.", "")


@pytest.mark.parametrize(
    ("faults", "may"),
    [
        ([], True),
        ([cleaned("'100")], False),
        ([cleaned('="100"')], False),
        ([cleaned("100\xa0")], True),
        ([cleaned("'100", column=Column.NUMBER)], True),
        ([cleaned("100\xa0"), cleaned("'100")], False),
    ],
)
def test_a_mark_of_text_before_it_says_that_it_never_had_any(faults, may):
    assert may_have_lost_zeros(row(*faults)) is may


def test_what_is_said_names_the_likely_extension():
    fault = lost_zeros(row(), "hq", "0100")
    assert fault == Fault(
        7,
        Column.EXTENSION,
        "100",
        FaultCode.SPREADSHEET_DAMAGE,
        Severity.ERROR,
        "hq has no extension 100; its leading zeros may be lost (was it 0100?).",
        fault.remedy,
    )
    assert match_sentence(fault.remedy)
