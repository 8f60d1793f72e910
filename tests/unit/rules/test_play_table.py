"""The contract's table of the three actions, cell by cell.

The PBX of every case holds what `HELD` says. A line of a table is a row of a sheet, what it comes to, in brackets
whatever stands in the way, and what of the PBX is different afterwards; nothing after it means: nothing is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from linecard.model.directory import Entry, Holding
from linecard.model.outcome import Code, Effect, Outcome
from linecard.model.sheet import Action, Row
from linecard.rules.play import Play, Policy, SecondExtension, SecondNumber

HELD = """
1000 ada n0
1001 bob n1
1002 -   n2
1003 -   -
1004 dan -
1005 dan n5
"""
KNOWN = frozenset({"ada", "bob", "dan", "eve"})  # eve holds nothing; zoe is not known

THE_THREE_ACTIONS = """
the member holds this extension, the number cell is blank
    attach       ada 1000       unchanged already_so
    force_attach ada 1000       unchanged already_so
    detach       ada 1000       done removed                        1000 - n0
the member holds this extension, the number is equal
    attach       ada 1000 n0    unchanged already_so
    force_attach ada 1000 n0    unchanged already_so
the extension is free, the member holds none
    attach       eve 1003       done linked                         1003 eve -
    force_attach eve 1003       done linked                         1003 eve -
    detach       eve 1003       unchanged nothing_held
the extension is free and has a number, the cell is blank: it keeps it
    attach       eve 1002       done linked                         1002 eve n2
    force_attach eve 1002       done linked                         1002 eve n2
the extension is free, a number is given that no extension has
    attach       eve 1003 n9    done linked                         1003 eve n9
    attach       eve 1002 n9    done linked                         1002 eve n9
the extension is held by another member
    attach       eve 1001       refused held_by_other (bob)
    force_attach eve 1001       done took_over                      1001 eve n1
    detach       eve 1001       refused wrong_extension (bob)
    attach       ada 1001       refused held_by_other (bob)
    detach       ada 1001       refused wrong_extension (1000 bob)
the member holds another extension on this PBX, which is freed and keeps its number
    attach       ada 1003       done moved                          1000 - n0, 1003 ada -
    force_attach ada 1003       done moved                          1000 - n0, 1003 ada -
    detach       ada 1003       refused wrong_extension (1000)
    detach       dan 1003       refused wrong_extension (1004, 1005)
    attach       dan 1003       done moved                          1003 dan -, 1004 - -, 1005 - n5
the member holds it, another number is given
    attach       ada 1000 n9    done number_changed                 1000 ada n9
    force_attach ada 1000 n9    done number_changed                 1000 ada n9
the number is on another extension, which is free: it moves over
    attach       eve 1003 n2    done linked                         1002 - -, 1003 eve n2
    force_attach eve 1003 n2    done linked                         1002 - -, 1003 eve n2
    attach       ada 1000 n2    done number_changed                 1000 ada n2, 1002 - -
the number is on another extension, which is the member's own: it moves over
    attach       ada 1003 n0    done moved                          1000 - -, 1003 ada n0
    force_attach ada 1003 n0    done moved                          1000 - -, 1003 ada n0
    attach       dan 1004 n5    done number_changed                 1004 dan n5, 1005 dan -
the number is on another extension, which another member holds
    attach       eve 1003 n1    refused number_in_use (1001 bob)
    force_attach eve 1003 n1    done linked                         1001 bob -, 1003 eve n1
    attach       ada 1000 n1    refused number_in_use (1001 bob)
    force_attach ada 1000 n1    done number_changed                 1000 ada n1, 1001 bob -
the extension is unknown to the PBX
    attach       eve 1999       refused unknown_extension
    force_attach eve 1999       refused unknown_extension
    detach       eve 1999       unchanged nothing_held
    detach       ada 1999       unchanged nothing_held
the member is unknown to the PBX
    attach       zoe 1003       refused unknown_member
    force_attach zoe 1003       refused unknown_member
    detach       zoe 1003       unchanged nothing_held
    detach       zoe 1001       unchanged nothing_held
    detach       zoe            unchanged nothing_held
detach names no extension: every link of the member goes, numbers stay
    detach       ada            done removed                        1000 - n0
    detach       dan            done removed                        1004 - -, 1005 - n5
    detach       eve            unchanged nothing_held
