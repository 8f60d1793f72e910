"""What a backend says of changes: a warning beside the row, and a reason to wait only where it asks for a person."""

from __future__ import annotations

import pytest

from linecard.model.directory import Change, Holding
from linecard.model.outcome import Caveat
from linecard.model.run import Hold
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.rules import caveats
from linecard.rules.caveats import OfPbx

FOUND = [
    OfPbx("hq", Caveat("1000", "phone 7 is silenced too", "Look at it", holds=True)),
    OfPbx("lab", Caveat("2000", "a queue names it")),
]
HELD = Hold("hq", "caveat", 1, 0.0, "", "On hq, a person must approve the change of 1000: phone 7 is silenced too.")


def test_only_what_asks_for_a_person_holds_the_plan():
    assert list(caveats.reasons_of(FOUND)) == [HELD]


def test_each_is_a_warning_beside_its_row_or_beside_none():
    """An undo has no sheet, and so no line."""
    assert list(caveats.warnings(FOUND, {("hq", "1000"): 7, ("hq", "2000"): 8})) == [
        Fault(
            7,
            "",
            "1000",
            FaultCode.CAVEAT,
            Severity.WARNING,
            "hq reports about 1000: phone 7 is silenced too.",
            "Look at it",
        ),
        Fault(0, "", "2000", FaultCode.CAVEAT, Severity.WARNING, "lab reports about 2000: a queue names it.", ""),
    ]


def test_reasons_of_backends_are_told_from_limits():
    assert caveats.reasons_among([HELD, Hold("hq", "detach", 9, 1.0, "more than 2", "Too many.")]) == {HELD}


ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.mark.parametrize(
    ("before", "after", "asked", "loss"),
    [
        (Holding(None, ()), Holding(ADA, ()), True, False),
        (Holding(ADA, ()), Holding(None, ()), True, True),
        (Holding(ADA, ()), Holding(BOB, ()), True, True),
        (Holding(ADA, ()), Holding(ADA, ("+331",)), False, False),
        (Holding(ADA, ("+331",)), Holding(ADA, ("+332",)), True, True),
        (Holding(ADA, ("+331",)), Holding(ADA, ("+331", "+332")), False, False),
        (Holding(None, ("+331",)), Holding(None, ()), True, True),
        (Holding(None, ()), Holding(None, ("+331",)), False, False),
    ],
)
def test_a_backend_is_asked_about_another_holder_and_about_losses(before, after, asked, loss):
    change = Change(1, "hq", "1000", before, after)
    assert (caveats.is_prechecked(change), caveats.is_loss(change)) == (asked, loss)
