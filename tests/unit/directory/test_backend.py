"""What the directory promises beyond the contract: groups, its log of operations, its words, its reading."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from linecard.errors import BackendError
from linecard.model.directory import VACANT, Change, Entry, Holding, Scope
from linecard.model.outcome import ChangeStatus
from linecard_directory.backend import GROUP
from unit.directory.site import ALL, link, release

ADA, BOB = Holding("ada@example.org", ("+33199000000",)), Holding("bob@example.org", ())
LOGGED = "SELECT extension, before_member, before_number, after_member, after_number FROM operations ORDER BY id"


def test_every_change_made_is_an_operation_with_its_time_in_utc(site):
    """What it was, what it is, when; in the order in which they were made."""
    site.apply(link(1, "1000", *ADA), release(2, "1000", ADA))
    assert site.ask(LOGGED) == [
        ("1000", None, None, "ada@example.org", "+33199000000"),
        ("1000", "ada@example.org", "+33199000000", None, "+33199000000"),
    ]
    assert site.ask("SELECT DISTINCT at FROM operations") == [("2026-03-01T11:00:00Z",)]


def test_what_was_not_made_is_no_operation(site):
    """Stale, refused, or so already: the log is what happened to the PBX."""
    site.apply(link(1, "1000", *ADA))
    results = site.apply(
        link(1, "1000", *ADA),
        link(2, "1001", "bob@example.org", ADA.numbers),
        Change(3, "hq", "1000", ADA, ADA),
    )
    assert [result.status for result in results] == [ChangeStatus.STALE, ChangeStatus.FAILED, ChangeStatus.DONE]
    assert site.ask("SELECT count(*) FROM operations") == [(1,)]


@pytest.mark.parametrize("sql", ["UPDATE operations SET extension = '9'", "DELETE FROM operations"])
def test_operations_are_only_ever_added(site, sql):
    """Whoever opens the file: a double application must show."""
    site.apply(link(1, "1000", *ADA))
    with closing(site.connect()) as connection, pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        connection.execute(sql)
    assert site.ask("SELECT count(*) FROM operations WHERE extension = '1000'") == [(1,)]


def test_a_group_is_committed_before_its_first_result(site):
    """As many changes are taken as make a group, and all of them stand in the file then."""
    taken = []

    def changes():
        for n in range(GROUP + 5):
            taken.append(n)
            yield link(n + 1, f"{10_000 + n}", f"m{n}@example.org")

    applying = site.backend().apply(changes())
    next(applying)
    assert len(taken) == GROUP
    assert len(site.held()) == GROUP


def test_a_group_that_cannot_be_written_leaves_the_groups_before_it(site):
    """The file is locked by another program between two groups: the first is there, whole, and was told."""
    other = site.connect() if site.held() == {} else None
    results = []

    def changes():
        for n in range(GROUP + 5):
            if n == GROUP:
                other.execute("BEGIN IMMEDIATE")
            yield link(n + 1, f"{10_000 + n}", f"m{n}@example.org")

    with closing(other), pytest.raises(BackendError, match="locked"):
        results.extend(site.backend().apply(changes()))
    assert len(site.held()) == GROUP
    assert site.ask("SELECT count(*) FROM operations") == [(GROUP,)]


def test_one_refused_change_does_not_undo_its_group(site):
    """The tables refuse it at the end of the group; the rest is made, each once, in order."""
    results = site.apply(
        link(1, "1000", *ADA),
        link(2, "1001", "bob@example.org", ADA.numbers),
        link(3, "1002", "cyd@example.org"),
        release(4, "1000", ADA),
    )
    assert [result.status for result in results] == [
        ChangeStatus.DONE,
        ChangeStatus.FAILED,
        ChangeStatus.DONE,
        ChangeStatus.DONE,
    ]
    assert site.held() == {"1000": (None, ADA.numbers), "1002": ("cyd@example.org", ())}
    assert [row[0] for row in site.ask(LOGGED)] == ["1000", "1002", "1000"]


def test_a_member_is_not_made_for_a_change_that_is_refused(site):
    """Nothing of it stays."""
    site.apply(link(1, "1000", *ADA))
    site.apply(link(2, "1001", "new@example.org", ADA.numbers))
    assert site.ask("SELECT login FROM members") == [("ada@example.org",)]


REFUSALS = [
    (link(2, "1001", "bob@example.org", ADA.numbers), "+33199000000 is on extension 1000, which is held by ada@"),
    (link(2, "1001", "Bob@example.org"), "'Bob@example.org' is not a login in lower case"),
    (link(2, "12a4", "bob@example.org"), "'12a4' is not an extension"),
    (link(2, "1001", "bob@example.org", ("0199000000",)), "'0199000000' is not a number in E.164 form"),
    (link(2, "1001", "bob@example.org", ("+33 1",)), "'+33 1' is not a number in E.164 form"),
    (link(2, "1001", "bob@example.org", ("+" + "1" * 16,)), "'+1111111111111111' is not a number in E.164 form"),
]


@pytest.mark.parametrize(("change", "words"), REFUSALS, ids=[words for _, words in REFUSALS])
def test_a_refusal_names_what_stands_in_the_way(site, change, words):
    """In words for the report, whichever rule of the tables it was."""
    site.apply(link(1, "1000", *ADA))
    (result,) = site.apply(change)
    assert result.status is ChangeStatus.FAILED
    assert words in result.words
    assert list(site.held()) == ["1000"]


def test_a_number_on_a_vacant_extension_is_held_by_nobody(site):
    """The words say so, for then only the number is in the way."""
    site.apply(link(1, "1000", None, ADA.numbers))
    (result,) = site.apply(link(2, "1001", "bob@example.org", ADA.numbers))
    assert result.words == "+33199000000 is on extension 1000, which is held by nobody"


def test_what_does_not_exist_is_refused_where_nothing_is_made(site):
    """Each by its name."""
    site.apply(link(1, "1000", *ADA))
    results = site.apply(
        link(2, "1001", "ada@example.org"),
        Change(3, "hq", "1000", ADA, Holding("new@example.org", ())),
        create_members=False,
        create_extensions=False,
    )
    assert [(result.status, result.words) for result in results] == [
        (ChangeStatus.FAILED, "there is no extension 1001"),
        (ChangeStatus.FAILED, "there is no member new@example.org"),
    ]


def test_a_stale_change_says_what_is_there_instead(site):
    """For the report: who was quicker."""
    site.apply(link(1, "1000", *ADA), link(2, "1001", *BOB))
    results = site.apply(
        link(1, "1000", "cyd@example.org"), link(2, "1001", "cyd@example.org"), release(3, "1002", BOB)
    )
    assert [result.words for result in results] == [
        "1000 is held by ada@example.org, with number +33199000000, now",
        "1001 is held by bob@example.org now",
        "1002 is held by nobody now",
    ]


def test_reading_shows_one_moment(site):
    """What is written while it streams does not come into it, in part or at all."""
    site.apply(*(link(n, f"{1000 + n}", f"m{n}@example.org") for n in range(1, 51)))
    reading = site.backend().fetch(ALL)
    seen = [next(reading)]
    site.apply(*(release(n, f"{1000 + n}", Holding(f"m{n}@example.org", ())) for n in range(1, 51)))
    seen += reading
    assert len(seen) == 50
    assert all(entry.member for entry in seen)
    assert not any(member for member, _ in site.held().values())


def test_reading_by_names_shows_one_moment_too(site):
    """Though it asks the file more than once: a member who moves meanwhile is neither lost nor there twice."""
    site.apply(link(1, "1000", "ada@example.org"), link(2, "1001", "bob@example.org"))
    scope = Scope(extensions=frozenset({"1001"}), members=frozenset({"ada@example.org"}))
    reading = site.backend().fetch(scope)
    seen = [next(reading)]
    ada = Holding("ada@example.org", ())
    site.apply(release(3, "1000", ada), link(4, "1001", *ada, before=Holding("bob@example.org", ())))
    seen += reading
    assert sorted(seen) == [Entry("1000", *ada), Entry("1001", "bob@example.org", ())]


def test_close_cuts_off_a_reading_that_has_not_ended(site):
    """It is told, never taken for the end of the directory."""
    site.apply(*(link(n, f"{1000 + n}", f"m{n}@example.org") for n in range(1, 51)))
    backend = site.backend()
    reading = backend.fetch(ALL)
    next(reading)
    backend.close()
    with pytest.raises(BackendError, match="closed"):
        list(reading)


def test_members_are_told_also_where_they_are_made_on_demand(site):
    """For a list of who is there; the planner does not ask."""
    site.apply(link(1, "1000", *ADA), link(2, "1000", "bob@example.org", before=ADA))
    backend = site.backend()
    assert sorted(backend.members(ALL)) == ["ada@example.org", "bob@example.org"]
    assert list(backend.members(Scope(members=frozenset({"ada@example.org", "x@example.org"})))) == ["ada@example.org"]


def test_leading_zeros_stay(site):
    """`0100` and `100` are two extensions."""
    site.apply(link(1, "0100", *ADA), link(2, "100", *BOB))
    found = site.backend().fetch(Scope(extensions=frozenset({"0100"})))
    assert list(found) == [Entry("0100", *ADA)]


def test_an_extension_given_a_number_before_a_holder_is_vacant_with_a_number(site):
    """Either half of a holding stands alone."""
    site.apply(Change(1, "hq", "1000", VACANT, Holding(None, ADA.numbers)))
    assert site.held() == {"1000": (None, ADA.numbers)}
