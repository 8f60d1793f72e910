"""A run of which a part was made, that is held again and then discarded: what was made is said to be made, everywhere.

The run is stopped after its first change, by a command or by the daemon; somebody else changes the PBX; the new plan
goes over a limit and waits. What the PBX was made to do is read from the switchboard's own list.
"""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import subprocess
import urllib.request
from typing import Any

import pytest

from acceptance.cli.terminal import typed
from integration.daemon.site import CONFIG, HEADER, LINECARD, LONG, Site, eventually
from integration.daemon.switchboard import operations

NONE_DONE = dict.fromkeys(("done", "unchanged", "invalid", "refused", "failed", "unknown", "skipped", "planned"), 0)
LIMITED = CONFIG.replace("hr: {", "hr: {limits: {force: {count: 0}}, ")
JOINERS = HEADER + "".join(
    f"force_attach,{name},\n" for name in ("ada@example.org,,1000", "bob@example.org,,1001", "cy@example.org,,1002")
)
MOVER = HEADER + "force_attach,ada@example.org,,1005,\nforce_attach,bob@example.org,,1001,\n"
DOORS = ("command", "daemon") if os.environ.get("LINECARD_TORTURE") else ("command",)


def stopped(site: Site, door: str, text: str) -> None:
    """A sheet of which the first change is made when linecard is asked to stop."""
    site.shut("hq")
    if door == "command":
        file = site.folder / "outside" / "run.csv"
        file.write_text(text)
        words = [*LINECARD, "import", str(file), "--inbox", "hr", "--yes"]
        importing = subprocess.Popen(words, env=site.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: site.waits("hq"), "it sends the first change")
        importing.send_signal(signal.SIGTERM)
        site.reopen("hq")
        importing.wait(LONG)
    else:
        with site.served() as serving:
            site.drop("hr", "run.csv", text)
            eventually(lambda: site.waits("hq"), "it sends the first change")
            serving.send(signal.SIGTERM)
            site.reopen("hq")
            serving.process.wait(LONG)
    assert site.runs["run.csv"] == "interrupted"


def dial(site: Site, extension: str, member: str) -> None:
    """Somebody else changes the PBX."""
    with (site.folder / "hq.ops").open("a") as file:
        file.write(json.dumps([extension, [None, []], [member, []]]) + "\n")


def half_made(site: Site, door: str, text: str, taken: str) -> None:
    """The run held again: somebody else has got an extension that it wants."""
    site.configure(LIMITED)
    stopped(site, door, text)
    dial(site, taken, "late@example.org")
    if door == "command":
        assert site.run("resume", "--yes").returncode == 3
    else:
        assert site.run("once").returncode == 3
    assert site.came_to(run="held")


class Seen:
    """The site as somebody at a terminal meets it, one command after the other in this process."""

    def __init__(self, site: Site) -> None:
        self.site = site
        ((found,),) = site.ask("SELECT run.id FROM run JOIN drop_file ON drop_id = drop_file.id WHERE name = 'run.csv'")
        self.number = str(found)

    def run(self, *words: str, code: int | None = None) -> str:
        said = typed("--config", self.site.folder / "linecard.yaml", *words)
        assert code in (None, said.code), said
        return said.out

    def facts(self) -> dict[str, Any]:
        return json.loads(self.run("report", self.number, "--format", "json"))

    def table(self, form: str) -> list[dict[str, str]]:
        return list(
            csv.DictReader(io.StringIO(self.run("report", self.number, "--format", form).removeprefix("\ufeff")))
        )

    def check_counts(self, **counts: int) -> None:
        """Every place that counts the rows of the run says the same, and no more rows than there are."""
        expected = NONE_DONE | counts
        facts = self.facts()
        assert facts["counts"] == expected
        assert facts["total"] == sum(counts.values()) == len(facts["rows"])
        rows = self.table("csv")
        for outcome, count in expected.items():
            assert [row["outcome"] for row in facts["rows"]].count(outcome) == count
            assert [row["Outcome"] for row in rows].count(outcome) == count
        lists = json.loads(self.run("runs", "--json")), json.loads(self.run("status", "--json"))["runs"]
        assert [run["counts"] for found in lists for run in found if run["file"] == "run.csv"] == [expected, expected]
        words = ", ".join(f"{count} {outcome}" for outcome, count in expected.items() if count)
        assert words in self.run("runs")
        assert words.replace(",", "") in self.run("show", self.number).replace(",", "")
        page = self.run("report", self.number, "--format", "html")
        for outcome, count in counts.items():
            assert f'<li class="tile {outcome}"><b>{count}</b> {outcome}</li>' in page
        for said in (page, self.run("show", self.number)):
            assert "othing was changed" not in said


