"""An approval covers what the person saw: what the rows rest on is read again before anything is sent.

The sheet takes away more than the inbox allows, so that it is held; a person approves it; somebody else changes the
PBX; then the run goes on, by the command or as the daemon does it.
"""

from __future__ import annotations

import pytest

from acceptance.cli.shapes import Resumed

DOORS = {"command": ("resume", "--yes"), "daemon": ("once",)}
LEAVER = "detach,max@x.org,,,"
"""What makes each plan wait for a person."""


@pytest.fixture(params=DOORS)
def door(request):
    return DOORS[request.param]


@pytest.fixture
def held(site):
    """No detach without a person. Max has 1009, ada 1000; lea and bob have nothing."""
    site.configure("    default_pbx: hq", "    limits: {detach: {count: 0}}\n    default_pbx: hq")
    site.import_("attach,max@x.org,,1009,", "attach,ada@x.org,,1000,")
    return site


def approved(site, *rows: str) -> str:
    """A sheet of the leaver and these rows, held and approved; the checksum of its plan."""
    assert site.run("import", site.sheet(LEAVER, *rows, name="june.csv")).code == 3
    (checksum,) = site.ask("SELECT checksum FROM run WHERE id = 2")[0]
    assert site.run("approve", "2", checksum).code == 0
    return checksum


def went_on(site, door) -> int:
    """The exit code; nothing of the run may have been sent when it waits again."""
    before = site.ask("SELECT count(*) FROM operations", file="hq.pbx.sqlite3")
    said = site.run(*door)
    if site.states[2] == "held":
        assert site.ask("SELECT count(*) FROM operations", file="hq.pbx.sqlite3") == before
        assert said.code == 3, said
    return said.code


def test_nothing_else_has_happened(held, door):
    """Then the plan is applied as it was approved, and nobody is asked again."""
    approved(held, "attach,bob@x.org,,1001,")
    held.dial("1500", "zoe@x.org")  # nothing that the rows rest on
    assert went_on(held, door) == 0
    assert held.states[2] == "applied"
    assert held.holds()["1001"] == ("bob@x.org", None)
    assert held.ask("SELECT max(attempt) FROM sheet_row WHERE run_id = 2") == [(1,)]


def test_bob_was_attached_elsewhere_meanwhile(held, door):
    """He does not end with two extensions: the plan would free the other, which nobody has seen."""
    approved(held, "attach,bob@x.org,,1001,")
    held.dial("1500", "bob@x.org")
    assert went_on(held, door) == 3
    assert held.holds()["1500"] == ("bob@x.org", None)
    assert "1001" not in held.holds()


def test_bob_was_attached_elsewhere_where_a_second_extension_is_refused(held, door):
    held.configure("    backend: directory", "    backend: directory\n    second_extension: refuse")
    approved(held, "attach,bob@x.org,,1001,")
    held.dial("1500", "bob@x.org")
    assert went_on(held, door) == 3
    assert "1001" not in held.holds()


def test_a_leaver_who_held_nothing_was_attached_meanwhile(held, door):
    """She does not keep her extension as one who is as she should be."""
    approved(held, "detach,lea@x.org,,,")
    held.dial("1500", "lea@x.org")
    assert went_on(held, door) == 3
    (new,) = held.ask("SELECT checksum FROM run WHERE id = 2")[0]
    assert held.run("approve", "2", new[:12]).code == 0
    assert went_on(held, door) == 0
    assert held.holds()["1500"] == held.holds()["1009"] == (None, None)


def test_somebody_else_took_what_was_already_so(held, door):
    """A row without a change is read again like any other."""
    approved(held, "attach,ada@x.org,,1000,")
    held.dial("1000", "eve@x.org")
    assert went_on(held, door) == 3
    assert held.holds()["1009"] == ("max@x.org", None)


def test_a_refused_row_would_be_done_by_now(held, door):
    approved(held, "attach,bob@x.org,,1000,")
    held.dial("1000", None)
    assert went_on(held, door) == 3
    assert held.holds()["1000"] == (None, None)


