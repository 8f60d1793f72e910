"""A plan that takes away more than the inbox allows waits for a person, who approves it by its checksum."""

from __future__ import annotations

import re

import pytest

from acceptance.cli.shapes import Planned, Run


@pytest.fixture
def limited(site):
    """Four members, and an inbox of whose sheets more than two detaches must be looked at."""
    site.configure("    default_pbx: hq", "    limits: {detach: {count: 2}}\n    default_pbx: hq")
    site.import_(*(f"attach,m{i}@x.org,,100{i}," for i in range(4)))
    return site


LEAVERS = tuple(f"detach,m{i}@x.org,,," for i in range(3))


def test_plan_says_that_it_would_be_held(limited):
    """Exit code 3, the limit in words, the checksum to approve it by; JSON has the same."""
    file = limited.sheet(*LEAVERS)
    said = limited.run("plan", file)
    planned = Planned.model_validate(limited.run("plan", file, "--json").json)
    assert said.code == 3
    assert "Held: 3 members would lose their extension on hq: more than 2.\n" in said.out
    assert f"Checksum of the plan: {planned.checksum}\n" in said.out
    assert [(hold.pbx, hold.kind, hold.count) for hold in planned.holds] == [("hq", "detach", 3)]


def test_import_holds_it_although_it_may_not_ask(limited):
    """--yes does not go over a limit: exit code 3, nothing changed, and the command that would."""
    said = limited.run("import", limited.sheet(*LEAVERS), "--yes")
    checksum = limited.run("plan", limited.sheet(*LEAVERS), "--json").json["checksum"]
    assert said.code == 3
    assert f"To apply it anyway: linecard import --approve {checksum} FILE\n" in said.out
    assert "To discard it: linecard discard 2\n" in said.out
    assert "It changes 3 of the 4 links on hq.\n" in said.out
    shown = limited.run("show", "2").out
    for word, told in (("Approve it", f"approve 2 {checksum}"), ("Discard it", "discard 2"), ("Undo it", "undo 2")):
        assert re.search(f"(?m)^{word}.*: +linecard {told}$", shown)
    assert len(limited.holds()) == 4
    assert all(member for member, _ in limited.holds().values())
    assert limited.states[2] == "held"
    assert len(limited.reports()) == 2


def test_held_in_json(limited):
    """The run, its state and its holds; its rows are planned and not done."""
    said = limited.run("import", limited.sheet(*LEAVERS), "--json")
    run = Run.model_validate(said.json)
    assert (said.code, run.state, run.counts.planned) == (3, "held", 3)
    assert [hold.kind for hold in run.holds] == ["detach"]
    assert [(one.pbx, one.changed, one.held) for one in run.affected] == [("hq", 3, 4)]
    assert run.delivered_by == limited.ask("SELECT who FROM run_event WHERE run_id = 2 LIMIT 1")[0][0]


def test_approved_by_its_checksum(limited):
    """The plan that was seen is applied without a question; the run that waited gives way."""
    file = limited.sheet(*LEAVERS)
    run = Run.model_validate(limited.run("import", file, "--json").json)
    said = limited.run("import", file, "--approve", run.checksum)
    assert said.code == 0
    assert [member for member, _ in limited.holds().values()] == [None, None, None, "m3@x.org"]
    assert limited.states == {1: "applied", 2: "superseded", 3: "applied"}
    why = limited.ask("SELECT why FROM run_event WHERE run_id = 3 AND state = 'approved'")
    assert why == [(f"approved by its checksum {run.checksum[:12]}",)]


def test_a_checksum_of_another_plan_approves_nothing(limited):
    """Exit code 3, said in a sentence, nothing changed."""
    said = limited.run("import", limited.sheet(*LEAVERS), "--approve", "0" * 64, "--yes")
    assert said.code == 3
    assert said.err == "The plan is not the one that was approved: it has another checksum.\n"
    assert all(member for member, _ in limited.holds().values())


def test_a_checksum_is_for_the_plan_that_was_seen_also_where_no_limit_is_met(limited):
    """Somebody changed the PBX since: what was approved is not what would be done, so nothing is."""
    file = limited.sheet("force_attach,new@x.org,,1000,")
    seen = limited.run("plan", file, "--json").json["checksum"]
    limited.dial("1000", "late@x.org")
    said = limited.run("import", file, "--approve", seen, "--yes")
    assert said.code == 3
    assert limited.holds()["1000"] == ("late@x.org", None)
    assert limited.states[2] == "held"
    again = limited.run("plan", file, "--json").json["checksum"]
    assert limited.run("import", file, "--approve", again).code == 0
    assert limited.holds()["1000"] == ("new@x.org", None)


def test_a_file_of_an_inbox_is_approved_by_its_run(limited):
    """Its file is in the inbox no more: the command that `once` names needs none, and is that which does it."""
    limited.sheet(*LEAVERS, name="inbox/hr/leavers.csv")
    said = limited.run("once")
    assert said.code == 3
    (line,) = [line for line in said.out.splitlines() if line.startswith("To apply it anyway: linecard approve")]
    assert limited.run(*line.partition(" linecard ")[2].split()).code == 0
    assert limited.run("once").code == 0
    assert limited.states[max(limited.states)] == "applied"