detach names one of several: that one goes
    detach       dan 1005       done removed                        1005 - n5
"""

WHERE_SEVERAL_CODES_FIT = """
unknown comes before an extension conflict, and the extension before the member
    attach       zoe 1001       refused unknown_member
    attach       zoe 1999       refused unknown_extension
an extension conflict comes before a number conflict
    attach       eve 1001 n0    refused held_by_other (bob)
a forced row that takes over and leaves another has taken over
    force_attach ada 1001       done took_over                      1000 - n0, 1001 ada n1
    force_attach ada 1001 n0    done took_over                      1000 - -, 1001 ada n0
a forced row whose number comes from a third is named for its extension
    force_attach ada 1003 n1    done moved                          1000 - n0, 1001 bob -, 1003 ada n1
    force_attach eve 1000 n1    done took_over                      1000 eve n1, 1001 bob -
"""

ADD = """
second_extension: add lets the member keep the other
    attach       ada 1003       done linked                         1003 ada -
    force_attach ada 1003       done linked                         1003 ada -
    force_attach ada 1001       done took_over                      1001 ada n1
    attach       ada 1003 n0    done linked                         1000 ada -, 1003 ada n0
"""

REFUSE = """
second_extension: refuse stops the row and names the other
    attach       ada 1003       refused second_extension (1000)
    force_attach ada 1003       refused second_extension (1000)
    force_attach ada 1001       refused second_extension (1000)
    attach       dan 1003       refused second_extension (1004)
it stops nobody who holds none, or this one
    attach       eve 1003       done linked                         1003 eve -
    attach       ada 1000 n9    done number_changed                 1000 ada n9
every other conflict comes before it
    attach       ada 1001       refused held_by_other (bob)
    attach       ada 1003 n1    refused number_in_use (1001 bob)
    attach       ada 1999       refused unknown_extension
"""

CREATE = """
a backend that makes extensions is asked for one that does not exist
    attach       eve 1999       done linked                         1999 eve -
    attach       eve 1999 n9    done linked                         1999 eve n9
    attach       ada 1999       done moved                          1000 - n0, 1999 ada -
    attach       ada 1999 n0    done moved                          1000 - -, 1999 ada n0
    detach       eve 1999       unchanged nothing_held
    detach       ada 1999       refused wrong_extension (1000)
a backend that makes members is asked for one that does not exist
    attach       zoe 1003       done linked                         1003 zoe -
    force_attach zoe 1001       done took_over                      1001 zoe n1
    attach       zoe 1001       refused held_by_other (bob)
    detach       zoe            unchanged nothing_held
    detach       zoe 1001       refused wrong_extension (bob)
"""


HELD_SEVERAL = """
1000 ada n0
1001 bob n1+n2
1002 -   n3+n4
1003 eve -
"""

REPLACE_NUMBER = """
second_number: replace takes the place of the only number
    attach       ada 1000 n9    done number_changed                 1000 ada n9
it is refused where there are several, for none of them is meant
    attach       bob 1001 n9    refused several_numbers
    force_attach ada 1001 n9    refused several_numbers
    attach       eve 1002 n9    refused several_numbers
a number that it has is so already, whichever of them
    attach       bob 1001 n1    unchanged already_so
    attach       bob 1001 n2    unchanged already_so
    force_attach eve 1001 n2    done took_over                      1001 eve n1+n2, 1003 - -
a blank number leaves all, also for the next holder
    attach       bob 1001       unchanged already_so
    force_attach ada 1001       done took_over                      1000 - n0, 1001 ada n1+n2
    attach       eve 1002       done moved                          1002 eve n3+n4, 1003 - -
an extension that is freed keeps all
    detach       bob            done removed                        1001 - n1+n2
a number that is taken from several leaves the others
    attach       ada 1000 n1    refused number_in_use (1001 bob)
    force_attach ada 1000 n1    done number_changed                 1000 ada n1, 1001 bob n2
    attach       eve 1003 n4    done number_changed                 1002 - n3, 1003 eve n4
a number in use is said before that there are several
    attach       bob 1001 n0    refused number_in_use (1000 ada)
    force_attach bob 1001 n0    refused several_numbers
