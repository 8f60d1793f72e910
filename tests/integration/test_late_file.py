"""Files of a feed that come one after the other: one that is older is warned of, one that gives way names the other."""

from __future__ import annotations

import pytest

from acceptance.cli.terminal import HEAD, Site, typed


@pytest.fixture
def site(tmp_path) -> Site:
    assert typed("init", tmp_path / "site").code == 0
    site = Site(tmp_path / "site")
    limits = "limits: {force: {count: 0}}"
    site.configure(
        "path: inbox/hr\n", f'path: inbox/hr\n    settle: 0\n    {limits}\n    pattern: "people_{{date}}.csv"\n'
    )
    return site


def came(site: Site, day: str, row: str) -> dict:
    """The run of a file that came, as `linecard once` tells of it."""
    (site.folder / f"inbox/hr/people_{day}.csv").write_text(f"{HEAD}{row}\n")
    (run,) = site.run("once", "--json").json["runs"]
    return run


def test_an_older_file_that_comes_late_is_carried_out_and_warned_of(site):
    """In the report of its plan as well, and of a plan that was made again."""
    newer = came(site, "2026-12-02", "attach,ada@x.org,,1001,")
    late = came(site, "2026-12-01", "force_attach,bob@x.org,,1001,")
    assert (newer["state"], late["state"]) == ("applied", "held")
    said = f"According to the date in its name, the file is older than people_2026-12-02.csv (run {newer['id']})"
    assert said in site.run("show", str(late["id"])).out
    assert site.run("approve", str(late["id"]), late["checksum"][:8]).code == 0
    assert site.run("resume").code == 0
    report = site.run("show", str(late["id"]), "--json").json
    assert report["state"] == "applied"
    assert [(fault["code"], fault["severity"]) for fault in report["faults"]] == [("late_file", "warning")]


def test_a_superseded_run_names_the_file_that_took_its_place(site):
    site.configure("settle: 0\n", "settle: 0\n    replaces: all\n")
    came(site, "2026-12-01", "attach,ada@x.org,,1001,")
    older = came(site, "2026-12-02", "force_attach,bob@x.org,,1001,")
    newer = came(site, "2026-12-03", "force_attach,cy@x.org,,1001,")
    assert (older["state"], newer["state"]) == ("held", "held")
    said = f"Run {newer['id']} took its place, with the file people_2026-12-03.csv."
    assert said in site.run("show", str(older["id"])).out
    for form in ("html", "json"):
        report = site.run("report", str(older["id"]), "--format", form).out
        assert "The run was superseded; nothing was changed." in report
        assert said in report
