"""One sheet for several PBXs: each row goes where it belongs, and one PBX does not keep the other from its changes."""

from __future__ import annotations

import pytest

from acceptance.cli.shapes import Run


@pytest.fixture
def held(two_pbxs):
    """Ada has an extension on both PBXs, Bob one on `lab`."""
    two_pbxs.import_("attach,ada@x.org,hq,1000,", "attach,ada@x.org,lab,5000,", "attach,bob@x.org,lab,5001,")
    return two_pbxs


def test_a_blank_pbx_is_the_default_of_the_inbox(two_pbxs):
    """attach without PbxId goes to `hq`, with it to the PBX named, in any case."""
    two_pbxs.import_("attach,ada@x.org,,1000,", "attach,bob@x.org,LAB,5000,")
    assert two_pbxs.holds("hq") == {"1000": ("ada@x.org", None)}
    assert two_pbxs.holds("lab") == {"5000": ("bob@x.org", None)}


def test_a_blank_detach_takes_everything_everywhere(held):
    """One row, both PBXs; it says what was lost where."""
    said = held.run("import", held.sheet("detach,ada@x.org,,,"), "--yes", "--json")
    (row,) = Run.model_validate(said.json).rows
    assert said.code == 0
    assert held.holds("hq") == {"1000": (None, None)}
    assert held.holds("lab") == {"5000": (None, None), "5001": ("bob@x.org", None)}
    assert "1000 (hq)" in row.message
    assert "5000 (lab)" in row.message
    assert len(row.also) == 1


def test_a_detach_that_names_the_pbx_takes_what_is_there(held):
    """The other PBX keeps its link."""
    held.import_("detach,ada@x.org,lab,,")
    assert held.holds("hq") == {"1000": ("ada@x.org", None)}
    assert held.holds("lab")["5000"] == (None, None)


def test_each_pbx_has_its_own_extensions(two_pbxs):
    """5000 is of `lab` and not of `hq`."""
    said = two_pbxs.run("import", two_pbxs.sheet("attach,ada@x.org,hq,5000,", "attach,ada@x.org,lab,5000,"), "--yes")
    assert said.code == 1
    assert two_pbxs.holds("lab") == {"5000": ("ada@x.org", None)}
    assert "extensions" not in str(two_pbxs.holds("hq"))


def test_an_unknown_pbx(two_pbxs):
    """The row is invalid and says which there are; the others are done."""
    file = two_pbxs.sheet("attach,ada@x.org,paris,1000,", "attach,bob@x.org,hq,1001,")
    said = two_pbxs.run("import", file, "--yes", "--json")
    run = Run.model_validate(said.json)
    assert [(row.outcome, row.code) for row in run.rows] == [("invalid", "unknown_pbx"), ("done", "linked")]
    assert "hq" in f"{run.rows[0].message} {run.rows[0].remedy}"


class TestOneIsDown:
    def test_when_it_cannot_be_read_nothing_is_planned_on_a_guess(self, two_pbxs):
        """A sheet that names it is not imported: exit code 2; one that does not is."""
        (two_pbxs.folder / "state" / "lab.pbx.sqlite3").write_text("this is no PBX")
        both = two_pbxs.sheet("attach,ada@x.org,hq,1000,", "attach,bob@x.org,lab,5000,", name="both.csv")
        said = two_pbxs.run("import", both, "--yes")
        assert (said.code, two_pbxs.holds()) == (2, {})
        assert "lab.pbx.sqlite3" in said.err
        two_pbxs.import_("attach,ada@x.org,hq,1000,")
        assert two_pbxs.holds() == {"1000": ("ada@x.org", None)}

    def test_when_it_goes_down_after_the_question_nothing_is_sent(self, two_pbxs):
        """What the plan rests on cannot be read again: the other PBX has to wait too, and the run is kept."""
        file = two_pbxs.sheet("attach,ada@x.org,lab,5000,", "attach,bob@x.org,hq,1000,")
        with two_pbxs.process("import", file, "--json") as process:
            two_pbxs.asked()
            for path in (two_pbxs.folder / "state").glob("lab.pbx.sqlite3*"):
                path.unlink()
            (two_pbxs.folder / "state" / "lab.pbx.sqlite3").write_text("this is no PBX")
            _, err = process.communicate("y\n", timeout=60)
        assert process.returncode == 2, err
        assert "lab.pbx.sqlite3" in err
        assert two_pbxs.holds("hq") == {}
        assert len(two_pbxs.states) == 1

    def test_what_broke_off_on_it_keeps_only_sheets_that_name_it(self, two_pbxs):
        """They are refused with the run that comes first; others are imported, and `resume` finishes it later."""
        file = two_pbxs.sheet("force_attach,ada@x.org,lab,5000,", name="old.csv")
        two_pbxs.run("members")
        with two_pbxs.process("import", file) as process:
            two_pbxs.asked()
            two_pbxs.dial("5000", "late@x.org", pbx="lab")
            process.communicate("y\nn\n", timeout=60)
        lab = two_pbxs.folder / "state" / "lab.pbx.sqlite3"
        lab.rename(lab.with_suffix(".away"))
        lab.write_text("this is no PBX")
        said = two_pbxs.run("import", two_pbxs.sheet("attach,bob@x.org,hq,1000,"), "--yes")
        assert (said.code, two_pbxs.holds()) == (0, {"1000": ("bob@x.org", None)}), said
        assert "Run 1 (old.csv) was interrupted and cannot be finished yet" in said.err
        said = two_pbxs.run("import", two_pbxs.sheet("attach,cy@x.org,lab,5001,", name="new.csv"), "--yes")
        assert (said.code, len(two_pbxs.states)) == (2, 2)
        assert "Run 1 was interrupted and comes first on lab" in said.err
        assert two_pbxs.run("resume", "--yes").code == 2
        lab.with_suffix(".away").replace(lab)
        assert two_pbxs.run("resume", "--yes").code == 3, "it is another plan than the approved one"
        ((checksum,),) = two_pbxs.ask("SELECT checksum FROM run WHERE id = 1")
        assert two_pbxs.run("resume", "--approve", checksum).code == 0
        assert two_pbxs.holds("lab") == {"5000": ("ada@x.org", None)}