"""

ADD_NUMBER = """
second_number: add lets all of them ring
    attach       ada 1000 n9    done number_changed                 1000 ada n0+n9
    attach       bob 1001 n9    done number_changed                 1001 bob n1+n2+n9
    attach       eve 1003 n9    done number_changed                 1003 eve n9
    attach       eve 1002 n0    refused number_in_use (1000 ada)
    force_attach bob 1001 n0    done number_changed                 1000 ada -, 1001 bob n0+n1+n2
    force_attach eve 1000 n4    done took_over                      1000 eve n0+n4, 1002 - n3, 1003 - -
"""

REFUSE_NUMBER = """
second_number: refuse stops the row where there is one
    attach       ada 1000 n9    refused several_numbers
    attach       bob 1001 n9    refused several_numbers
    attach       ada 1000 n0    unchanged already_so
    attach       eve 1003 n9    done number_changed                 1003 eve n9
"""


class Cell(NamedTuple):
    """One line of a table."""

    case: str
    row: str
    comes_to: str
    difference: str


def cells(table):
    """The lines of a table, each with the case above it."""
    case = ""
    for line in table.strip("\n").splitlines():
        if not line.startswith(" "):
            case = line
            continue
        row, comes_to, difference = line[4:32].strip(), line[32:68].strip(), line[68:].strip()
        yield pytest.param(Cell(case, row, comes_to, difference), id=re.sub(r"\s+", " ", row))


def entries(held=HELD):
    for line in held.strip().splitlines():
        extension, member, number = (None if word == "-" else word for word in line.split())
        yield Entry(extension, member, tuple(number.split("+")) if number else ())


def played(cell, policy, held=HELD):
    """What a row comes to, and the difference it makes, written as the tables write it."""
    action, member, *rest = cell.row.split()
    extension, number = [*rest, "", ""][:2]
    play = Play("hq", policy, entries(held))
    verdict = play.play(Row(2, Action(action), member, "hq", extension, number))
    in_the_way = " ".join(filter(None, (verdict.other, verdict.holder)))
    comes_to = f"{verdict.outcome} {verdict.code}" + (f" ({in_the_way})" if in_the_way else "")
    changed = sorted((e, after.member or "-", "+".join(after.numbers) or "-") for e, _, after in play.differences())
    return comes_to, ", ".join(map(" ".join, changed))


STRICT = Policy(creates_extensions=False, members=KNOWN)


@pytest.mark.parametrize("cell", list(cells(THE_THREE_ACTIONS)))
def test_the_three_actions(cell):
    """On a PBX that makes nothing, where a second extension is a move."""
    assert played(cell, STRICT) == (cell.comes_to, cell.difference), cell.case


@pytest.mark.parametrize("cell", list(cells(WHERE_SEVERAL_CODES_FIT)))
def test_where_several_codes_fit_the_first_that_stops_the_row_wins(cell):
    """Unknown, extension, number, second extension; of what is done: took over, moved, linked."""
    assert played(cell, STRICT) == (cell.comes_to, cell.difference), cell.case


@pytest.mark.parametrize("cell", list(cells(ADD)))
def test_a_second_extension_may_be_added(cell):
    """Where the PBX's policy says so."""
    policy = Policy(SecondExtension.ADD, creates_extensions=False, members=KNOWN)
    assert played(cell, policy) == (cell.comes_to, cell.difference), cell.case


@pytest.mark.parametrize("cell", list(cells(REFUSE)))
def test_a_second_extension_may_be_refused(cell):
    """Where the PBX's policy says so; also to a forced row."""
    policy = Policy(SecondExtension.REFUSE, creates_extensions=False, members=KNOWN)
    assert played(cell, policy) == (cell.comes_to, cell.difference), cell.case


@pytest.mark.parametrize("cell", list(cells(CREATE)))
def test_what_the_backend_makes_is_not_unknown(cell):
    """It is free, and held by nobody."""
    assert played(cell, Policy()) == (cell.comes_to, cell.difference), cell.case


@pytest.mark.parametrize("cell", list(cells(REPLACE_NUMBER)))
def test_a_second_number_replaces_the_only_one(cell):
    """Where nothing else is said."""
    assert played(cell, Policy(), HELD_SEVERAL) == (cell.comes_to, cell.difference), cell.case