@pytest.fixture
def commands(plugins, monkeypatch):
    """Commands of this process find the switchboard, too."""
    monkeypatch.syspath_prepend(str(plugins))


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize("door", DOORS)
def test_held_and_discarded_with_a_part_made(site, door):
    """Nobody reads that nothing was changed: the row that was made is done. Undo puts back that, and nothing else."""
    half_made(site, door, JOINERS, taken="1002")
    assert site.made("hq") == ["1000", "1002"]
    seen = Seen(site)
    seen.check_counts(done=1, planned=2)
    held = seen.facts()
    assert held["headline"]["title"] == "Part of the run was applied; the rest waits for a decision."
    ada, bob, _ = held["rows"]
    assert (ada["outcome"], ada["message"]) == ("done", "ada@example.org has 1000 now.")
    assert ada["after"]["member"] == "ada@example.org"
    assert bob["message"] == "bob@example.org would get 1001."

    assert seen.run("discard", seen.number, code=0) == (
        f"Run {seen.number} is discarded. The run was discarded after part of it was applied. "
        f"`linecard report {seen.number} --format undo` writes the sheet that rolls back what was applied.\n"
    )
    seen.check_counts(done=1, skipped=2)
    discarded = seen.facts()
    assert discarded["headline"]["title"] == "The run was discarded after part of it was applied."
    assert discarded["events"][-1]["why"] == "discarded; 1 change was made before"
    assert "Would have been done" in seen.run("report", seen.number, "--format", "html")
    seen.run("resume")
    assert "1 done · 2 skipped" in (site.folder / "reports" / "index.html").read_text()
    check_digest(site, seen)

    undo = [(row["Action"], row["LoginEmail"], row["Extension"]) for row in seen.table("undo")]
    assert undo == [("restore", "", "1000")]
    sheet = site.folder / "outside" / "undo.csv"
    seen.run("report", seen.number, "--format", "undo", "-o", str(sheet), code=0)
    seen.run("import", str(sheet), "--inbox", "hr", "--yes", code=0)
    now = {extension: after[0] for extension, _, after in operations(site.folder / "hq.ops")}
    assert now == {"1000": None, "1002": "late@example.org"}


def check_digest(site: Site, seen: Seen) -> None:
    """Of a run that was discarded before anything was sent no row is done; of a half-made one those that were made."""
    site.drop("hr", "never.csv", HEADER + "force_attach,eve@example.org,,1002,\n")
    seen.run("once", code=3)
    ((never,),) = site.ask("SELECT max(id) FROM run")
    seen.run("discard", str(never), code=0)
    digest = json.loads(seen.run("digest", "--inbox", "hr", "--json"))
    assert digest["counts"] == NONE_DONE | {"done": 1, "skipped": 2}
    assert {one["file"]: one["counts"] for one in digest["ended"]} == {
        "run.csv": NONE_DONE | {"done": 1, "skipped": 2},
        "never.csv": NONE_DONE | {"skipped": 1},
    }
    assert (digest["weeks"][-1]["done"], digest["weeks"][-1]["not_done"]) == (1, 2)


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize("door", DOORS)
def test_a_row_of_which_a_part_was_made(site, door):
    """Ada lost her extension and did not get the other one: her row says so, and undo gives it back."""
    with (site.folder / "hq.ops").open("w") as file:
        file.write(json.dumps(["1004", [None, []], ["ada@example.org", []]]) + "\n")
    half_made(site, door, MOVER, taken="1005")
    assert site.made("hq") == ["1004", "1004", "1005"]
    seen = Seen(site)
    for outcome in ("planned", "skipped"):
        if outcome == "skipped":
            seen.run("discard", seen.number, code=0)
        seen.check_counts(**{outcome: 2})
        ada, bob = seen.facts()["rows"]
        assert ada["message"].endswith(" Part of it was applied: 1004.")
        (lost,) = ada["also"]
        ends = lost["before"]["member"], lost["after"]["member"]
        assert (lost["extension"], *ends) == ("1004", "ada@example.org", None)
        assert "Part of it was applied" not in bob["message"]
    assert seen.facts()["headline"]["title"] == "The run was discarded after part of it was applied."
    undo = [(row["Action"], row["LoginEmail"], row["Extension"]) for row in seen.table("undo")]
    assert undo == [("restore", "ada@example.org", "1004")]


def test_the_figures_count_what_was_made(site):
    """Discarded from another terminal while the daemon is at work: the run has ended, and its rows are counted."""
    half_made(site, "command", JOINERS, taken="1002")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site.configure(f"{LIMITED}metrics: {{port: {port}}}\n")

    def figures() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            return answer.read().decode()

    with site.served():
        assert site.run("discard", Seen(site).number).returncode == 0
        for figure in (  # counted one after the other, so that who asks in between sees some of them
            'linecard_runs_total{inbox="hr",result="discarded"} 1.0',
            'linecard_rows_total{inbox="hr",outcome="done"} 1.0',
            'linecard_rows_total{inbox="hr",outcome="skipped"} 2.0',
        ):
            eventually(lambda figure=figure: figure in figures(), f"{figure} is counted")
