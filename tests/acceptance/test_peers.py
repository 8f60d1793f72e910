"""What users of other bulk tools for telephony complain of, turned into promises and held.

Each test is one complaint met again and again in the trackers and forums of such tools; its docstring is the promise.
All of them, with the tests elsewhere, stand in docs/complaints.md.
"""

from __future__ import annotations

import csv
import shutil
import signal
from pathlib import Path

import pytest

from acceptance.cli.shapes import Planned, Run, Runs
from acceptance.cli.terminal import Said, Site, typed, until


@pytest.fixture(scope="module")
def new_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("peers") / "site"
    assert typed("init", folder).code == 0
    return folder


@pytest.fixture
def site(new_site, tmp_path):
    return Site(Path(shutil.copytree(new_site, tmp_path / "site")))


def send(site: Site, content: str | bytes, *words: str) -> tuple[Said, Run]:
    """A file with this content imported; what was said and what came of it."""
    file = site.folder / "sent.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    said = site.run("import", file, "--yes", "--json", *words)
    return said, Run.model_validate(said.json)


def codes(run: Run) -> list[str]:
    return [row.code for row in run.rows]


def burden(site: Site, trigger: str) -> None:
    """Make the PBX itself behave like this."""
    site.run("members")
    site.ask(trigger, file="hq.pbx.sqlite3")


class TestFiles:
    def test_leading_zeros_count(self, site):
        """0123 stays 0123, from the sheet to the PBX and back into every report."""
        site.configure("extensions: 1000-4999", "extensions: 0100-0999")
        _, run = send(site, "Action,LoginEmail,Extension\nattach,ada@x.org,0123\n")
        assert codes(run) == ["linked"]
        assert site.holds() == {"0123": ("ada@x.org", None)}
        assert "0123" in site.run("report", "1", "--format", "csv").out

    def test_a_plus_that_a_spreadsheet_took_is_not_guessed_silently(self, site):
        """Where it is clear what the number was, it is mended and the row says so; where it is not, it is refused."""
        numbers = ("33199001000", "199001001", "99001002")
        rows = "".join(f"attach,m{i}@x.org,100{i},{number}\n" for i, number in enumerate(numbers))
        _, run = send(site, "Action,LoginEmail,Extension,Number\n" + rows)
        mended, *others = run.rows
        assert (mended.number, [warning.code for warning in mended.warnings]) == ("+33199001000", ["cleaned"])
        for row in others:
            assert row.outcome == "invalid" or [warning.code for warning in row.warnings] == ["cleaned"]
            assert row.remedy or row.warnings[0].message
        assert others[1].outcome == "invalid"

    def test_a_number_in_scientific_notation_is_refused(self, site):
        """4.41E+11 is damage, not a number: the row says so, its line and what to do."""
        _, run = send(site, "Action,LoginEmail,Extension,Number\nattach,ada@x.org,1000,4.41E+11\n")
        assert [(row.line, row.code) for row in run.rows] == [(2, "spreadsheet_damage")]
        assert run.rows[0].remedy
        assert site.holds() == {}

    def test_a_byte_order_mark_hides_no_column(self, site):
        """The first header is read with and without it."""
        _, run = send(site, b"\xef\xbb\xbfAction,LoginEmail,Extension\nattach,ada@x.org,1000\n")
        assert (codes(run), run.faults) == (["linked"], [])

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_a_spreadsheet_of_any_country_is_read(self, site, delimiter):
        """Semicolons are no error and no garbage."""
        text = "Action,LoginEmail,Extension,Number\nattach,ada@x.org,1000,+33199001000\n"
        send(site, text.replace(",", delimiter))
        assert site.holds() == {"1000": ("ada@x.org", "+33199001000")}

    @pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r", "\n\n\n"])
    def test_the_last_row_is_imported_and_no_row_twice(self, site, end):
        """With or without an end of line at the end."""
        rows = [f"attach,m{i}@x.org,100{i}" for i in range(3)]
        _, run = send(site, "Action,LoginEmail,Extension\n" + "\n".join(rows) + end)
        assert [row.line for row in run.rows] == [2, 3, 4]
        sent = site.ask("SELECT extension FROM operations ORDER BY extension", file="hq.pbx.sqlite3")
        assert sent == [("1000",), ("1001",), ("1002",)]

    def test_its_own_output_can_be_sent_back(self, site):
        """The retry sheet, corrected in one cell and its Reason left in, is imported; the numbers keep their plus."""
        send(site, "Action,LoginEmail,Extension,Number\nattach,ada@x.org,1000,+33199001000\n")
        _, run = send(site, "Action,LoginEmail,Extension,Number\nattach,bob@x.org,1000,+33199001001\n")
        retry = site.run("report", str(run.id), "--format", "retry").out
        (row,) = csv.DictReader(retry.lstrip("\ufeff").splitlines())
        assert row["Number"] == "'+33199001001"
        _, again = send(site, retry.replace(",1000,", ",1001,"))
        assert (codes(again), again.faults) == (["linked"], [])
        assert site.holds()["1001"] == ("bob@x.org", "+33199001001")

    def test_unknown_columns_do_no_harm_and_own_names_can_be_mapped(self, site):
        """A column too many is told and passed over; an HR system's header names are mapped in the configuration."""
        _, run = send(site, "Cost Centre,Action,LoginEmail,Extension\nA1,attach,ada@x.org,1000\n")
        assert codes(run) == ["linked"]
        assert [fault.code for fault in run.faults] == ["unknown_column"]
        site.configure("    default_pbx: hq", "    sheet: {columns: {LoginEmail: Courriel}}\n    default_pbx: hq")
        _, run = send(site, "Action,Courriel,Extension\nattach,bob@x.org,1001\n")
        assert (codes(run), run.faults) == (["linked"], [])

    def test_one_member_in_two_spellings_is_one_member(self, site):
        """Logins are compared without case: the second row moves the same person, and says that it undoes the first."""
        _, run = send(site, "Action,LoginEmail,Extension\nattach,Ada@X.org,1000\nattach,ada@x.ORG,1001\n")
        assert site.holds().get("1001") == ("ada@x.org", None)
        assert site.holds().get("1000", (None, None)) == (None, None)
        assert "overrides_line" in [warning.code for warning in run.rows[1].warnings]


