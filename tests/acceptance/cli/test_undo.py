"""Promise 4: every run can write the sheet that puts things back."""

from __future__ import annotations

from acceptance.cli.terminal import Site, typed


def members(site: Site) -> list:
    return sorted((m["extension"], m["member"], m["number"]) for m in site.run("members", "--json").json if m["member"])


def test_the_undo_sheet_of_a_run_puts_everything_back(tmp_path):
    """A takeover, a move, a swap, a leaver and a joiner; imported, each has what they had, and nobody else."""
    assert typed("init", tmp_path / "site").code == 0
    site = Site(tmp_path / "site")
    start = ("ada", "bob", "cyd", "dan", "eve")
    site.import_(*(f"attach,{who}@x.org,,{1000 + n},+3319900100{n}" for n, who in enumerate(start)))
    before = members(site)
    site.import_(
        "force_attach,new@x.org,,1000,",
        "attach,bob@x.org,,1100,",
        "force_attach,cyd@x.org,,1003,",
        "force_attach,dan@x.org,,1002,",
        "detach,eve@x.org,,,",
        "attach,joiner@x.org,,1200,+33199001200",
        name="changes.csv",
    )
    assert members(site) != before
    back = tmp_path / "back.csv"
    assert site.run("report", "2", "--format", "undo", "-o", back).code == 0
    said = site.run("import", back, "--yes")
    assert said.code == 0, said
    assert members(site) == before


def test_a_run_that_changed_nothing_has_nothing_to_put_back(tmp_path):
    """The sheet has a header and no rows."""
    assert typed("init", tmp_path / "site").code == 0
    site = Site(tmp_path / "site")
    site.import_("detach,nobody@x.org,,,")
    assert site.run("report", "1", "--format", "undo").out.count("\n") == 1
