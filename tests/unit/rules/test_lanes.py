"""Which run is worked on: one at a time on each PBX, in order within an inbox, and nobody waits for another's PBX."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from linecard.rules.lanes import Lanes

PBXS = ("hq", "lab", "north")
runs = st.lists(
    st.tuples(st.sampled_from(["hr", "it", "gulf"]), st.sets(st.sampled_from(PBXS), min_size=1)), max_size=12
)


def lanes(*added: tuple[str, str]) -> Lanes:
    """Runs 1, 2, ... of these inboxes, each with the PBXs it needs."""
    found = Lanes()
    for run, (inbox, pbxs) in enumerate(added, 1):
        found.add(run, inbox, pbxs.split())
    return found


def started(found: Lanes, now: float = 0.0) -> list[int]:
    """All that may begin now, in the order in which they do."""
    begun = []
    while (run := found.start(now)) is not None:
        begun.append(run)
    return begun


def test_runs_of_one_pbx_follow_each_other_in_order():
    found = lanes(("hr", "hq"), ("it", "hq"), ("hr", "hq"))
    order = []
    while begun := started(found):
        assert len(begun) == 1
        order += begun
        found.finish(begun[0])
    assert order == [1, 2, 3]


def test_a_busy_pbx_delays_nobody_elses():
    found = lanes(("hr", "hq"), ("it", "hq"), ("lab", "lab"), ("gulf", "north"))
    assert started(found) == [1, 3, 4]
    assert found.backlog() == [2]
    assert found.active() == {"hq": 1, "lab": 3, "north": 4}


def test_within_an_inbox_a_newer_file_waits_for_an_older_one_that_shares_a_pbx():
    """The newer one means to correct the older one, so it is not let past on the PBX that is free."""
    found = lanes(("it", "hq"), ("hr", "hq lab"), ("hr", "lab"))
    assert started(found) == [1]


def test_within_an_inbox_a_newer_file_for_another_pbx_goes_on():
    found = lanes(("hr", "hq"), ("hr", "hq"), ("hr", "lab"))
    assert started(found) == [1, 3]


def test_another_inbox_may_pass_a_run_that_waits_for_an_older_one():
    found = lanes(("it", "hq"), ("hr", "hq lab"), ("gulf", "lab"))
    assert started(found) == [1, 3]


def test_a_run_that_needs_two_pbxs_is_not_passed_for_ever():
    """Others keep coming for each of the two; it still begins when those that passed it have ended."""
    found = lanes(("it", "hq"), ("hr", "hq lab"))
    at_work, number = started(found), 2
    for _ in range(10):
        number += 1
        found.add(number, "gulf" if number % 2 else "it", ["lab"] if number % 2 else ["hq"])
        at_work += started(found)
        if 2 in at_work:
            break
        found.finish(at_work.pop(0))
    at_work += started(found)
    assert 2 in at_work


def test_a_run_that_is_put_off_keeps_its_place_and_is_tried_when_it_is_due():
    found = lanes(("hr", "hq"), ("hr", "hq"))
    assert found.start(0.0) == 1
    found.postpone(1, until=10.0)
    assert started(found, 9.9) == []
    assert found.next_retry(9.9) == 10.0
    assert started(found, 10.0) == [1]
    assert found.next_retry(10.0) is None


def test_a_run_that_is_due_and_waits_for_its_pbx_is_nothing_to_wake_up_for():
    """Else the daemon would look again at once, for as long as the PBX is busy."""
    found = lanes(("hr", "hq"), ("it", "hq"))
    assert found.start(0.0) == 1
    found.postpone(1, until=10.0)
    assert found.start(1.0) == 2
    assert (found.start(10.0), found.next_retry(10.0)) == (None, None)


def test_while_a_run_is_put_off_its_pbx_is_free_for_other_inboxes():
    found = lanes(("hr", "hq"), ("hr", "hq"), ("it", "hq"))
    assert found.start(0.0) == 1
    found.postpone(1, until=10.0)
    assert started(found, 1.0) == [3]


def test_a_pbx_that_a_run_has_left_is_free_while_it_works_on_others():
    found = lanes(("hr", "hq lab"), ("it", "lab"))
    assert started(found) == [1]
    found.release_pbx(1, "lab")
    assert started(found) == [2]
    found.release_pbx(1, "lab")
    assert found.active() == {"hq": 1, "lab": 2}, "leaving twice takes nothing from the next one"


def test_a_run_that_was_put_off_needs_all_its_pbxs_again():
    """It may have left one that is another's by now."""
    found = lanes(("hr", "hq lab"), ("it", "lab"))
    assert found.start(0.0) == 1
    found.release_pbx(1, "lab")
    assert found.start(0.0) == 2
    found.postpone(1, until=0.0)
    assert started(found) == []
    found.finish(2)
    assert started(found) == [1]