MIXED = """\
Action,LoginEmail,Extension
attach,ada@x.org,1000
atach,bob@x.org,1001
attach,cy,1002
attach,dan@x.org,99
attach,eve@x.org,1003
"""


class TestFaults:
    def test_all_are_told_at_once_and_the_good_rows_go_through(self, site):
        """Not the first one only, and not all or nothing."""
        said, run = send(site, MIXED)
        assert said.code == 1
        assert [row.outcome for row in run.rows] == ["done", "invalid", "invalid", "invalid", "done"]
        assert set(site.holds()) == {"1000", "1003"}

    def test_which_rows_and_not_how_many(self, site):
        """Line, column, what was found, what to do: on the terminal and in JSON."""
        file = site.folder / "mixed.csv"
        file.write_text(MIXED)
        faults = site.run("check", file, "--json").json["faults"]
        assert [(f["line"], f["column"], f["value"]) for f in faults] == [
            (3, "Action", "atach"),
            (4, "LoginEmail", "cy"),
            (5, "Extension", "99"),
        ]
        assert all(f["message"] and f["remedy"] for f in faults)

    def test_counts_are_the_rows_behind_them(self, site):
        """What was skipped is not counted as done; every count is the number of its rows, and they add up."""
        _, run = send(site, MIXED)
        for outcome, count in run.counts.model_dump().items():
            assert count == sum(row.outcome == outcome for row in run.rows)
        assert sum(run.counts.model_dump().values()) == run.total == 5
        (listed,) = Runs.validate_python(site.run("runs", "--json").json)
        assert listed.counts == run.counts

    def test_scripts_see_that_it_failed(self, site):
        """The exit code says it, and a broken PBX is an error and not an answer."""
        assert send(site, "Action,LoginEmail,Extension\nattach,ada@x.org,1000\n")[0].code == 0
        assert send(site, MIXED)[0].code == 1
        (site.folder / "state" / "hq.pbx.sqlite3").write_text("this is no PBX")
        said = site.run("import", site.folder / "sent.csv", "--yes", "--json")
        assert (said.code, said.out) == (2, "")
        assert "hq.pbx.sqlite3" in said.err
        assert "Remedy: " in said.err

    def test_who_holds_it_is_named(self, site):
        """Never only "already assigned"."""
        send(site, "Action,LoginEmail,Extension,Number\nattach,ada@x.org,1000,+33199001000\n")
        _, run = send(
            site,
            "Action,LoginEmail,Extension,Number\nattach,bob@x.org,1000,\nattach,cy@x.org,1001,+33199001000\n",
        )
        assert codes(run) == ["held_by_other", "number_in_use"]
        assert all("ada@x.org" in row.message and row.remedy for row in run.rows)
        assert "1000" in run.rows[1].message


