"""Somebody else changes the PBX between the plan and its application: planned again, and asked again."""

from __future__ import annotations

from acceptance.cli.shapes import Resumed, Run
from acceptance.cli.terminal import until

ROWS = ("force_attach,ada@x.org,,1000,", "attach,bob@x.org,,1001,")


def moved(site, answers: str, *, rows: tuple[str, ...] = ROWS) -> tuple[int, str, str]:
    """Ada shall have 1000; while the question stands Late gets it. Exit code and what was said."""
    site.run("members")
    with site.process("import", site.sheet(*rows), "--json") as process:
        site.asked()
        site.dial("1000", "late@x.org")
        out, err = process.communicate(answers, timeout=60)
    return process.returncode, out, err


def test_the_new_plan_is_shown_and_asked_for(site):
    """Answered yes twice, what the second plan shows is done, and the takeover is told."""
    code, out, err = moved(site, "y\ny\n")
    run = Run.model_validate_json(out)
    assert code == 0
    assert err.count("Apply it?") == 2
    assert "The PBX was changed before run 1 had ended. The rest was planned again:" in err
    assert "hq 1000: late@x.org -> ada@x.org" in err
    assert [row.code for row in run.rows] == ["took_over", "linked"]
    assert site.holds() == {"1000": ("ada@x.org", None), "1001": ("bob@x.org", None)}
    assert "stale" in [event.state for event in run.events]


def test_nothing_is_done_twice(site):
    """Bob's extension was linked by the first plan; the second does not send it again."""
    moved(site, "y\ny\n")
    sent = site.ask("SELECT extension FROM operations ORDER BY id", file="hq.pbx.sqlite3")
    assert sorted(sent) == [("1000",), ("1001",)]


def test_answered_no_the_second_time(site):
    """What was taken meanwhile is left alone; the run is not finished, and says so: exit code 1."""
    code, out, _ = moved(site, "y\nn\n")
    run = Run.model_validate_json(out)
    assert code == 1
    assert run.headline.title == "The run was interrupted and is not finished."
    assert site.holds()["1000"] == ("late@x.org", None)


def test_it_is_asked_for_again_by_resume(site):
    """A run that was half made is not forgotten: `runs` points to it and `resume` finishes it."""
    moved(site, "y\nn\n")
    assert "1 run interrupted; `linecard resume`" in site.run("runs").err
    said = site.run("resume", "--json", answers="y\n")
    (run,) = Resumed.model_validate(said.json).runs
    assert (said.code, run.state) == (0, "applied")
    assert "hq 1000: late@x.org -> ada@x.org" in said.err
    assert site.holds() == {"1000": ("ada@x.org", None), "1001": ("bob@x.org", None)}
    assert len(site.reports()) == 1
    assert site.run("resume").out == "No import was interrupted.\n"


def test_a_new_plan_that_goes_over_a_limit_is_held(site):
    """--yes was said of another plan: the new one waits, and resume applies it by its checksum and no other."""
    site.configure("    default_pbx: hq", "    limits: {force: {count: 0}}\n    default_pbx: hq")
    code, out, _ = moved(site, "y\n")
    run = Run.model_validate_json(out)
    assert (code, run.state) == (3, "held")
    assert site.run("resume", "--yes").code == 3
    assert site.holds()["1000"] == ("late@x.org", None)
    assert site.run("resume", "--approve", "0" * 64).code == 3
    checksum = site.ask("SELECT checksum FROM run")[0][0]
    said = site.run("resume", "--approve", checksum)
    assert said.code == 0, said
    assert site.holds()["1000"] == ("ada@x.org", None)
    assert set(site.states.values()) == {"applied"}


def test_a_row_that_is_no_longer_allowed_is_refused(site):
    """attach does not take what Late has got meanwhile: the row is refused, and names the holder."""
    code, out, err = moved(site, "y\ny\n", rows=("attach,ada@x.org,,1000,", ROWS[1]))
    run = Run.model_validate_json(out)
    assert code == 1, err
    assert [(row.outcome, row.code) for row in run.rows] == [("refused", "held_by_other"), ("done", "linked")]
    assert "late@x.org" in run.rows[0].message
    assert site.holds()["1000"] == ("late@x.org", None)


def test_somebody_else_did_what_was_wanted(site):
    """Then nothing is left to do, and nobody is asked."""
    site.run("members")
    with site.process("import", site.sheet("attach,ada@x.org,,1000,")) as process:
        site.asked()
        site.dial("1000", "ada@x.org")
        out, err = process.communicate("y\n", timeout=60)
    assert process.returncode == 0, (out, err)
    assert err.count("Apply it?") == 1
    until(lambda: site.states == {1: "applied"})


def test_a_setting_that_would_refuse_the_file_now_keeps_the_run_waiting(site):
    """What was approved is not forgotten: it says what to set back, and then goes on."""
    moved(site, "y\nn\n")
    config = site.folder / "linecard.yaml"
    before = config.read_text(encoding="utf-8")
    config.write_text(before.replace("    path: inbox", "    sheet: {max_columns: 2}\n    path: inbox", 1))
    assert config.read_text(encoding="utf-8") != before
    said = site.run("resume", "--json", answers="y\n")
    assert said.code == 2
    assert "Run 1 was planned before, and now its file would be refused:" in said.err
    assert "back to what it was then" in said.err
    config.write_text(before, encoding="utf-8")
    (run,) = Resumed.model_validate(site.run("resume", "--json", answers="y\n").json).runs
    assert run.state == "applied"