def test_a_run_that_was_held_goes_before_newer_ones_that_have_not_begun():
    """It was let in late, when a person approved it; the newer file of the same inbox corrects it, not the reverse."""
    found = Lanes()
    for run in (2, 5, 6):
        found.add(run, "hr", ["hq"])
    assert found.start(0.0) == 2
    found.add(3, "hr", ["hq"])
    found.finish(2)
    assert found.backlog() == [3, 5, 6]
    assert found.start(0.0) == 3


def test_a_run_that_was_put_off_goes_behind_an_older_one_that_was_let_in_meanwhile():
    found = Lanes()
    found.add(5, "hr", ["hq"])
    assert found.start(0.0) == 5
    found.add(3, "hr", ["hq"])
    found.postpone(5, until=0.0)
    assert found.start(0.0) == 3


def test_a_run_is_let_in_once():
    found = lanes(("hr", "hq"))
    found.add(1, "hr", ["lab"])
    assert len(found) == 1
    assert 1 in found
    assert started(found) == [1]
    assert found.active() == {"hq": 1}


@settings(max_examples=400)
@given(added=runs, data=st.data())
def test_every_run_is_worked_on_once_and_never_two_on_one_pbx(added, data):
    """Whatever is let in, let go, put off and ended in whatever order, until nothing is left."""
    found, waiting = Lanes(), dict(enumerate(added, 1))
    inside: dict[int, tuple[str, set[str]]] = {}
    held: dict[int, set[str]] = {}
    ended: list[int] = []
    now = 0.0
    while waiting or inside:
        now += 1.0
        choices = [*(["add"] if waiting else []), *(["end", "leave", "put off"] if held else [])]
        match data.draw(st.sampled_from(choices or ["wait"])):
            case "add":
                run = min(waiting)
                inside[run] = waiting.pop(run)
                found.add(run, *inside[run])
            case "end":
                run = data.draw(st.sampled_from(sorted(held)))
                found.finish(run)
                del held[run], inside[run]
                ended.append(run)
            case "leave":
                run = data.draw(st.sampled_from(sorted(held)))
                pbx = data.draw(st.sampled_from(PBXS))
                found.release_pbx(run, pbx)
                held[run].discard(pbx)
            case "put off":
                run = data.draw(st.sampled_from(sorted(held)))
                del held[run]
                found.postpone(run, now + 1.5)
        before = {run for run in inside if run not in held}
        for run in started(found, now):
            inbox, pbxs = inside[run]
            assert run not in held, "it is at work already"
            assert not any(pbxs & others for others in held.values()), "two are at work on one PBX"
            older = [r for r in before if r < run and inside[r][0] == inbox and inside[r][1] & pbxs]
            assert not older, "it overtook an older one of its inbox"
            held[run] = set(pbxs)
            before.discard(run)
        delayed = found.next_retry(now) is not None
        assert held or delayed or not inside, "nothing goes on although something waits"
        for run in before:
            disjoint = all(r == run or not inside[r][1] & inside[run][1] for r in inside)
            assert delayed or not disjoint, "it waits though nobody else needs its PBXs"
    assert sorted(ended) == list(range(1, len(added) + 1))
    assert found.active() == {}
