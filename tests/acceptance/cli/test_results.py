"""`runs`, `show` and `report`: what came of it, for people and for programs."""

from __future__ import annotations

import csv
import json

import pytest

from acceptance.cli.shapes import Run, Runs

ROWS = ("attach,ada@x.org,,1000,+33199001000", "attach,bob@x.org,,1000,", "attach,cy,,1001,")


@pytest.fixture
def imported(site):
    """One run of three rows: one done, one refused, one invalid."""
    assert site.run("import", site.sheet(*ROWS, name="joiners.csv"), "--yes", "--description", "of May").code == 1
    return site


class TestRuns:
    def test_none_yet(self, site):
        """A sentence, or an empty list."""
        assert site.run("runs").out == "There are no runs yet.\n"
        assert site.run("runs", "--json").json == []

    def test_the_table(self, imported):
        """One line a run, the newest first, its columns in line."""
        imported.import_("attach,dan@x.org,,1002,")
        head, newest, oldest = imported.run("runs").out.splitlines()
        assert head.split() == ["Run", "Began", "(UTC)", "Inbox", "Result", "Rows", "File"]
        assert newest.startswith("2    ")
        assert oldest.startswith("1    ")
        assert oldest[head.index("Result") :].split()[0] == "partial"
        assert oldest[head.index("Rows") :].startswith("1 done, 1 invalid, 1 refused")
        assert oldest.endswith("joiners.csv")

    def test_json(self, imported):
        """The facts of each run, with counts that add up and the path of its report."""
        (run,) = Runs.validate_python(imported.run("runs", "--json").json)
        assert (run.id, run.file, run.description, run.state) == (1, "joiners.csv", "of May", "partial")
        assert sum(run.counts.model_dump().values()) == run.total == 3
        assert run.report == str(imported.reports()[0])

    def test_a_run_of_which_nothing_was_sent_but_a_row_was_refused_is_not_called_unchanged(self, imported):
        """Its state is, and its result says that a person is needed, wherever runs are listed."""
        said = imported.run("import", imported.sheet("attach,bob@x.org,,1000,"), "--yes")
        assert (said.code, said.out.splitlines()[1][:17]) == (1, "Run 2 is partial.")
        (run, _) = Runs.validate_python(imported.run("runs", "--json").json)
        assert (run.state, run.result) == ("unchanged", "partial")
        newest = imported.run("runs").out.splitlines()[1].split()
        assert newest[4:7] == ["partial", "1", "refused"]
        assert imported.run("status").out.split("Last runs:")[1].splitlines()[2].split()[-1] == "partial"
        assert imported.run("digest").out.split("Files:")[1].splitlines()[2].split()[4] == "partial"
        assert {one["result"] for one in imported.run("digest", "--json").json["ended"]} == {"partial"}
        assert "Run 2 (partial)" in imported.run("show", "2").out
        imported.import_("attach,ada@x.org,,1000,")
        assert imported.run("runs").out.splitlines()[1].split()[4:6] == ["unchanged", "1"]

    def test_only_the_last(self, imported):
        """--last cuts the list."""
        imported.import_("attach,dan@x.org,,1002,")
        assert [run["id"] for run in imported.run("runs", "--json", "--last", "1").json] == [2]


class TestShow:
    def test_it_reads_well(self, imported):
        """What came of it first, then the rows that need a person, with line, reason and remedy."""
        said = imported.run("show", "1")
        assert said.code == 0
        assert "1000 is held by ada@x.org." in said.out
        assert "write force_attach if bob@x.org should take it over." in said.out

    def test_json(self, imported):
        """The same facts that `import --json` gave."""
        run = Run.model_validate(imported.run("show", "1", "--json").json)
        assert [row.outcome for row in run.rows] == ["done", "refused", "invalid"]
        assert run.headline.tone == "attention"

    @pytest.mark.parametrize("words", [("show", "7"), ("show", "7", "--json"), ("report", "7")])
    def test_there_is_no_such_run(self, imported, words):
        """Exit code 2, and where the numbers are."""
        said = imported.run(*words)
        assert (said.code, said.out) == (2, "")
        assert said.err == "Error: There is no run 7.\nRemedy: `linecard runs` lists them.\n"

    def test_a_run_is_a_number(self, imported):
        """Exit code 2 with the usage."""
        assert imported.run("show", "joiners.csv").code == 2


class TestReport:
    @pytest.mark.parametrize("form", ["html", "csv", "json", "text", "retry"])
    def test_on_standard_output_and_in_a_file_it_is_the_same(self, imported, form):
        """Byte for byte, whenever it is written."""
        file = imported.folder / "out" / "report"
        printed = imported.run("report", "1", "--format", form)
        assert (printed.code, printed.err) == (0, "")
        assert imported.run("report", "1", "--format", form, "-o", file).out == ""
        assert file.read_bytes().decode() == printed.out
        assert "ada@x.org" in printed.out or form == "retry"

    def test_json_is_that_of_show(self, imported):
        """One shape for all."""
        printed = json.loads(imported.run("report", "1", "--format", "json").out)
        assert printed == imported.run("show", "1", "--json").json
        Run.model_validate(printed)

    def test_the_retry_sheet_corrected_can_be_imported(self, imported):
        """The rows that were not done, with the reason of each; put right, they are done."""
        file = imported.folder / "retry.csv"
        imported.run("report", "1", "--format", "retry", "-o", file)
        text = file.read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(text.splitlines()))
        assert [row["LoginEmail"] for row in rows] == ["bob@x.org", "cy"]
        assert all(row["Reason"] for row in rows)
        file.write_text(text.replace("bob@x.org,,1000", "bob@x.org,,1003").replace("cy,", "cy@x.org,"))
        said = imported.run("import", file, "--yes")
        assert said.code in (0, 1)
        assert imported.run("plan", file).code == said.code

    def test_an_unknown_format(self, imported):
        """Exit code 2, and which there are."""
        said = imported.run("report", "1", "--format", "pdf")
        assert said.code == 2
        assert "There is no format pdf; choose one of html, csv, json, text, retry, undo." in said.err

    def test_a_file_that_cannot_be_written(self, imported):
        """A sentence, and no half file."""
        said = imported.run("report", "1", "-o", imported.config / "report.txt")
        assert said.code == 2
        assert said.err.startswith("Error: ")
        assert "cannot be written" in said.err
