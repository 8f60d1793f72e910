"""A file that was said to have so many rows, and has others."""

from __future__ import annotations

from acceptance.cli.terminal import Site, typed


def test_a_file_with_fewer_rows_than_its_name_says_is_refused(tmp_path):
    """It was cut off: nothing of it is applied; one that has what it says is imported."""
    assert typed("init", tmp_path / "site").code == 0
    site = Site(tmp_path / "site")
    site.configure("path: inbox/hr\n", 'path: inbox/hr\n    settle: 0\n    pattern: "people_{rows}.csv"\n')
    (site.folder / "inbox/hr/people_2.csv").write_text("Action,LoginEmail,Extension\nattach,ada@x.org,1000\n")
    (site.folder / "inbox/hr/people_1.csv").write_text("Action,LoginEmail,Extension\nattach,bob@x.org,1001\n")
    runs = {run["file"]: run for run in site.run("once", "--json").json["runs"]}
    assert (runs["people_2.csv"]["state"], runs["people_1.csv"]["state"]) == ("rejected", "applied")
    report = site.run("show", str(runs["people_2.csv"]["id"]), "--json").json
    assert [fault["message"] for fault in report["faults"]] == ["The file's name promises 2 rows; it has 1."]
