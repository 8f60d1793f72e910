"""Undo: what a run has changed is put back exactly; what somebody changed since is refused and left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linecard.model.directory import VACANT, Change, Entry, Holding
from linecard.model.outcome import Code, Effect, Outcome, Verdict
from linecard.model.sheet import RESTORE, Row
from linecard.rules.order import order_changes
from linecard.rules.play import Play, Policy, SecondExtension, SecondNumber
from linecard.rules.restoration import Restoration
from linecard.rules.undo import read_restore, restore_cell, undo_rows
from unit.rules.test_law import EXTENSIONS, MEMBERS, NUMBERS, carried_out, directories, occupied, rows, sheet

POLICIES = st.builds(
    Policy, second_extension=st.sampled_from(list(SecondExtension)), second_number=st.sampled_from(list(SecondNumber))
)


def entries_of(held: dict[str, Holding]) -> list[Entry]:
    return [Entry(extension, *holding) for extension, holding in held.items()]


def played(
    held: dict[str, Holding], instructions: list[Row], policy: Policy
) -> tuple[dict[str, Holding], list[Change]]:
    """What a sheet leaves, and its net changes."""
    play = Play("hq", policy, entries_of(held))
    for row in instructions:
        play.play(row)
    changes = [Change(seq, "hq", *difference) for seq, difference in enumerate(play.differences(), 1)]
    return held | {change.extension: change.after for change in changes}, changes


def put_back(held: dict[str, Holding], changes: list[Change], policy: Policy):
    """What the undo sheet of these changes leaves, and its rows with what each comes to."""
    undo = [Row(n, b.action, b.member, b.pbx, b.extension, b.restore) for n, b in enumerate(undo_rows(changes), 2)]
    play = Play("hq", policy, entries_of(held))
    restoration = Restoration(play, policy.second_extension, undo)
    verdicts = [(row, restoration.play(row)) for row in undo]
    several = policy.second_extension is SecondExtension.ADD
    return carried_out(
        entries_of(held), order_changes("hq", play.differences, several=several), several=several
    ), verdicts


@settings(max_examples=400, deadline=None)
@given(directories(), st.lists(rows(), max_size=9), POLICIES)
def test_a_run_is_put_back_exactly_and_the_undo_undone_too(entries, instructions, policy):
    """Holders, all numbers and their absence; members who held several get all of them where members may."""
    before = {entry.extension: entry.holding for entry in entries}
    holders = [held.member for held in before.values() if held.member is not None]
    after, changes = played(before, sheet(instructions), policy)
    if len(holders) > len(set(holders)):
        policy = Policy(SecondExtension.ADD)
    now, verdicts = put_back(after, changes, policy)
    assert occupied(now) == occupied(before)
    assert {verdict.code for _, verdict in verdicts} <= {"restored"}
    again = [Change(seq, "hq", c.extension, c.after, c.before) for seq, c in enumerate(changes, 1)]
    assert occupied(put_back(now, again, policy)[0]) == occupied(after)


@st.composite
def foreign(draw):
    """What somebody does to a PBX past linecard: gives an extension to somebody, or a number to an extension."""
    return (
        draw(st.sampled_from(EXTENSIONS)),
        draw(st.sampled_from([*MEMBERS, None])),
        draw(st.lists(st.sampled_from(NUMBERS), unique=True).map(lambda numbers: tuple(sorted(numbers)))),
    )


@settings(max_examples=600, deadline=None)
@given(directories(), st.lists(rows(), max_size=9), st.lists(foreign(), max_size=3))
def test_what_was_changed_since_is_refused_and_untouched_and_all_else_is_as_before(entries, instructions, others):
    """Whatever others did meanwhile; what cannot be back without taking from them is refused too, and names them."""
    policy = Policy(SecondExtension.ADD)
    before = {entry.extension: entry.holding for entry in entries}
    after, changes = played(before, sheet(instructions), policy)
    now = dict(after)
    for extension, member, numbers in others:
        now = {e: Holding(h.member, tuple(n for n in h.numbers if n not in numbers)) for e, h in now.items()}
        now[extension] = Holding(member, numbers)
    touched = {e for e in now.keys() | after.keys() if now.get(e, VACANT) != after.get(e, VACANT)}
    end, verdicts = put_back(now, changes, policy)
    concerned = {row.extension for row, _ in verdicts}
    for extension in now.keys() - concerned:
        assert end[extension] == now[extension]
    for row, verdict in verdicts:
        is_now, was = now.get(row.extension, VACANT), before.get(row.extension, VACANT)
        assert end.get(row.extension, VACANT) == (is_now if verdict.outcome == "refused" else was)
        if row.extension in touched and is_now != was:
            assert verdict.code == "changed_since", row
        if verdict.outcome == "refused":
            assert verdict.code == "changed_since"
            assert verdict.holder == (now.get(verdict.other, VACANT).member or "")
            kept = {number for e in touched | refused(verdicts) for number in now.get(e, VACANT).numbers}
            foreign_numbers = kept | {n for e in now.keys() - concerned for n in now[e].numbers}
            assert row.extension in touched or foreign_numbers & set(read_restore(row.number)[0])


def refused(verdicts) -> set[str]:
    return {row.extension for row, verdict in verdicts if verdict.outcome == "refused"}


def test_a_member_who_got_another_extension_since_does_not_get_a_second_one():
    """Where members have one; the extension that is in the way is named."""
    change = Change(1, "hq", "1000", Holding("ada@x.org"), VACANT)
    now = {"1000": VACANT, "1001": Holding("ada@x.org")}
    end, [(_, verdict)] = put_back(now, [change], Policy())
    assert (verdict.code, verdict.other, verdict.holder) == ("changed_since", "1001", "ada@x.org")
    assert end == now
    end, [(_, verdict)] = put_back(now, [change], Policy(SecondExtension.ADD))
    assert (verdict.code, end["1000"]) == ("restored", Holding("ada@x.org"))


def test_what_is_as_it_was_already_is_left_alone():
    """Somebody has put it back by hand: nothing is sent, and the row says what the extension has."""
    before = Holding("ada@x.org", ("+331",))
    end, [(_, verdict)] = put_back({"1000": before}, [Change(1, "hq", "1000", before, VACANT)], Policy())
    assert verdict == Verdict(Outcome.UNCHANGED, Code.ALREADY_SO, (Effect("hq", "1000", before, before),))
    assert end == {"1000": before}


def test_what_is_put_back_says_so_and_what_it_changes():
    before, after = Holding("ada@x.org", ("+331",)), Holding("bob@x.org", ("+331",))
    _, [(_, verdict)] = put_back({"1000": after}, [Change(1, "hq", "1000", before, after)], Policy())
    assert verdict == Verdict(Outcome.DONE, Code.RESTORED, (Effect("hq", "1000", after, before),))


def test_what_somebody_changed_is_refused_with_what_it_has_now():
    """The extension itself is in the way, and its holder is named."""
    now = Holding("cy@x.org", ())
    _, [(_, verdict)] = put_back({"1000": now}, [Change(1, "hq", "1000", Holding("ada@x.org"), VACANT)], Policy())
    effect = Effect("hq", "1000", now, now)
    assert verdict == Verdict(Outcome.REFUSED, Code.CHANGED_SINCE, (effect,), other="1000", holder="cy@x.org")


def test_a_second_row_for_an_extension_that_says_otherwise_is_refused():
    """The first one counts, wherever it stands; the extension is in its own way."""
    ada, bob = Holding("ada@x.org"), Holding("bob@x.org")
    rows = [Row(n, RESTORE, who.member, "hq", "1000", restore_cell((), VACANT)) for n, who in ((2, ada), (3, bob))]
    play = Play("hq", Policy(), [Entry("1000", None, ())])
    restoration = Restoration(play, SecondExtension.MOVE, rows)
    assert [restoration.play(row)[1] for row in rows] == [Code.RESTORED, Code.CHANGED_SINCE]
    assert restoration.play(rows[1]).other == "1000"


def test_numbers_come_back_to_a_member_who_got_another_extension_since():
    """The extension never left the member, so the second one takes nothing away from it."""
    was, now = Holding("ada@x.org", ("+331",)), Holding("ada@x.org")
    held = {"1000": now, "1001": Holding("ada@x.org")}
    end, [(_, verdict)] = put_back(held, [Change(1, "hq", "1000", was, now)], Policy())
    assert (verdict.code, end["1000"]) == (Code.RESTORED, was)


def test_a_member_gets_both_extensions_back_that_the_run_changed():
    """The second one was the member's before, too, so it keeps the first from nothing."""
    changes = [
        Change(1, "hq", "1000", Holding("ada@x.org"), VACANT),
        Change(2, "hq", "1001", Holding("ada@x.org", ("+331",)), Holding("ada@x.org")),
    ]
    rows = [Row(n, b.action, b.member, b.pbx, b.extension, b.restore) for n, b in enumerate(undo_rows(changes), 2)]
    play = Play("hq", Policy(), [Entry(change.extension, *change.after) for change in changes])
    restoration = Restoration(play, SecondExtension.MOVE, rows)
    assert [restoration.play(row).code for row in rows] == [Code.RESTORED, Code.RESTORED]


