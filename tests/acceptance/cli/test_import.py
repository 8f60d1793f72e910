"""`import`: asked, answered, applied, read back and reported."""

from __future__ import annotations

import subprocess

import pytest

from acceptance.cli.shapes import Run
from acceptance.cli.terminal import PROGRAM

ADA = "attach,ada@x.org,,1000,+33199001000"


def test_the_plan_is_shown_asked_for_and_applied(site):
    """The recap and the question go to standard error, the result to standard output; exit code 0."""
    said = site.run("import", site.sheet(ADA), answers="y\n")
    assert said.code == 0
    assert "ada@x.org would get 1000." in said.err
    assert "  hq 1000: (nobody) -> ada@x.org +33199001000\nApply it? [y/N]: " in said.err
    assert "Run 1 is applied. " in said.out
    assert "\n1 row: 1 done. Nothing to do.\n" in said.out
    assert site.holds() == {"1000": ("ada@x.org", "+33199001000")}


def test_the_recap_is_that_of_plan(site):
    """Row by row in the same words: what would be done is not shown as if it had been skipped."""
    site.import_("attach,bob@x.org,,1001,")
    file = site.sheet(ADA, "force_attach,cy@x.org,,1001,", "attach,dan@x.org,,1001,", "detach,eve@x.org,,,", "x,,,,")
    planned = [line for line in site.run("plan", file).out.splitlines() if line.startswith("  ")]
    asked = [line for line in site.run("import", file, answers="n\n").err.splitlines() if line.startswith("  ")]
    assert asked == planned
    assert "skipped" not in "".join(asked)


def test_the_report_that_it_names_is_there(site):
    """The path on the last line is that of a page that is whole."""
    said = site.run("import", site.sheet(ADA), "--yes")
    path = said.out.splitlines()[-1].removeprefix("Report: ")
    (report,) = site.reports()
    assert path == str(report)
    assert report.read_text().rstrip().endswith("</html>")


def test_answered_no(site):
    """Nothing is changed, the run is discarded and has a report, and the exit code says that rows were not done."""
    said = site.run("import", site.sheet(ADA), answers="n\n")
    assert said.code == 1
    assert "Run 1 is discarded." in said.out
    assert (site.holds(), site.states) == ({}, {1: "discarded"})
    assert len(site.reports()) == 1


def test_no_terminal_and_no_yes(site):
    """Where nobody can answer nothing is changed; exit code 2, and the remedy names --yes."""
    said = site.run("import", site.sheet(ADA))
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith(
        "Error: Nobody answered the question; nothing was changed.\n"
        "Remedy: Answer it, or add --yes if you have seen the plan.\n"
    )
    assert (site.holds(), site.states) == ({}, {1: "discarded"})