def test_a_number_was_taken_by_somebody_meanwhile(held, door):
    approved(held, "attach,bob@x.org,,1001,+33199001001")
    held.dial("1500", "zoe@x.org", "+33199001001")
    assert went_on(held, door) == 3
    assert held.holds()["1500"] == ("zoe@x.org", "+33199001001")


def test_the_difference_is_shown_everywhere(held, door):
    """At the terminal, in the report, in JSON: which rows, and what they were in the plan that was approved."""
    approved(held, "attach,bob@x.org,,1001,", "detach,lea@x.org,,,", "attach,zoe@x.org,,1003,")
    held.dial("1500", "bob@x.org")
    held.dial("1501", "lea@x.org")
    said = held.run(*door)
    why = "2 rows now differ from the approved plan: lines 3, 4."
    bob = "In the approved plan this row was done linked 1001."
    lea = "In the approved plan this row was unchanged nothing_held."
    assert f"Held: {why}\n" in said.out
    (page,) = (path for path in held.reports() if "june" in path.name)
    for text in (held.run("show", "2").out, page.read_text(encoding="utf-8")):
        for words in (why, bob, lea):
            assert words in text
    shown = held.run("show", "2", "--json").json
    assert [(hold["kind"], hold["count"]) for hold in shown["holds"]] == [("not_as_approved", 2), ("detach", 2)]
    assert shown["headline"]["title"] == "The plan waits for a decision; nothing was changed."
    assert {row["line"]: [w["message"] for w in row["warnings"]] for row in shown["rows"]} == {
        2: [],
        3: [bob],
        4: [lea],
        5: [],
    }


def test_it_waits_without_being_told_of_again(held):
    """Looking at it again changes nothing, as long as the PBX is as it is."""
    approved(held, "attach,bob@x.org,,1001,")
    held.dial("1500", "bob@x.org")
    assert held.run("once").code == 3
    events = held.ask("SELECT count(*) FROM run_event WHERE run_id = 2")
    letters = held.ask("SELECT id FROM outbox WHERE run_id = 2")
    assert held.run("resume", "--yes").code == 3
    assert held.ask("SELECT count(*) FROM run_event WHERE run_id = 2") == events
    assert held.ask("SELECT id FROM outbox WHERE run_id = 2") == letters


def test_what_is_put_back_as_it_was_is_the_approved_plan(held):
    """Nobody is asked again for what they approved."""
    approved(held, "attach,bob@x.org,,1001,")
    held.dial("1500", "bob@x.org")
    assert held.run("once").code == 3
    held.dial("1500", None)
    (run,) = Resumed.model_validate(held.run("resume", "--yes", "--json").json).runs
    assert run.state == "applied"
    assert held.holds()["1001"] == ("bob@x.org", None)


def test_the_checksum_covers_outcomes(held):
    """A plan in which another row is refused is another plan, though it sends the same."""
    sheet = held.sheet(LEAVER, "attach,bob@x.org,,1000,", name="june.csv")
    first = held.run("plan", sheet, "--json").json
    assert held.run("plan", sheet, "--json").json["checksum"] == first["checksum"]
    held.dial("1000", "eve@x.org")
    second = held.run("plan", sheet, "--json").json
    assert second["changes"] == first["changes"]
    assert second["checksum"] != first["checksum"]
    assert held.run("import", sheet, "--approve", first["checksum"]).code == 3
    assert held.run("import", sheet, "--approve", second["checksum"]).code == 1
    assert held.holds()["1009"] == (None, None)


def test_between_the_answer_and_the_first_change(held):
    """Who answers yes to a question has seen that plan: a row without a change counts there, too."""
    held.configure("limits: {detach: {count: 0}}", "limits: {}")
    with held.process("import", held.sheet(LEAVER, "detach,lea@x.org,,,"), "--json") as process:
        held.asked()
        held.dial("1500", "lea@x.org")
        out, err = process.communicate("y\nn\n", timeout=60)
    assert process.returncode == 1, (out, err)
    assert err.count("Apply it?") == 2
    assert "In the approved plan this row was unchanged nothing_held." in err
    assert held.holds()["1009"] == ("max@x.org", None)
    assert held.run("resume", "--yes").code == 3, "--yes is no answer to a plan that somebody wanted to see"
    assert held.states[2] == "held"
    assert held.holds()["1009"] == ("max@x.org", None)
