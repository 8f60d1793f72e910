"""Promise 4: every run can be put back, exactly, and nothing that somebody changed since is taken away."""

from __future__ import annotations

import pytest

from acceptance.cli.terminal import Site, typed

START = ("ada", "bob", "cyd", "dan", "eve")
CHANGES = (
    "force_attach,new@x.org,,1000,",
    "attach,bob@x.org,,1100,",
    "force_attach,cyd@x.org,,1003,",
    "force_attach,dan@x.org,,1002,",
    "detach,eve@x.org,,,",
    "attach,joiner@x.org,,1200,+33199001200",
)


def members(site: Site) -> list:
    listed = site.run("members", "--json").json
    return sorted((m["extension"], m["member"], m["numbers"]) for m in listed)


@pytest.fixture
def site(tmp_path) -> Site:
    """Five people with a number each, then a run that changes all of them."""
    assert typed("init", tmp_path / "site").code == 0
    site = Site(tmp_path / "site")
    site.import_(*(f"attach,{who}@x.org,,{1000 + n},+3319900100{n}" for n, who in enumerate(START)))
    return site


def test_undo_puts_everything_back_and_can_be_undone(site: Site) -> None:
    """A takeover, a move, a swap, a leaver and a joiner with a number that nobody had: exactly as it was."""
    before = members(site)
    site.import_(*CHANGES, name="changes.csv")
    after = members(site)
    said = site.run("undo", "2", "--yes", "--json")
    assert said.code == 0, said
    assert (said.json["state"], said.json["description"]) == ("applied", "Undoes run 2")
    assert members(site) == before
    assert site.run("undo", "3", "--yes").code == 0
    assert members(site) == after


def test_the_undo_sheet_of_a_run_puts_everything_back(site: Site, tmp_path) -> None:
    """Looked at, planned, and imported or dropped like any other; numbers that were not there are gone again."""
    before = members(site)
    site.import_(*CHANGES, name="changes.csv")
    back = tmp_path / "back.csv"
    assert site.run("report", "2", "--format", "undo", "-o", back).code == 0
    assert "back: none; left: joiner@x.org +33199001200" in back.read_text()
    assert site.run("plan", back).code == 0
    said = site.run("import", back, "--yes")
    assert said.code == 0, said
    assert members(site) == before


def test_what_somebody_changed_since_is_refused_by_row_and_named(site: Site) -> None:
    """A later holder keeps the extension, a later number stays; all else is put back; the rows come as a sheet."""
    site.import_(*CHANGES, name="changes.csv")
    site.import_("attach,late@x.org,,1004,", "attach,joiner@x.org,,1200,+33199001299", name="later.csv")
    said = site.run("undo", "2", "--yes", "--json")
    assert said.code == 1, said
    wrong = {
        row["extension"]: row for row in site.run("show", "4", "--json").json["rows"] if row["outcome"] == "refused"
    }
    assert {extension: row["code"] for extension, row in wrong.items()} == {
        "1004": "changed_since",
        "1200": "changed_since",
    }
    assert "late@x.org" in wrong["1004"]["message"]
    now = {extension: (member, numbers) for extension, member, numbers in members(site)}
    assert now["1004"] == ("late@x.org", ["+33199001004"])
    assert now["1200"] == ("joiner@x.org", ["+33199001299"])
    assert [now[f"100{n}"][0] for n in range(4)] == ["ada@x.org", "bob@x.org", "cyd@x.org", "dan@x.org"]
    retry = site.run("report", "4", "--format", "retry").out
    again = site.sheet(name="again.csv", head=retry.removeprefix("\ufeff"))
    assert site.run("import", again, "--yes").code == 1, "the same is in the way"
    site.import_("detach,late@x.org,,1004,", name="let-go.csv")
    assert site.run("import", again, "--yes").code == 1, "1200 is still another"
    assert {m[0]: m[1] for m in members(site)}["1004"] == "eve@x.org"


def test_a_file_of_other_columns_cannot_restore(site: Site) -> None:
    """The word is an action only under the very header that linecard itself writes."""
    before = members(site)
    head = "Action,LoginEmail,PbxId,Extension,Linecard-Restore\n"
    sheet = site.sheet("restore,eve@x.org,hq,1000,back: none; left: ada@x.org +33199001000", head=head)
    assert site.run("import", sheet, "--yes").code == 1
    assert members(site) == before


def test_a_run_that_changed_nothing_has_nothing_to_put_back(site: Site) -> None:
    """The sheet has a header and no rows; importing it, or undoing the run, changes nothing."""
    site.import_("detach,nobody@x.org,,,", name="nobody.csv")
    assert site.run("report", "2", "--format", "undo").out.count("\n") == 1
    assert site.run("undo", "2", "--yes").code == 0


def test_words_with_which_a_feed_asks_for_nothing_mean_nothing_to_an_undo(site: Site) -> None:
    """An extension that nobody had is put back with a blank login, which this inbox passes over in its feed."""
    site.configure(
        "path: inbox/hr\n", "path: inbox/hr\n    sheet: {ignore_rows: {LoginEmail: [''], Action: [restore]}}\n"
    )
    before = members(site)
    site.import_(*CHANGES, name="changes.csv")
    assert site.run("undo", "2", "--yes", "--json").json["counts"]["unchanged"] == 0
    assert members(site) == before
