"""A plan that takes away more than it may waits for a person, who reads why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linecard.model.directory import Change, Holding
from linecard.model.run import Hold
from linecard.rules.limits import Limit, Losses, Totals, holds, older_run, restored_site


def held(losses, links, **limits):
    """The kinds of which a plan has too many."""
    return [hold.kind for hold in holds("hq", losses, Totals(links, links), limits)]


@pytest.mark.parametrize(("detach", "kinds"), [(0, []), (9, []), (10, []), (11, ["detach"])])
def test_a_count_may_be_reached_but_not_passed(detach, kinds):
    """A limit of ten lets ten go."""
    assert held(Losses(detach=detach), 1000, detach=Limit(count=10)) == kinds


@pytest.mark.parametrize(
    ("detach", "links", "kinds"),
    [(30, 100, []), (31, 100, ["detach"]), (25, 84, []), (25, 83, ["detach"]), (24, 24, []), (25, 25, ["detach"])],
)
def test_a_share_may_be_reached_but_not_passed_and_does_not_count_for_a_few(detach, links, kinds):
    """Of three people one is a third: below `at_least` links no share matters."""
    assert held(Losses(detach=detach), links, detach=Limit(share=30, at_least=25)) == kinds


def test_the_share_is_not_rounded_before_it_is_compared():
    """30.04 % is more than 30 %, though a report shows it as 30.0."""
    (hold,) = holds("hq", Losses(detach=751), Totals(2500, 2500), {"detach": Limit(share=30)})
    assert (hold.count, hold.share) == (751, 30.0)


def test_a_limit_of_none_is_no_limit():
    """Nor is a kind that is not limited."""
    losses = Losses(detach=10_000, move=10_000, force=10_000)
    assert held(losses, 10_000, detach=Limit()) == []
    assert held(losses, 10_000) == []


def test_a_limit_of_nothing_holds_the_first():
    """For a site where a person looks at every one."""
    assert held(Losses(force=1), 1000, force=Limit(count=0)) == ["force"]
    assert held(Losses(force=0), 1000, force=Limit(count=0)) == []
    assert held(Losses(force=1), 1000, force=Limit(share=0, at_least=1)) == ["force"]


def test_each_kind_is_counted_by_itself():
    """Moves do not use up what may be detached."""
    losses = Losses(detach=5, move=50, force=7)
    limits = {kind: Limit(count=6) for kind in ("detach", "move", "force", "number")}
    assert held(losses, 1000, **limits) == ["move", "force"]


def test_an_empty_pbx_has_no_shares():
    """Nothing can be taken from it; no division either."""
    assert held(Losses(move=30), 0, move=Limit(share=10)) == []
    assert held(Losses(move=30), 0, move=Limit(share=0)) == []
    assert held(Losses(move=30), 0, move=Limit(share=10, count=10)) == ["move"]


def test_the_count_is_named_where_both_limits_are_passed():
    """One reason is enough, and a number is easier to check than a share."""
    (hold,) = holds("hq", Losses(detach=60), Totals(100, 100), {"detach": Limit(count=50, share=30)})
    assert hold.limit == "more than 50"


@pytest.mark.parametrize(
    ("losses", "links", "limits", "hold"),
    [
        (
            Losses(detach=30),
            90,
            {"detach": Limit(share=12.5)},
            Hold(
                "hq",
                "detach",
                30,
                33.3,
                "more than 12.5 % of the 90 that hq holds",
                "30 members would lose their extension on hq: more than 12.5 % of the 90 that hq holds.",
            ),
        ),
        (
            Losses(move=3),
            90,
            {"move": Limit(count=2)},
            Hold("hq", "move", 3, 3.3, "more than 2", "3 members would move to another extension on hq: more than 2."),
        ),
        (
            Losses(force=2),
            4,
            {"force": Limit(count=1)},
            Hold(
                "hq",
                "force",
                2,
                50.0,
                "more than 1",
                "2 extensions on hq would be taken from their holders: more than 1.",
            ),
        ),
    ],
)
def test_a_hold_says_how_many_of_what_and_which_limit(losses, links, limits, hold):
    """In a sentence for the person who decides, and in fields for programs."""
    assert holds("hq", losses, Totals(links, links), limits) == (hold,)


@pytest.mark.parametrize(
    ("losses", "sentence"),
    [
        (Losses(detach=1), "1 member would lose their extension on hq: more than 0."),
        (Losses(move=1), "1 member would move to another extension on hq: more than 0."),
        (Losses(force=1), "1 extension on hq would be taken from its holder: more than 0."),
        (Losses(number=1), "1 public number on hq would be changed or taken away: more than 0."),
    ],
)
def test_one_is_said_as_one(losses, sentence):
    """Where a person looks at each, each is one."""
    limits = {kind: Limit(count=0) for kind in ("detach", "move", "force", "number")}
    assert [hold.message for hold in holds("hq", losses, Totals(10, 10), limits)] == [sentence]


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (("+331",), ("+332",), 1),
        (("+331",), (), 1),
        (("+331", "+332"), ("+332",), 1),
        (("+331", "+332"), ("+333",), 2),
        (("+331",), ("+331", "+332"), 0),
        ((), ("+331",), 0),
        (("+331",), ("+331",), 0),
    ],
)
def test_a_number_that_an_extension_has_no_more_is_lost(before, after, lost):
    """Whether another takes its place or it goes elsewhere; one that comes to an extension without any costs nobody."""
    losses = Losses()
    losses.count_numbers(Change(1, "hq", "1001", Holding("ada@example.com", before), Holding("ada@example.com", after)))
    assert losses.number == lost


def test_numbers_are_counted_over_all_changes():
    losses = Losses()
    for extension, before in (("1001", ("+331", "+332")), ("1002", ("+333",)), ("1003", ())):
        losses.count_numbers(Change(1, "hq", extension, Holding(None, before), Holding(None, ())))
    assert losses.number == 3
    assert Losses(detach=1, move=4, force=2, number=3).most == 4


def test_the_share_of_links_is_of_the_links_of_the_pbx():
    """Five hundred hold an extension and sixty extensions have a number: sixty leavers are not everybody."""
    assert holds("hq", Losses(detach=60), Totals(500, 60), {"detach": Limit(share=30)}) == ()


def test_an_older_run_names_those_that_were_carried_out_since():
    one = "Run 8 is newer, has rows for the same members or extensions, and has been applied."
    assert older_run([8]) == Hold("", "older_run", 1, 0.0, "", one)
    two = "The runs 8, 9 are newer, have rows for the same members or extensions, and have been applied."
    assert older_run([8, 9]) == Hold("", "older_run", 2, 0.0, "", two)


def test_the_share_of_numbers_is_of_the_numbers_of_the_pbx():
    """Five hundred have an extension and sixty of them a number: all sixty are everything."""
    (hold,) = holds("hq", Losses(number=60), Totals(500, 60), {"number": Limit(share=30)})
    assert (hold.kind, hold.share) == ("number", 100.0)
    assert hold.message == (
        "60 public numbers on hq would be changed or taken away: more than 30 % of the 60 that hq holds."
    )


def test_a_run_from_before_a_restore_says_from_when_to_when_it_may_have_been_applied():
    made, restored = (datetime(2026, 5, day, hour, tzinfo=UTC) for day, hour in ((1, 23), (2, 8)))
    said = (
        "This site was restored on 2026-05-02 08:00 UTC from a backup of 2026-05-01 23:00 UTC; "
        "in between this may have been applied."
    )
    assert restored_site(made, restored) == Hold("", "restored", 1, 0.0, "", said)