class TestPlans:
    def test_a_dry_run_is_dry(self, site):
        """`plan` and `check` write nothing anywhere: not to the PBX, not to linecard's own memory."""
        file = site.folder / "mixed.csv"
        file.write_text(MIXED)
        site.run("members")
        before = {path: path.read_bytes() for path in site.folder.rglob("*") if path.is_file()}
        site.run("plan", file)
        site.run("check", file)
        assert {path: path.read_bytes() for path in site.folder.rglob("*") if path.is_file()} == before

    def test_the_preview_is_the_plan(self, site):
        """What was shown and no less is what is done: changes one by one."""
        send(site, "Action,LoginEmail,Extension,Number\nattach,ada@x.org,1000,+33199001000\n")
        file = site.folder / "sent.csv"
        file.write_text("Action,LoginEmail,Extension,Number\nforce_attach,bob@x.org,1000,\nattach,cy@x.org,1001,\n")
        shown = Planned.model_validate(site.run("plan", file, "--json").json)
        site.run("import", file, "--yes")
        made = site.ask("SELECT extension, after_member FROM operations ORDER BY id", file="hq.pbx.sqlite3")[1:]
        assert [(change.extension, change.after.member) for change in shown.changes] == made

    def test_a_file_sent_again_says_that_nothing_was_done(self, site):
        """Not a bare success: all rows unchanged, counted as such, each with its reason."""
        send(site, "Action,LoginEmail,Extension\nattach,ada@x.org,1000\n")
        said, run = send(site, "Action,LoginEmail,Extension\nattach,ada@x.org,1000\n")
        assert (said.code, run.state, run.counts.unchanged, run.counts.done) == (0, "unchanged", 1, 0)
        assert run.rows[0].message == "ada@x.org already had 1000."

    def test_a_limit_can_be_passed_once_and_configured(self, site):
        """A plan over a limit is shown whole, with exit code 3 and no failure; its checksum lets this one plan pass."""
        send(site, "Action,LoginEmail,Extension\nattach,ada@x.org,1000\nattach,bob@x.org,1001\n")
        site.configure("    default_pbx: hq", "    limits: {detach: {count: 1}}\n    default_pbx: hq")
        file = site.folder / "leavers.csv"
        file.write_text("Action,LoginEmail\ndetach,ada@x.org\ndetach,bob@x.org\n")
        said = site.run("plan", file, "--json")
        plan = Planned.model_validate(said.json)
        assert (said.code, len(plan.changes), len(plan.holds)) == (3, 2, 1)
        assert "limit" not in said.err
        assert site.run("import", file, "--yes").code == 3
        assert site.run("import", file, "--approve", plan.checksum).code == 0
        site.configure("detach: {count: 1}", "detach: {count: 2}")
        send(site, "Action,LoginEmail,Extension\nattach,ada@x.org,1000\nattach,bob@x.org,1001\n")
        assert site.run("plan", file).code == 0

    def test_changing_one_thing_leaves_the_others(self, site):
        """A blank Number is no order to remove it, and a new holder does not reset it."""
        send(site, "Action,LoginEmail,Extension,Number\nattach,ada@x.org,1000,+33199001000\n")
        send(site, "Action,LoginEmail,Extension,Number\nforce_attach,bob@x.org,1000,\n")
        assert site.holds() == {"1000": ("bob@x.org", "+33199001000")}
        send(site, "Action,LoginEmail\ndetach,bob@x.org\n")
        assert site.holds() == {"1000": (None, "+33199001000")}


