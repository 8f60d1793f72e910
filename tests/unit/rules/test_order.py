"""Changes come in an order in which each can be made; what is random about it is in `test_law`."""

from __future__ import annotations

from itertools import islice

import pytest

from linecard.model.directory import VACANT, Holding
from linecard.rules.order import order_changes


def held(text):
    """`ada n1`, or `ada n1+n2`, with `-` for nothing."""
    member, numbers = text.split()
    return Holding(None if member == "-" else member, () if numbers == "-" else tuple(numbers.split("+")))


def all_changes(*arguments, **options):
    """They come to an end: an extension is changed once, and once more for each ring that is opened at it."""
    changes = order_changes(*arguments, **options)
    most = 3 * sum(1 for _ in arguments[1]())
    found = list(islice(changes, most))
    assert next(changes, None) is None
    return found


def in_order(*differences, several=True, first=1):
    """The changes in short: extension and what it becomes."""
    pairs = [(extension, held(before), held(after)) for extension, before, after in differences]
    changes = all_changes("hq", lambda: pairs, several=several, first=first)
    assert [change.seq for change in changes] == list(range(first, first + len(changes)))
    assert {change.pbx for change in changes} <= {"hq"}
    return [f"{c.extension} {c.after.member or '-'} {'+'.join(c.after.numbers) or '-'}" for c in changes]


def test_no_difference_is_no_change():
    """The plan of a sheet that asks for what is so is empty."""
    assert in_order() == []


def test_releases_come_before_assignments():
    """Whoever leaves makes room for whoever comes, though the sheet has them the other way round."""
    assert in_order(("1000", "- -", "eve -"), ("1001", "ada -", "- -")) == ["1001 - -", "1000 eve -"]


def test_otherwise_the_order_is_that_of_the_sheet():
    """A person reads the plan beside the sheet."""
    rows = [(f"{1000 + n}", "- -", f"m{n} -") for n in (3, 1, 2)]
    assert in_order(*rows) == ["1003 m3 -", "1001 m1 -", "1002 m2 -"]


def test_changes_are_counted_through_a_run():
    """The first of another PBX, or of a second attempt, goes on where the last ended."""
    assert in_order(("1000", "- -", "eve -"), first=42) == ["1000 eve -"]


def test_a_number_is_let_go_before_it_is_taken():
    """Also by an extension that keeps its holder, and whichever the sheet names first."""
    assert in_order(("1000", "ada -", "ada n1"), ("1001", "bob n1", "bob -")) == ["1001 bob -", "1000 ada n1"]


def test_a_number_on_a_released_extension_is_free_at_once():
    """The release is early anyway."""
    assert in_order(("1000", "- -", "ada n1"), ("1001", "ada n1", "- -")) == ["1001 - -", "1000 ada n1"]


def test_a_chain_of_numbers_is_undone_from_its_end():
    """Each extension waits for the one it takes from, however long the chain is."""
    chain = [(f"{1000 + n}", f"m{n} n{n}", f"m{n} n{n + 1}") for n in range(4)]
    assert in_order(*chain) == ["1003 m3 n4", "1002 m2 n3", "1001 m1 n2", "1000 m0 n1"]


def test_a_ring_of_numbers_is_opened_by_letting_one_go():
    """One change more than there are extensions; the opened one keeps its holder meanwhile."""
    ring = [(f"{1000 + n}", f"m{n} n{n}", f"m{n} n{(n + 1) % 3}") for n in range(3)]
    assert in_order(*ring) == ["1000 m0 -", "1002 m2 n0", "1001 m1 n2", "1000 m0 n1"]


def test_a_swap_is_two_changes_where_members_may_hold_several():
    """Nobody is without a telephone in between."""
    swap = (("1000", "ada -", "bob -"), ("1001", "bob -", "ada -"))
    assert in_order(*swap, several=True) == ["1000 bob -", "1001 ada -"]


def test_a_swap_is_three_changes_where_members_hold_one():
    """One is released on the way; its number stays where it is."""
    swap = (("1000", "ada n0", "bob n0"), ("1001", "bob n1", "ada n1"))
    assert in_order(*swap, several=False) == ["1000 - n0", "1001 ada n1", "1000 bob n0"]


def test_where_members_hold_one_they_leave_before_they_come():
    """A move is a release and then a link; the other way round the PBX would refuse it."""
    moves = (("1001", "bob -", "ada -"), ("1000", "ada -", "eve -"))
    assert in_order(*moves, several=False) == ["1000 eve -", "1001 ada -"]
    assert in_order(*moves, several=True) == ["1001 ada -", "1000 eve -"]


def test_a_ring_of_members_with_a_ring_of_numbers_the_other_way():
    """Both are opened with no number and no member in two places; each extension ends as it shall."""
    rings = [(f"{1000 + n}", f"m{n} n{n}", f"m{(n + 1) % 3} n{(n - 1) % 3}") for n in range(3)]
    for several in (True, False):
        changes = in_order(*rings, several=several)
        assert dict(c.split(" ", 1) for c in changes) == {e: after for e, _, after in rings}
        now = {extension: before for extension, before, _ in rings}
        for change in changes:
            extension, after = change.split(" ", 1)
            now[extension] = after
            numbers = [text.split()[1] for text in now.values() if not text.endswith("-")]
            assert len(numbers) == len(set(numbers)), f"{change} puts a number in two places"


@pytest.mark.parametrize("several", [True, False])
def test_each_change_starts_from_what_the_one_before_it_left(several):
    """`before` is the precondition: of an extension changed twice, the second expects the first."""
    pairs = [("1000", held("ada n0"), held("bob n1")), ("1001", held("bob n1"), held("ada n0"))]
    now = {extension: before for extension, before, _ in pairs}
    for change in all_changes("hq", lambda: pairs, several=several):
        assert change.before == now[change.extension]
        now[change.extension] = change.after
    assert now == {extension: after for extension, _, after in pairs}


def test_the_changes_are_made_as_they_are_asked_for():
    """A plan of a million changes is never held whole."""
    pairs = [("1000", VACANT, held("eve -"))]
    asked = []

    def differences():
        asked.append(1)
        return pairs

    changes = order_changes("hq", differences, several=True)
    assert asked == []
    assert next(changes).extension == "1000"


def test_where_members_may_hold_several_only_the_number_is_let_go_to_open_a_ring():
    """The member who gets 1001 keeps 1000 meanwhile: no telephone is silent that need not be."""
    ring = (("1000", "ada n0", "cy n1"), ("1001", "bob n1", "ada n0"))
    assert in_order(*ring, several=True) == ["1000 ada -", "1001 ada n0", "1000 cy n1"]
