"""The law: playing a sheet and making the difference is the same as doing the rows one by one."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from linecard.model.directory import VACANT, Entry, Holding
from linecard.model.sheet import Action, Row
from linecard.rules.order import order_changes
from linecard.rules.play import Play, Policy, SecondExtension, SecondNumber
from unit.rules.naive import Extension, Naive

MANY = 300 if os.environ.get("LINECARD_TORTURE") else 15
EXTENSIONS = ["1000", "1001", "1002", "0103"]
MEMBERS = ["a@x.org", "b@x.org", "c@x.org", "d@x.org"]
NUMBERS = ["+33123456701", "+33123456702", "+33123456703", "+33123456704"]


@st.composite
def directories(draw):
    """A directory in which no number stands twice; members may hold several extensions, extensions several numbers."""
    names = draw(st.lists(st.sampled_from(EXTENSIONS), unique=True))
    places = {number: draw(st.sampled_from([*names, None])) for number in NUMBERS}
    return [
        Entry(name, draw(st.sampled_from([*MEMBERS, None])), tuple(n for n, place in places.items() if place == name))
        for name in names
    ]


@st.composite
def rows(draw):
    action = draw(st.sampled_from(list(Action)))
    extension = draw(st.sampled_from([*EXTENSIONS, ""] if action is Action.DETACH else EXTENSIONS))
    number = "" if action is Action.DETACH else draw(st.sampled_from([*NUMBERS, "", ""]))
    return action, draw(st.sampled_from(MEMBERS)), extension, number


def policies():
    return st.builds(
        Policy,
        second_extension=st.sampled_from(list(SecondExtension)),
        creates_extensions=st.booleans(),
        members=st.sampled_from([None, frozenset(MEMBERS[:3])]),
        second_number=st.sampled_from(list(SecondNumber)),
    )


def sheet(instructions):
    return [Row(line, a, m, "hq", e, n) for line, (a, m, e, n) in enumerate(instructions, start=2)]


def carried_out(entries, changes, *, several):
    """The directory after the changes, each made only on what it expects, no number ever in two places."""
    held = {e.extension: e.holding for e in entries}
    times = Counter[str]()
    for change in changes:
        times[change.extension] += 1
        assert times[change.extension] <= 3, "they come to an end"
        assert held.get(change.extension, VACANT) == change.before, change
        held[change.extension] = change.after
        numbers = [number for h in held.values() for number in h.numbers]
        assert len(numbers) == len(set(numbers)), f"a number is in two places after {change}"
        if not several:
            before = [e.member for e in entries if e.member]
            now = [h.member for h in held.values() if h.member]
            for member in set(now):
                assert now.count(member) <= max(1, before.count(member)), f"{member} holds too many after {change}"
    return held


def occupied(held):
    return {extension: h for extension, h in held.items() if h != VACANT}


@settings(max_examples=20 * MANY, deadline=None)
@given(directories(), st.lists(rows(), max_size=9), policies(), st.booleans())
def test_plan_and_apply_equal_doing_the_rows_one_by_one(entries, instructions, policy, several):
    """Outcome by outcome, code by code, warning by warning, and the same directory in the end."""
    several = several or policy.second_extension is SecondExtension.ADD
    naive = Naive(
        [Extension(e.extension, e.member, set(e.numbers)) for e in entries],
        policy.second_extension.value,
        policy.creates_extensions,
        set(policy.members) if policy.members is not None else None,
        policy.second_number.value,
    )
    play = Play("hq", policy, entries)
    for row in sheet(instructions):
        wanted = naive.do(row.line, row.action.value, row.member, row.extension or None, row.number or None)
        verdict = play.play(row)
        assert (verdict.outcome, verdict.code, list(verdict.overrides)) == wanted, row
    changes = list(order_changes("hq", play.differences, several=several))
    adding = play.is_only_adding
    assert list(order_changes("hq", play.differences, several=several, only_adding=adding)) == changes
    after = carried_out(entries, changes, several=several)
    assert occupied(after) == {
        e.name: Holding(e.member, tuple(sorted(e.numbers)))
        for e in naive.extensions
        if e.member is not None or e.numbers
    }


@settings(max_examples=10 * MANY, deadline=None)
@given(directories(), st.lists(rows(), max_size=6), policies())
def test_a_sheet_that_does_not_contradict_itself_sends_nothing_the_second_time(entries, instructions, policy):
    """Each member, extension and number named once, every row done: run again, the plan is empty."""
    play = Play("hq", policy, entries)
    seen: set[str] = set()
    for row in sheet(instructions):
        names = {row.member, row.extension, row.number} - {""}
        verdict = play.play(row)
        if names & seen or verdict.outcome not in ("done", "unchanged"):
            return
        seen |= names
    held = carried_out(entries, order_changes("hq", play.differences, several=True), several=True)
    again = Play("hq", policy, [Entry(e, *h) for e, h in held.items()])
    for row in sheet(instructions):
        assert again.play(row).outcome != "done", row
    assert list(again.differences()) == []


@settings(max_examples=10 * MANY, deadline=None)
@given(directories(), st.lists(rows(), max_size=6), policies(), st.data())
def test_a_plan_cut_off_anywhere_is_finished_by_planning_again(entries, instructions, policy, data):
    """After any number of changes, playing the same rows with what was made gives the same outcomes and the rest."""
    play = Play("hq", policy, entries)
    verdicts = [play.play(row) for row in sheet(instructions)]
    changes = list(order_changes("hq", play.differences, several=True))
    cut = data.draw(st.integers(0, len(changes)))
    held = {e.extension: e.holding for e in entries}
    ours: dict[str, tuple[Holding, Holding]] = {}
    for change in changes[:cut]:
        held[change.extension] = change.after
        ours[change.extension] = (ours.get(change.extension, (change.before,))[0], change.after)
    now = [Entry(e, *h) for e, h in held.items()]
    again = Play("hq", policy, now, ours)
    assert [v[:2] for v in map(again.play, sheet(instructions))] == [v[:2] for v in verdicts]
    after = carried_out(now, order_changes("hq", again.differences, several=True), several=True)
    assert after == carried_out(entries, changes, several=True)


def test_a_swap_needs_no_release_where_members_may_hold_several():
    """Two people exchange extensions: two changes, and nobody is without a phone in between."""
    play = Play("hq", Policy(), [Entry("1000", "a@x.org", ()), Entry("1001", "b@x.org", ())])
    for row in sheet([(Action.FORCE_ATTACH, "a@x.org", "1001", ""), (Action.FORCE_ATTACH, "b@x.org", "1000", "")]):
        play.play(row)
    assert len(list(order_changes("hq", play.differences, several=True))) == 2
    assert len(list(order_changes("hq", play.differences, several=False))) == 3


def test_detach_and_attach_again_drops_no_phone():
    """What cancels out inside a sheet never reaches the PBX."""
    play = Play("hq", Policy(), [Entry("1000", "a@x.org", ())])
    rows = sheet([(Action.DETACH, "a@x.org", "", ""), (Action.ATTACH, "a@x.org", "1000", "")])
    assert [play.play(row).code for row in rows] == ["removed", "linked"]
    assert list(play.differences()) == []


def test_a_ring_of_a_hundred_thousand_numbers_is_ordered_without_recursion():
    """Long chains cost time and memory in proportion, and no stack."""
    count = 100_000
    held = [(f"{i:06d}", Holding("a@x.org", (f"+{10**9 + i}",))) for i in range(count)]
    differences = [(e, h, Holding("a@x.org", held[(i + 1) % count][1].numbers)) for i, (e, h) in enumerate(held)]
    changes = list(order_changes("hq", lambda: differences, several=True))
    assert len(changes) == count + 1