TWO = "Action,LoginEmail,Extension\nattach,ada@x.org,1000\nattach,bob@x.org,1001\n"


class TestApplying:
    def test_no_success_that_is_not_read_back(self, site):
        """A PBX that says yes and does nothing is found out, row by row, in the same run."""
        burden(
            site,
            "CREATE TRIGGER pretends AFTER INSERT ON extensions WHEN NEW.extension = '1001' "
            "BEGIN UPDATE extensions SET member = NULL WHERE extension = '1001'; END",
        )
        said, run = send(site, TWO)
        assert said.code == 1
        assert [(row.outcome, row.code) for row in run.rows] == [("done", "linked"), ("failed", "not_read_back")]
        assert run.rows[1].remedy

    def test_the_words_of_the_pbx_reach_the_reader(self, site):
        """An obstacle that only the PBX knows of is told in its words, on the row that met it; the others are done."""
        burden(
            site,
            "CREATE TRIGGER refuses BEFORE INSERT ON extensions WHEN NEW.extension = '1001' "
            "BEGIN SELECT RAISE(ABORT, 'a ring group has this extension'); END",
        )
        _, run = send(site, TWO)
        assert [(row.outcome, row.code) for row in run.rows] == [("done", "linked"), ("failed", "pbx_refused")]
        assert "a ring group has this extension" in run.rows[1].message

    def test_what_can_be_written_can_be_read(self, site):
        """`members` shows every link and number that a sheet can set, read from the PBX."""
        send(site, "Action,LoginEmail,Extension,Number\nattach,ada@x.org,1000,+33199001000\n")
        assert site.run("members", "--json").json == [
            {"pbx": "hq", "extension": "1000", "member": "ada@x.org"}
            | {"number": "+33199001000", "numbers": ["+33199001000"]}
        ]

    def test_killed_in_the_middle_it_is_known_what_was_done(self, site):
        """Nothing stays "in progress": the next import finishes the first, and every row has its end."""
        rows = [f"attach,m{i}@x.org,{1000 + i}" for i in range(2500)]
        file = site.folder / "long.csv"
        file.write_text("Action,LoginEmail,Extension\n" + "\n".join(rows))
        with site.process("import", file, "--yes") as process:
            until(lambda: site.ask("SELECT 1 FROM pbx_change WHERE fate = 'done' LIMIT 1"))
            process.send_signal(signal.SIGKILL)
            process.wait()
        site.sheet("attach,late@x.org,,4000,", name="late.csv")
        said = site.run("import", site.folder / "late.csv", "--yes")
        assert said.code == 0, said
        assert site.states == {1: "applied", 2: "applied"}
        first = Run.model_validate(site.run("show", "1", "--json").json)
        assert (first.counts.done, first.total) == (2500, 2500)
        sent = site.ask("SELECT count(*), count(DISTINCT extension) FROM operations", file="hq.pbx.sqlite3")
        assert sent == [(2501, 2501)]

    def test_every_fact_is_there_for_people_and_for_programs(self, site):
        """The result as CSV and as JSON, with who did it and when."""
        _, run = send(site, MIXED, "--description", "joiners")
        table = list(csv.DictReader(site.run("report", "1", "--format", "csv").out.lstrip("\ufeff").splitlines()))
        assert [(int(r["Line"]), r["Outcome"], r["Code"]) for r in table] == [
            (row.line, row.outcome, row.code) for row in run.rows
        ]
        assert all(event.who and event.at.tzinfo for event in run.events)
        assert run.description == "joiners"
