"""Undo: what a run has changed is put back by a sheet, whatever it was."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from linecard.model.directory import VACANT, Change, Entry, Holding
from linecard.model.sheet import Action, Row
from linecard.rules.play import Play, Policy, SecondExtension
from linecard.rules.undo import rows as undo_rows
from unit.rules.test_law import directories, rows, sheet


def played(entries, instructions, policy) -> tuple[dict[str, Holding], list[Change]]:
    """What a sheet leaves, and its net changes."""
    play = Play("hq", policy, entries)
    for row in instructions:
        play.play(row)
    changes = [Change(seq, "hq", *difference) for seq, difference in enumerate(play.differences(), 1)]
    held = {entry.extension: Holding(entry.member, entry.numbers) for entry in entries}
    return held | {change.extension: change.after for change in changes}, changes


@settings(max_examples=400, deadline=None)
@given(directories(), st.lists(rows(), max_size=9), st.sampled_from(list(SecondExtension)))
def test_every_extension_goes_back_to_its_holder_with_its_number(entries, instructions, second):
    """All holders, and each number that an extension with a holder had. What no row can say is remarked."""
    policy = Policy(second)
    before = {entry.extension: Holding(entry.member, entry.numbers) for entry in entries}
    after, changes = played(entries, sheet(instructions), policy)
    back = list(undo_rows(lambda: changes))
    undo = [Row(2 + n, b.action, b.member, b.pbx, b.extension, b.number) for n, b in enumerate(back) if b.action]
    # A member who held several before can only get them back where members may.
    holders = [held.member for held in before.values() if held.member is not None]
    several = len(holders) > len(set(holders))
    put_back, _ = played(
        [Entry(e, *h) for e, h in after.items()], undo, Policy(SecondExtension.ADD) if several else policy
    )
    remarked = {b.extension for b in back if b.action is None}
    for extension in before.keys() | after.keys():
        was, now = before.get(extension, VACANT), put_back.get(extension, VACANT)
        assert now.member == was.member, (extension, back)
        assert now.numbers == was.numbers or extension in remarked, (extension, back)


def test_nothing_changed_needs_no_row():
    assert list(undo_rows(list)) == []


def test_a_takeover_goes_back():
    """The one who took it lets go, then the former holder has it again, with the number."""
    change = Change(1, "hq", "1000", Holding("ada@x.org", ("+33123456701",)), Holding("bob@x.org", ("+33123456701",)))
    assert [(b.action, b.member, b.number) for b in undo_rows(lambda: [change])] == [
        (Action.DETACH, "bob@x.org", ""),
        (Action.FORCE_ATTACH, "ada@x.org", "+33123456701"),
    ]