@pytest.mark.parametrize("cell", list(cells(ADD_NUMBER)))
def test_a_second_number_may_be_added(cell):
    """Where the PBX's policy says so."""
    policy = Policy(second_number=SecondNumber.ADD)
    assert played(cell, policy, HELD_SEVERAL) == (cell.comes_to, cell.difference), cell.case


@pytest.mark.parametrize("cell", list(cells(REFUSE_NUMBER)))
def test_a_second_number_may_be_refused(cell):
    """Where the PBX's policy says so."""
    policy = Policy(second_number=SecondNumber.REFUSE)
    assert played(cell, policy, HELD_SEVERAL) == (cell.comes_to, cell.difference), cell.case


def test_every_code_that_a_row_can_be_planned_as_stands_in_a_table():
    """Done, unchanged and refused; the others are for what happens on the PBX."""
    tables = THE_THREE_ACTIONS + WHERE_SEVERAL_CODES_FIT + ADD + REFUSE + CREATE + REPLACE_NUMBER
    planned = list(Code)[: list(Code).index(Code.PBX_REFUSED)]
    unplayed = {
        *(Code.RESTORED, Code.CHANGED_SINCE, Code.NOTHING_ASKED),  # see test_undo, and test_feeds of sheets
        *(Code.REFUSED_BY_PROCESSOR, Code.PROCESSOR_FAILED),  # before the sheet is played: see test_processors
    }
    assert [code for code in planned if code not in unplayed and not re.search(rf"\b{code}\b", tables)] == []


def verdict_of(row, policy=STRICT):
    return Play("hq", policy, entries()).play(row)


def test_effects_name_the_rows_own_extension_first():
    """Then those it frees, then the one it takes the number from: before and after, for the report and for undo."""
    verdict = verdict_of(Row(2, Action.FORCE_ATTACH, "ada", "hq", "1003", "n1"))
    assert verdict.effects == (
        Effect("hq", "1003", Holding(None, ()), Holding("ada", ("n1",))),
        Effect("hq", "1000", Holding("ada", ("n0",)), Holding(None, ("n0",))),
        Effect("hq", "1001", Holding("bob", ("n1",)), Holding("bob", ())),
    )


def test_a_takeover_shows_who_lost_the_extension():
    """The holder is in the effect, as it was before."""
    (effect,) = verdict_of(Row(2, Action.FORCE_ATTACH, "eve", "hq", "1001", "")).effects
    assert (effect.before.member, effect.after.member) == ("bob", "eve")


def test_a_row_that_is_stopped_shows_what_it_was_stopped_by():
    """The extension it names, as it is, unchanged."""
    (effect,) = verdict_of(Row(2, Action.ATTACH, "eve", "hq", "1001", "")).effects
    assert effect == Effect("hq", "1001", Holding("bob", ("n1",)), Holding("bob", ("n1",)))
    assert verdict_of(Row(2, Action.ATTACH, "eve", "hq", "1999", "")).effects == ()


def test_each_row_sees_what_the_rows_before_it_did():
    """As if one were done after another: freed, then taken, then taken over from the new holder."""
    play = Play("hq", STRICT, entries())
    rows = [
        Row(2, Action.DETACH, "bob", "hq", "", ""),
        Row(3, Action.ATTACH, "eve", "hq", "1001", ""),
        Row(4, Action.ATTACH, "bob", "hq", "1001", ""),
        Row(5, Action.FORCE_ATTACH, "bob", "hq", "1001", ""),
    ]
    verdicts = [play.play(row) for row in rows]
    assert [v.code for v in verdicts] == [Code.REMOVED, Code.LINKED, Code.HELD_BY_OTHER, Code.TOOK_OVER]
    assert [v.outcome for v in verdicts][2] is Outcome.REFUSED
    assert verdicts[2].holder == "eve"
    assert verdicts[3].overrides == (2, 3)
    assert list(play.differences()) == [], "in the end bob holds what he held"