def test_a_second_extension_that_cannot_be_put_back_keeps_the_first_from_its_member():
    """Somebody gave 1001 another number, so it stays with its holder; 1000 would be that member's second."""
    changes = [
        Change(1, "hq", "1000", Holding("ada@x.org"), VACANT),
        Change(2, "hq", "1001", VACANT, Holding("ada@x.org")),
    ]
    held = {"1000": VACANT, "1001": Holding("ada@x.org", ("+339",))}
    end, verdicts = put_back(held, changes, Policy())
    assert [(verdict.code, verdict.other) for _, verdict in verdicts] == [(Code.CHANGED_SINCE, "1001")] * 2
    assert end == held


def test_nothing_changed_needs_no_row():
    assert list(undo_rows([])) == []


@pytest.mark.parametrize(
    "held", [VACANT, Holding("ada@x.org"), Holding(None, ("+331", "+332")), Holding("a", ("+331",))]
)
def test_the_cell_is_read_as_it_was_written(held):
    """Nobody and no number are words, so that an empty cell means nothing."""
    assert read_restore(restore_cell(held.numbers, held)) == (held.numbers, held)


@pytest.mark.parametrize("text", ["", "+331", "back: ; left: nobody none", "back: none", "left: nobody none"])
def test_a_cell_that_does_not_say_it_all_is_refused(text):
    with pytest.raises(ValueError, match="does not say"):
        read_restore(text)


def test_a_takeover_goes_back():
    change = Change(1, "hq", "1000", Holding("ada@x.org", ("+331",)), Holding("bob@x.org", ("+331", "+332")))
    (row,) = undo_rows([change])
    assert row[:5] == (RESTORE, "ada@x.org", "hq", "1000", "back: +331; left: bob@x.org +331 +332")
    assert row.reason == "1000 was held by ada@x.org before"


def test_an_extension_that_was_free_is_freed():
    (row,) = undo_rows([Change(1, "hq", "1000", VACANT, Holding("bob@x.org"))])
    assert row == (RESTORE, "", "hq", "1000", "back: none; left: bob@x.org none", "1000 was held by nobody before")