def test_the_real_program_without_a_terminal(site):
    """The same from cron, where standard input is closed."""
    command = [PROGRAM, "--config", site.config, "import", site.sheet(ADA)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Nobody answered the question; nothing was changed." in done.stderr
    assert "Traceback" not in done.stderr


def test_some_row_is_not_done(site):
    """Exit code 1; the row is told with its line, its reason and the remedy, and the others are done."""
    site.import_("attach,bob@x.org,,1001,")
    said = site.run("import", site.sheet(ADA, "attach,cy@x.org,,1001,", "attach,dan,,1002,"), "--yes")
    assert said.code == 1
    assert "! line 3     refused   1001 is held by bob@x.org.\n" in said.out
    assert "write force_attach if cy@x.org should take it over." in said.out
    assert "! line 4     invalid   " in said.out
    assert site.holds()["1000"] == ("ada@x.org", "+33199001000")
    assert site.states[2] == "partial"


def test_json(site):
    """Everything about the run and nothing else on standard output; counts add up to the rows."""
    site.import_("attach,bob@x.org,,1001,")
    said = site.run("import", site.sheet(ADA, "attach,cy@x.org,,1001,"), "--yes", "--json", "--description", "joiners")
    run = Run.model_validate(said.json)
    assert (said.code, said.err) == (1, "")
    assert (run.id, run.inbox, run.file, run.description, run.state) == (2, "hr", "sheet.csv", "joiners", "partial")
    assert [(row.line, row.outcome, row.code) for row in run.rows] == [
        (2, "done", "linked"),
        (3, "refused", "held_by_other"),
    ]
    assert sum(run.counts.model_dump().values()) == run.total == len(run.rows) == 2
    assert [event.state for event in run.events] == ["received", "planned", "approved", "applying", "partial"]


def test_json_with_a_question(site):
    """The question and the recap stay off standard output."""
    said = site.run("import", site.sheet(ADA), "--json", answers="y\n")
    assert Run.model_validate(said.json).state == "applied"
    assert "Apply it?" in said.err


def test_the_same_file_again_changes_nothing(site):
    """Exit code 0, the run is `unchanged`, and the PBX made no operation."""
    site.import_(ADA)
    operations = site.ask("SELECT count(*) FROM operations", file="hq.pbx.sqlite3")
    said = site.run("import", site.sheet(ADA), "--json")
    run = Run.model_validate(said.json)
    assert said.code == 0
    assert (run.state, run.counts.unchanged) == ("unchanged", 1)
    assert site.ask("SELECT count(*) FROM operations", file="hq.pbx.sqlite3") == operations


def test_a_refused_file(site):
    """An empty file is rejected: exit code 1, kept, reported, and nothing was asked."""
    file = site.folder / "empty.csv"
    file.touch()
    said = site.run("import", file)
    assert said.code == 1
    assert "Run 1 is rejected. The file was refused; nothing was changed." in said.out
    assert "refused: The file is empty." in said.out
    assert site.states == {1: "rejected"}
    assert len(site.reports()) == 1


@pytest.mark.parametrize("command", ["check", "plan", "import"])
class TestNoFile:
    def test_it_is_missing(self, site, command):
        """Exit code 2, error and remedy; no run began."""
        said = site.run(command, "nowhere.csv")
        assert (said.code, said.out) == (2, "")
        assert said.err == "Error: There is no file nowhere.csv.\nRemedy: Check the path.\n"
        assert not (site.folder / "state" / "linecard.db").exists() or site.states == {}

    def test_it_is_a_folder(self, site, command):
        """Said, with what to give instead."""
        said = site.run(command, site.folder, "--json")
        assert (said.code, said.out) == (2, "")
        assert said.err == f"Error: {site.folder} is a folder.\nRemedy: Give the path of a CSV file.\n"

    def test_it_is_neither(self, site, command):
        """A device that never ends is not read."""
        assert site.run(command, "/dev/zero").err.startswith("Error: /dev/zero is not a plain file.\n")

    def test_it_cannot_be_read(self, site, command):
        """A file whose reading fails (this process's own memory, at address 0) is a sentence too."""
        said = site.run(command, "/proc/self/mem")
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("Error: ")
        assert "cannot be" in said.err

    def test_none_is_given(self, site, command):
        """The usage is shown; exit code 2."""
        said = site.run(command)
        assert said.code == 2
        assert "Missing argument 'FILE'." in said.err


class TestThePbxBelongsToSomebodyElse:
    """The file of the PBX is another program's database."""

    @pytest.fixture
    def foreign(self, site):
        for file in (site.folder / "state").glob("hq.pbx.sqlite3*"):
            file.unlink()
        site.ask("CREATE TABLE theirs (id INTEGER)", file="hq.pbx.sqlite3")
        return site

    def test_import_says_so(self, foreign):
        """Exit code 2, the file is named, and what to do."""
        said = foreign.run("import", foreign.sheet(ADA), "--yes", "--json")
        assert (said.code, said.out) == (2, "")
        assert said.err.endswith(
            "hq.pbx.sqlite3 belongs to another program.\nRemedy: Give this PBX a `path` of its own.\n"
        )

    def test_nothing_is_lost(self, foreign):
        """The file was kept, the run is listed, the other program's table is as it was; imported later, it is done."""
        foreign.run("import", foreign.sheet(ADA), "--yes")
        assert foreign.states == {1: "received"}
        assert [p.read_bytes() for p in (foreign.folder / "archive").rglob("*.csv")] == [
            foreign.sheet(ADA).read_bytes()
        ]
        assert foreign.ask("SELECT name FROM sqlite_schema", file="hq.pbx.sqlite3") == [("theirs",)]
        assert foreign.run("runs").code == 0
        (foreign.folder / "state" / "hq.pbx.sqlite3").unlink()
        foreign.import_(ADA)
        assert foreign.states == {1: "superseded", 2: "applied"}