def test_what_is_so_already_is_shown_as_it_is():
    """Before and after alike, for the report; of an extension that is not there, nothing."""
    ada, vacant = Holding("ada", ("n0",)), Holding(None, ())
    assert verdict_of(Row(2, Action.ATTACH, "ada", "hq", "1000", "")).effects == (Effect("hq", "1000", ada, ada),)
    assert verdict_of(Row(2, Action.DETACH, "eve", "hq", "1003", "")).effects == (Effect("hq", "1003", vacant, vacant),)
    assert verdict_of(Row(2, Action.DETACH, "eve", "hq", "1999", "")).effects == ()
    assert verdict_of(Row(2, Action.DETACH, "eve", "hq", "", "")).effects == ()


def test_a_detach_shows_each_extension_that_it_frees_with_the_numbers_that_stay():
    """In the order of extensions, in whatever order the PBX told them."""
    told = reversed(list(entries("1003 dan -\n1004 dan -\n1005 dan n5+n6")))
    play = Play("hq", STRICT, told)
    assert play.extensions_of("dan") == ("1003", "1004", "1005")
    one = play.play(Row(2, Action.DETACH, "dan", "hq", "1004", ""))
    assert one.effects == (Effect("hq", "1004", Holding("dan", ()), Holding(None, ())),)
    assert play.extensions_of("dan") == ("1003", "1005")
    rest = play.play(Row(3, Action.DETACH, "dan", "hq", "", ""))
    assert rest.effects == (
        Effect("hq", "1003", Holding("dan", ()), Holding(None, ())),
        Effect("hq", "1005", Holding("dan", ("n5", "n6")), Holding(None, ("n5", "n6"))),
    )
    assert play.extensions_of("dan") == ()


def test_what_a_pbx_has_is_counted_and_found():
    play = Play("hq", STRICT, entries(HELD_SEVERAL))
    assert (play.links, play.numbers) == (3, 5)
    assert [play.extension_of_number(number) for number in ("n0", "n2", "n3", "n9")] == ["1000", "1001", "1002", None]
    assert Play("hq", STRICT, [Entry("0100", None, ())]).has_zeros
    assert not play.has_zeros


def test_a_number_that_a_pbx_has_on_two_extensions_stays_where_it_rings_when_the_other_gets_another():
    """No PBX should have that; where one has, the last that it tells is the one that rings."""
    play = Play("hq", STRICT, entries("1000 ada n0\n1001 bob n0"))
    play.play(Row(2, Action.ATTACH, "ada", "hq", "1000", "n9"))
    assert [play.extension_of_number(number) for number in ("n0", "n9")] == ["1001", "1000"]


def test_what_a_row_of_an_undo_sets_can_be_undone_by_a_later_row():
    """It has said who holds the extension, and nothing of its numbers."""
    play = Play("hq", Policy(), entries())
    was, now = Holding("ada", ("n0",)), Holding("eve", ("n0",))
    assert play.set_holding(Row(2, "restore", "", "hq", "1000", ""), now) == (Effect("hq", "1000", was, now),)
    assert (play.holding("1000"), play.extensions_of("ada"), play.extensions_of("eve")) == (now, (), ("1000",))
    assert play.play(Row(3, Action.FORCE_ATTACH, "bob", "hq", "1101", "n0")).overrides == ()
    assert play.play(Row(4, Action.FORCE_ATTACH, "dan", "hq", "1000", "")).overrides == (2,)


def test_what_the_run_has_made_already_is_played_as_if_it_had_not():
    """Where it still stands; where somebody has changed it since, that is what the PBX holds."""
    was, made = Holding("ada", ("n0",)), Holding("eve", ("n0",))
    play = Play("hq", STRICT, entries("1000 eve n0"), {"1000": (was, made)})
    assert (play.holding("1000"), play.extensions_of("eve"), play.extension_of_number("n0")) == (was, (), "1000")
    assert play.links == 1
    assert play.is_on_pbx("1000")
    assert list(play.differences()) == [("1000", made, was)]
    changed = Play("hq", STRICT, entries("1000 bob n0"), {"1000": (was, made)})
    assert changed.holding("1000") == Holding("bob", ("n0",))
    assert list(changed.differences()) == []


def test_what_a_row_made_and_another_said_again_is_still_not_on_the_pbx():
    play = Play("hq", Policy(), entries())
    for line in (2, 3):
        play.play(Row(line, Action.ATTACH, "eve", "hq", "1999", "n9"))
    assert not play.is_on_pbx("1999")
    assert list(play.differences()) == [("1999", Holding(None, ()), Holding("eve", ("n9",)))]


