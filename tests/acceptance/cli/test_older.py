"""An older run that would undo a newer one is not applied without somebody who was told so and says so."""

from __future__ import annotations

import pytest


@pytest.fixture
def waiting(site):
    """Run 2 waits for a person; since then run 3 was carried out for bob. Run 2 would take bob's extension away."""
    site.configure("    default_pbx: hq", "    limits: {detach: {count: 0}}\n    default_pbx: hq")
    site.import_("attach,bob@x.org,,1001,")
    assert site.run("import", site.sheet("detach,bob@x.org,,,", name="old.csv")).code == 3
    site.import_("attach,bob@x.org,,1001,+33199001001", name="new.csv")
    return site


def checksum(site, run: int = 2) -> str:
    return site.ask("SELECT checksum FROM run WHERE id = ?", run)[0][0]


def test_approve_refuses_it_and_shows_the_plan_as_it_would_be_now(waiting):
    said = waiting.run("approve", "2", checksum(waiting))
    assert said.code == 2
    assert "Run 2, planned against what the PBX holds now:" in said.err
    assert "hq 1001: bob@x.org +33199001001 -> (nobody) +33199001001" in said.err
    assert "Run 3 is newer, has rows for the same members or extensions, and has been applied." in said.err
    assert "--although-newer" in said.err
    assert waiting.states[2] == "held"


def test_approve_does_it_when_it_is_told_to(waiting):
    """The plan that is applied still is one that somebody has seen: of what the PBX holds now."""
    assert waiting.run("approve", "2", checksum(waiting), "--although-newer").code == 0
    assert waiting.run("once").code == 3, "the number is another than in the plan that was approved"
    assert waiting.run("approve", "2", checksum(waiting)).code == 2
    assert waiting.run("approve", "2", checksum(waiting), "--although-newer").code == 0
    assert waiting.run("once").code == 0
    assert waiting.holds()["1001"] == (None, "+33199001001")


def test_resume_does_it_when_it_is_told_to(waiting):
    assert waiting.run("approve", "2", checksum(waiting), "--although-newer").code == 0
    assert waiting.run("resume").code == 3
    refused = waiting.run("resume", "--approve", checksum(waiting))
    assert refused.code == 3
    assert "Run 3 is newer" in refused.err
    assert waiting.run("resume", "--approve", checksum(waiting), "--although-newer").code == 0
    assert waiting.holds()["1001"] == (None, "+33199001001")


def test_other_people_are_no_matter(site):
    site.configure("    default_pbx: hq", "    limits: {detach: {count: 0}}\n    default_pbx: hq")
    site.import_("attach,bob@x.org,,1001,", "attach,eve@x.org,,1002,")
    site.run("import", site.sheet("detach,bob@x.org,,,", name="old.csv"))
    site.import_("attach,zoe@x.org,,1003,", name="new.csv")
    assert site.run("approve", "2", checksum(site)).code == 0
    assert site.run("resume").code == 0
    assert site.holds()["1001"] == (None, None)


def test_rows_that_ask_for_nothing_are_no_matter(site):
    site.configure(
        "    default_pbx: hq",
        "    limits: {detach: {count: 0}}\n    sheet: {ignore_rows: {Action: leave}}\n    default_pbx: hq",
    )
    site.import_("attach,bob@x.org,,1001,")
    site.run("import", site.sheet("detach,bob@x.org,,,", "leave,zoe@x.org,,1003,", name="old.csv"))
    site.import_("leave,bob@x.org,,1001,", "attach,zoe@x.org,,1003,", name="new.csv")
    assert site.run("approve", "2", checksum(site)).code == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("attach,bob@x.org,,1001,", "attach,zoe@x.org,,1001,"),  # the same extension
        ("attach,bob@x.org,hq,1001,", "detach,bob@x.org,,,"),  # a row for every PBX
        ("attach,eve@x.org,,1005,", "force_attach,zoe@x.org,,1002,"),  # eve has lost hers by it
    ],
)
def test_what_counts_as_the_same(site, old, new):
    """Also what somebody lost by the newer run; and rows without a change, for they said something, too."""
    site.configure("    default_pbx: hq", "    limits: {detach: {count: 0}}\n    default_pbx: hq")
    site.import_("attach,max@x.org,,1009,", "attach,eve@x.org,,1002,")
    assert site.run("import", site.sheet("detach,max@x.org,,,", old, name="old.csv")).code == 3
    site.import_(new, name="new.csv")
    assert site.run("approve", "2", checksum(site)).code == 2


def left_behind(site) -> None:
    """Run 2 was killed before its plan was approved; run 3 is newer and was carried out."""
    with site.process("import", site.sheet("attach,bob@x.org,,1002,", name="old.csv")) as process:
        site.asked()
        process.kill()
        process.wait()
    site.import_("attach,bob@x.org,,1003,", name="new.csv")


def test_resume_leaves_what_was_killed_before_it_was_approved(site):
    """The plan is made again and shown; neither --yes nor an answer applies it without the flag."""
    site.import_("attach,bob@x.org,,1001,")
    left_behind(site)
    said = site.run("resume", "--yes", answers="y\n")
    assert said.code == 1
    assert "Run 3 is newer" in said.err
    assert "hq 1003: bob@x.org -> (nobody)" in said.err, "as it would be now"
    assert site.holds()["1003"] == ("bob@x.org", None)
    assert site.run("resume", "--although-newer", answers="y\n").code == 0
    assert site.holds()["1002"] == ("bob@x.org", None)
