"""A plan is approved by its checksum: it stands for this sheet and these changes, and for no others."""

from __future__ import annotations

import hashlib

import pytest

from linecard.model.directory import VACANT, Change, Holding
from linecard.model.outcome import Code, Outcome, Verdict
from linecard.model.run import Hold
from linecard.rules.plan_checksum import Checksum

SHEET = hashlib.sha256(b"a sheet").hexdigest()
CHANGES = [
    Change(1, "hq", "1000", Holding("ada@example.org", ("+33199000000",)), VACANT),
    Change(2, "hq", "1001", VACANT, Holding("ada@example.org", ())),
]


def checksum(changes, sheet=SHEET):
    found = Checksum(sheet)
    for change in changes:
        found.add_change(change)
    assert found.changes == len(changes)
    return found.hexdigest()


def test_the_same_plan_has_the_same_checksum():
    """On another day, on another machine, in another process: it is SHA-256 over plain text, as written here."""
    lines = [
        SHEET,
        "hq\0001000\0ada@example.org\0+33199000000\0\0\n",
        "hq\0001001\0\0\0ada@example.org\0\n",
    ]
    assert checksum(CHANGES) == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_what_each_row_comes_to_is_part_of_it():
    """A person approves rows, too: which, with which code, and who or what stands in their way."""
    found = Checksum(SHEET)
    found.add_row(Verdict(Outcome.DONE, Code.LINKED))
    found.add_row(Verdict(Outcome.REFUSED, Code.HELD_BY_OTHER, holder="bob@example.org"))
    found.add_row(Verdict(Outcome.REFUSED, Code.SECOND_EXTENSION, other="1001"))
    found.add_row(Verdict(Outcome.REFUSED, Code.NUMBER_IN_USE, other="1002", holder="cy@example.org"))
    lines = [
        SHEET,
        "done\0linked\0\0\0\n",
        "refused\0held_by_other\0\0bob@example.org\0\n",
        "refused\0second_extension\x001001\0\0\n",
        "refused\0number_in_use\x001002\0cy@example.org\0\n",
    ]
    assert found.hexdigest() == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert found.changes == 0


def test_what_backends_want_a_person_for_is_part_of_it_in_whichever_order_they_say_it():
    """An approval covers it: said by another PBX, or in other words, it is another plan."""
    reasons = [Hold(pbx, "caveat", 1, 0.0, "", said) for pbx, said in (("lab", "a"), ("hq", "b"), ("hq", "a"))]
    found = Checksum(SHEET)
    said = "caveat\0hq\0a\0\ncaveat\0hq\0b\0\ncaveat\0lab\0a\0\n"
    expected = hashlib.sha256((SHEET + said).encode()).hexdigest()
    assert found.hexdigest(reasons) == found.hexdigest(reversed(reasons)) == expected
    assert found.hexdigest(reasons[:2]) != expected
    assert found.hexdigest() == hashlib.sha256(SHEET.encode()).hexdigest()


def test_several_numbers_are_parted_by_a_blank():
    """So that two are never one: a number has none in it."""
    both = Holding("ada@example.org", ("+331", "+332"))
    expected = f"{SHEET}hq\0001000\0ada@example.org\0+331 +332\0\0\nhq\0001000\0\0\0ada@example.org\0+331 +332\n"
    changes = [Change(1, "hq", "1000", both, VACANT), Change(2, "hq", "1000", VACANT, both)]
    assert checksum(changes) == hashlib.sha256(expected.encode()).hexdigest()


def test_the_numbers_of_the_changes_do_not_matter():
    """A plan made anew counts on; what it does is the same."""
    assert checksum([change._replace(seq=change.seq + 100) for change in CHANGES]) == checksum(CHANGES)


OTHERWISE = {
    "another PBX": [CHANGES[0]._replace(pbx="paris"), CHANGES[1]],
    "another extension": [CHANGES[0]._replace(extension="1002"), CHANGES[1]],
    "another before": [CHANGES[0]._replace(before=Holding("bob@example.org", ("+33199000000",))), CHANGES[1]],
    "another number before": [CHANGES[0]._replace(before=Holding("ada@example.org", ())), CHANGES[1]],
    "another after": [CHANGES[0], CHANGES[1]._replace(after=Holding("bob@example.org", ()))],
    "another number after": [CHANGES[0], CHANGES[1]._replace(after=Holding("ada@example.org", ("+33199000000",)))],
    "another order": [CHANGES[1], CHANGES[0]],
    "one change less": CHANGES[:1],
    "one change twice": [*CHANGES, CHANGES[1]],
    "no change": [],
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_another_plan_has_another_checksum(what):
    """Whatever about it is different."""
    assert checksum(OTHERWISE[what]) != checksum(CHANGES)


def test_another_sheet_has_another_checksum_though_it_plans_the_same():
    """The approval is for what was looked at."""
    assert checksum(CHANGES, hashlib.sha256(b"another sheet").hexdigest()) != checksum(CHANGES)


def test_before_and_after_are_not_mixed_up():
    """The undo of a plan is another plan."""
    undone = [change._replace(before=change.after, after=change.before) for change in reversed(CHANGES)]
    assert checksum(undone) != checksum(CHANGES)