def undone_lines(rows, policy, first=2):
    """The lines that the last row undoes; the first stands in this line."""
    play = Play("hq", policy, entries())
    for line, text in enumerate(rows, first):
        action, member, extension, number = (*text.split(), "", "")[:4]
        verdict = play.play(Row(line, Action(action), member, "hq", extension, number))
    return verdict.overrides


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (["attach eve 1100 n7", "attach eve 1100 n8"], (2,)),
        (["attach ada 1000 n0", "attach ada 1000 n8"], (2,)),
        (["attach eve 1100", "attach eve 1100 n8"], ()),
        (["attach eve 1100 n7", "attach eve 1100"], ()),
        (["attach eve 1100 n7", "force_attach bob 1100 n8"], (2,)),
    ],
)
def test_a_number_that_is_replaced_undoes_the_row_that_named_it(rows, lines):
    assert undone_lines(rows, Policy()) == lines


@pytest.mark.parametrize("row", ["attach ada 1000", "attach ada 1003", "detach ada"])
def test_a_row_in_the_first_line_is_undone_as_any_other(row):
    """A file without a header has one there."""
    undo = "attach ada 1000" if row == "detach ada" else "detach ada"
    assert undone_lines([row, undo], Policy(), first=1) == (1,)


def test_links_are_what_the_pbx_held_before_the_sheet():
    """Shares of a limit are reckoned from them, whatever the sheet does."""
    play = Play("hq", STRICT, entries())
    play.play(Row(2, Action.DETACH, "dan", "hq", "", ""))
    assert play.links == 4
    assert play.extensions_of("dan") == ()


def test_losses_are_of_links_that_the_pbx_had_whatever_rows_did_between():
    """A member who moves, one who is replaced, one who leaves; nobody loses what only a row of the sheet gave them."""
    play = Play("hq", STRICT, entries())
    play.play(Row(2, Action.FORCE_ATTACH, "eve", "hq", "1000", ""))
    play.play(Row(3, Action.DETACH, "bob", "hq", "", ""))
    play.play(Row(4, Action.ATTACH, "bob", "hq", "1003", ""))
    play.play(Row(5, Action.DETACH, "bob", "hq", "", ""))
    assert list(play.losses()) == [("ada", "eve"), ("bob", None)]


def test_what_a_row_made_is_an_extension_but_not_on_the_pbx():
    play = Play("hq", Policy(), entries())
    assert (play.has_extension("1003"), play.is_on_pbx("1003")) == (True, True)
    assert (play.has_extension("1999"), play.is_on_pbx("1999")) == (False, False)
    play.play(Row(2, Action.ATTACH, "eve", "hq", "1999", ""))
    play.play(Row(3, Action.ATTACH, "zoe", "hq", "1003", ""))
    assert (play.has_extension("1999"), play.is_on_pbx("1999")) == (True, False)
    assert play.is_on_pbx("1003")


