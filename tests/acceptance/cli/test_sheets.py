"""`sample`, `check` and `plan`: from an empty page to a plan, with nothing changed."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import openpyxl
import pytest

from acceptance.cli.shapes import Checked, Planned
from acceptance.cli.terminal import PROGRAM, typed


@pytest.mark.parametrize("delimiter", [",", ";", "|", "tab"])
class TestSample:
    def test_it_has_no_fault_with_any_delimiter(self, site, delimiter):
        """What `sample` prints, `check` finds nothing to say of, its comments included."""
        file = site.folder / "sample.csv"
        file.write_text(typed("sample", "--delimiter", delimiter).out, encoding="utf-8")
        checked = Checked.model_validate(site.run("check", file, "--json").json)
        assert (checked.rows, checked.faults) == (4, [])

    def test_written_for_excel_it_has_none_either(self, site, delimiter):
        """With -o it has the mark and the line ends of Excel, and reads the same."""
        file = site.folder / "sample.csv"
        assert typed("sample", "--delimiter", delimiter, "-o", file).code == 0
        assert file.read_bytes().startswith(b"\xef\xbb\xbfAction")
        assert b"\r\n" in file.read_bytes()
        assert site.run("check", file).out == "4 rows: 4 valid, 0 invalid; 0 warnings.\n"


def test_the_sample_overwrites_no_sheet_that_is_there(site):
    """A sheet that was filled in is not lost to a second `sample -o`."""
    file = site.sheet("attach,ada@x.org,,1000,")
    before = file.read_bytes()
    said = typed("sample", "-o", file)
    assert (said.code, file.read_bytes()) == (2, before)
    assert said.err == f"Error: {file} is there already.\nRemedy: Choose another name, or remove it first.\n"


def test_a_check_loads_nothing_of_the_state_database(site):
    """It opens none: to load SQLAlchemy would take a quarter of the time that a short sheet takes."""
    code = (
        "import sys, atexit\n"
        "from linecard.cli import main\n"
        "atexit.register(lambda: print(sorted({'sqlalchemy', 'alembic', 'jinja2', 'rich'} & sys.modules.keys())))\n"
        "main(['--config', *sys.argv[1:]], standalone_mode=False)"
    )
    words = [sys.executable, "-c", code, site.config, "check", site.sheet("attach,ada@x.org,,1000,")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["1 row: 1 valid, 0 invalid; 0 warnings.", "[]"]


def test_a_sample_that_cannot_be_written_is_said_in_a_sentence(tmp_path):
    """No folder, no file, no traceback."""
    said = typed("sample", "-o", tmp_path / "nowhere" / "sheet.csv")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Error: ")
    assert "cannot be written: No such file or directory." in said.err


def test_the_real_program_prints_the_sample_to_a_pipe():
    """The installed command, as a shell calls it."""
    printed = subprocess.run([PROGRAM, "sample"], capture_output=True, text=True, check=True)
    assert printed.stdout.startswith("Action,LoginEmail,PbxId,Extension,Number\nattach,")
    assert printed.stderr == ""


class TestCheck:
    def test_a_clean_sheet(self, site):
        """Exit code 0 and one line."""
        said = site.run("check", site.sheet("attach,ada@x.org,,1000,"))
        assert (said.code, said.out, said.err) == (0, "1 row: 1 valid, 0 invalid; 0 warnings.\n", "")

    def test_every_fault_is_told_at_once(self, site):
        """Line, column, code, sentence and remedy of each; exit code 1."""
        said = site.run("check", site.sheet("atach,ada@x.org,,1000,", "attach,bob,,9999,", "attach,cy@x.org,,1001,"))
        assert said.code == 1
        assert "line 2, Action: error bad_action: " in said.out
        assert "line 3, LoginEmail: error bad_email: " in said.out
        assert "line 3, Extension: error out_of_range: " in said.out
        assert said.out.endswith("3 rows: 1 valid, 2 invalid; 0 warnings.\n")

    def test_json(self, site):
        """The same facts, and nothing else on standard output."""
        said = site.run("check", site.sheet("attach,bob,,9999,"), "--json")
        checked = Checked.model_validate(said.json)
        assert said.code == 1
        assert {(f.line, f.column, f.code) for f in checked.faults} == {
            (2, "LoginEmail", "bad_email"),
            (2, "Extension", "out_of_range"),
        }
        assert all(fault.remedy for fault in checked.faults)
        assert (checked.inbox, checked.rows, checked.invalid, checked.refused) == ("hr", 1, 1, False)

    def test_a_warning_is_no_fault(self, site):
        """A column nobody knows is told, and the exit code is 0."""
        said = site.run("check", site.sheet("attach,ada@x.org,1000,A1", head="Action,Email,Extension,Cost Centre\n"))
        assert said.code == 0
        assert "line 1, Cost Centre: warning unknown_column: " in said.out

    def test_a_refused_file(self, site):
        """An empty file is refused as a whole; exit code 1."""
        file = site.folder / "empty.csv"
        file.touch()
        said = site.run("check", file)
        assert said.code == 1
        assert said.out.startswith("file: error empty: The file is empty.\n")
        assert said.out.endswith("The file is refused as a whole.\n")
        assert Checked.model_validate(site.run("check", file, "--json").json).refused

    def test_no_pbx_is_asked(self, site):
        """A sheet can be checked while the PBX is away."""
        (site.folder / "state" / "hq.pbx.sqlite3").write_text("this is no PBX")
        assert site.run("check", site.sheet("attach,ada@x.org,,1000,")).code == 0

    def test_many_faults_are_cut_short_for_people_only(self, site):
        """A hundred are shown and the rest is counted; JSON has all of them."""
        file = site.sheet(*["atach,ada@x.org,,1000,"] * 150)
        assert "... and 50 more; --json lists them all.\n" in site.run("check", file).out
        assert len(site.run("check", file, "--json").json["faults"]) == 150


class TestPlan:
    def test_it_shows_rows_changes_and_counts(self, site):
        """What each row would do, what would change on the PBX, and the checksum; exit code 0."""
        site.import_("attach,bob@x.org,,1001,+33199001001")
        said = site.run("plan", site.sheet("attach,ada@x.org,,1000,", "force_attach,cy@x.org,,1001,"))
        assert said.code == 0
        assert "ada@x.org would get 1000." in said.out
        assert "cy@x.org would get 1001 and bob@x.org would lose it." in said.out
        assert "  hq 1000: (nobody) -> ada@x.org\n" in said.out
        assert "  hq 1001: bob@x.org +33199001001 -> cy@x.org +33199001001\n" in said.out
        assert "2 changes would be made; nothing was changed." in said.out

    def test_nothing_is_changed(self, site):
        """No PBX, no run, no report, no file in the archive."""
        site.run("plan", site.sheet("attach,ada@x.org,,1000,"))
        assert (site.holds(), site.states, site.reports()) == ({}, {}, [])
        assert not any(path.is_file() for path in (site.folder / "archive").rglob("*"))

    def test_json(self, site):
        """Rows, changes, counts that add up, faults, holds and the checksum."""
        file = site.sheet("attach,ada@x.org,,1000,", "attach,bob,,1001,", "attach,cy@x.org,,1000,")
        said = site.run("plan", file, "--json")
        planned = Planned.model_validate(said.json)
        assert said.code == 1
        assert [row.outcome for row in planned.rows] == ["done", "invalid", "refused"]
        assert sum(planned.counts.model_dump().values()) == len(planned.rows)
        assert [(change.extension, change.after.member) for change in planned.changes] == [("1000", "ada@x.org")]
        assert [fault.code for fault in planned.faults] == ["bad_email"]
        assert len(planned.checksum) == 64

    def test_what_it_shows_is_what_import_does(self, site):
        """The checksum, the counts and the outcome of every row are those of the import after it."""
        site.import_("attach,bob@x.org,,1001,")
        file = site.sheet("force_attach,ada@x.org,,1001,", "attach,bob@x.org,,1002,+33199001002", "detach,cy@x.org,,,")
        planned = Planned.model_validate(site.run("plan", file, "--json").json)
        done = site.run("import", file, "--yes", "--json").json
        assert done["checksum"] == planned.checksum
        assert [(r["outcome"], r["code"], r["before"], r["after"]) for r in done["rows"]] == [
            (r.outcome, r.code, r.before and r.before.model_dump(), r.after and r.after.model_dump())
            for r in planned.rows
        ]

    def test_a_refused_file(self, site):
        """Exit code 1, and the reason."""
        file = site.folder / "utf16.csv"
        file.write_text("Action,LoginEmail,Extension\n", encoding="utf-16")
        said = site.run("plan", file)
        assert said.code == 1
        assert "The file is refused as a whole; nothing would be changed.\n" in said.out
        assert Planned.model_validate(site.run("plan", file, "--json").json).changes == []

    def test_a_pbx_that_does_not_answer(self, site):
        """Exit code 2, a sentence that names the file, and not half an answer on standard output."""
        (site.folder / "state" / "hq.pbx.sqlite3").write_text("this is no PBX")
        said = site.run("plan", site.sheet("attach,ada@x.org,,1000,"), "--json")
        assert (said.code, said.out) == (2, "")
        assert "hq.pbx.sqlite3" in said.err
        assert "Remedy: " in said.err


def test_a_sample_as_a_workbook_is_checked_planned_and_imported_as_it_is(site):
    """Its cells are text, and what each column means is said in its header; nothing is written over."""
    file = site.folder / "sheet.xlsx"
    assert typed("sample", "-o", file).code == 0
    book = openpyxl.load_workbook(file)
    assert [[cell.value for cell in row] for row in book["Sheet"].iter_rows(min_row=2, max_row=2)] == [
        ["attach", "ada.lovelace@example.com", None, "1234", "+33 1 23 45 67 89"]
    ]
    assert all(cell.comment for cell in book["Sheet"][1])
    assert site.run("check", file).out == "4 rows: 4 valid, 0 invalid; 0 warnings.\n"
    assert site.run("import", file, "--yes").code == 0
    assert site.holds()["1234"] == ("ada.lovelace@example.com", "+33123456789")
    again = typed("sample", "-o", file)
    assert (again.code, again.out) == (2, "")
    assert f"{file} is there already." in again.err


def test_a_retry_sheet_as_a_workbook_says_the_same_as_the_csv_file(site):
    assert site.run("import", site.sheet("atach,ada@x.org,,1000,+33199001000", "attach,bo@x.org,,1001,"), "--yes").code
    for form in ("retry", "undo"):
        file = site.folder / f"{form}.xlsx"
        assert site.run("report", "1", "--format", form, "--workbook", "-o", file).code == 0
        sheet = openpyxl.load_workbook(file)["Sheet"]
        found = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
        csv_rows = csv.reader(io.StringIO(site.run("report", "1", "--format", form).out.removeprefix("\ufeff")))
        assert found == [[cell.removeprefix("'") for cell in row] for row in csv_rows]
        assert site.run("plan", file).code == (form == "retry")


@pytest.mark.parametrize("form", ["html", "csv", "json", "text"])
def test_only_what_can_be_sent_again_is_written_as_a_workbook(site, form):
    site.import_("attach,ada@x.org,,1000,")
    said = site.run("report", "1", "--format", form, "--workbook", "-o", site.folder / "x.xlsx")
    assert said.code == 2
    assert "--workbook goes with --format retry or undo" in said.err
    assert not (site.folder / "x.xlsx").exists()