OVERRIDES = {
    "another extension takes one of two numbers": (
        ["attach ada 1100 n7", "attach ada 1100 n8", "force_attach bob 1101 n7"],
        (2,),
    ),
    "another extension takes the number that was named last": (
        ["attach ada 1100 n7", "attach ada 1100 n8", "force_attach bob 1101 n8"],
        (3,),
    ),
    "somebody else takes the extension, and all that rows said of it": (
        ["attach ada 1100 n7", "attach ada 1100 n8", "force_attach bob 1100"],
        (2, 3),
    ),
    "the holder is detached": (["attach ada 1100 n7", "attach ada 1100 n8", "detach ada"], (2, 3)),
    "the number was on the extension already": (["attach ada 1000 n7", "force_attach bob 1101 n0"], ()),
    "a number of which no row spoke is taken from two": (
        ["attach ada 1100 n7", "attach ada 1100 n8", "force_attach bob 1100", "force_attach dan 1101 n7"],
        (),
    ),
    "the only number, which a row named": (["attach eve 1100 n7", "force_attach bob 1101 n7"], (2,)),
    "the only number, which a row said again": (
        ["attach eve 1100 n7", "attach eve 1100 n7", "force_attach bob 1101 n7"],
        (3,),
    ),
    "a blank cell says again what was named last": (
        ["attach ada 1100 n7", "attach ada 1100 n8", "attach ada 1100", "force_attach bob 1101 n8"],
        (4,),
    ),
    "whichever of the numbers that is": (
        ["attach ada 1100 n8", "attach ada 1100 n7", "attach ada 1100", "force_attach bob 1101 n7"],
        (4,),
    ),
    "and says nothing again of the number before": (
        ["attach ada 1100 n7", "attach ada 1100 n8", "attach ada 1100", "force_attach bob 1101 n7"],
        (2,),
    ),
    "a detach that a later row undoes": (["detach ada", "attach ada 1000"], (2,)),
    "a detach of one extension, and another that is attached": (["detach ada 1000", "attach ada 1003"], ()),
    "a detach of nothing that a later row undoes": (["detach eve", "attach eve 1003"], (2,)),
    "a detach of nothing on one extension": (["detach eve 1003", "attach eve 1003"], (2,)),
    "of two detaches the later one": (["detach ada", "detach ada", "attach ada 1000"], (3,)),
    "of a detach of one and one of all the later one": (["detach dan 1005", "detach dan", "attach dan 1005"], (3,)),
    "what a row said is so already": (["attach ada 1000", "detach ada"], (2,)),
    "the last of those that said so": (["attach ada 1000", "attach ada 1000", "force_attach eve 1000"], (3,)),
    "a number that a row said is there": (["attach ada 1000 n0", "force_attach bob 1101 n0"], (2,)),
    "and that a blank cell said again": (["attach ada 1000 n0", "attach ada 1000", "force_attach bob 1101 n0"], (3,)),
    "a number of which only the PBX spoke": (["attach ada 1000", "force_attach bob 1101 n0"], ()),
    "one of several that a row said is there": (
        ["attach ada 1000 n7", "attach ada 1000 n0", "force_attach bob 1101 n0"],
        (3,),
    ),
    "the last of several goes, and with it what was said of it": (
        ["attach ada 1100 n7", "attach ada 1100 n8", "force_attach bob 1101 n8", "force_attach eve 1102 n7"],
        (2,),
    ),
    "once its number is gone, its holder is still as the row said": (
        ["attach eve 1100 n7", "force_attach bob 1101 n7", "detach eve"],
        (),
    ),
    "the extension that a member leaves": (["attach eve 1100", "attach eve 1101"], (2,)),
    "the row of the holder, and that of the extension left": (
        ["attach eve 1100", "attach zoe 1101", "force_attach zoe 1100"],
        (2, 3),
    ),
    "of a detach of all, the rows of each extension": (["attach dan 1004", "attach dan 1005", "detach dan"], (2, 3)),
    "what was undone before is not undone again": (["attach eve 1100 n7", "detach eve", "attach zoe 1100"], ()),
}


OVERRIDES_OF_SEVERAL = {
    "the holder, after another extension took a number of which no row spoke": (
        ["attach bob 1001", "force_attach ada 1000 n1", "detach bob"],
        (2,),
    ),
    "nothing, after another extension took the number of which the row spoke": (
        ["attach bob 1001 n1", "force_attach ada 1000 n1", "detach bob"],
        (),
    ),
    "the holder, after it took one of two of which rows spoke": (
        ["attach bob 1001 n1", "attach bob 1001 n2", "force_attach ada 1000 n2", "detach bob"],
        (2,),
    ),
}


@pytest.mark.parametrize(
    ("held", "case"), [*((HELD, case) for case in OVERRIDES), *((HELD_SEVERAL, case) for case in OVERRIDES_OF_SEVERAL)]
)
def test_the_last_row_names_the_lines_that_it_undoes_and_no_others(held, case):
    """Also where an extension has several numbers, each named by a row of its own."""
    rows, lines = (OVERRIDES | OVERRIDES_OF_SEVERAL)[case]
    play = Play("hq", Policy(second_number=SecondNumber.ADD), entries(held))
    verdicts = []
    for line, text in enumerate(rows, 2):
        action, member, extension, number = (*text.split(), "", "")[:4]
        verdicts.append(play.play(Row(line, Action(action), member, "hq", extension, number)))
    assert {verdict.outcome for verdict in verdicts} <= {Outcome.DONE, Outcome.UNCHANGED}
    assert verdicts[-1].overrides == lines
