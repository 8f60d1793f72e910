"""Followers of a PBX: they get what was made on it, after it, each with an outcome of its own."""

from __future__ import annotations

import json
import random
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from acceptance.crashes import TORTURE, Scene, Site
from acceptance.killing import DIED
from integration.works import Works
from linecard.model.directory import VACANT, Entry, Holding
from linecard.model.sheet import FaultCode
from linecard.pipeline.feed import Feed, Pbx
from linecard.pipeline.report import RunReport
from linecard.rules.numbering import NumberingPlan
from linecard.store.tables import outbox
from linecard.testing.backend import MemoryBackend
from linecard.testing.memory import MemoryPbx
from linecard.testing.trouble import NO_TROUBLE, Silence, Trouble

ADA, BOB, EVE = "ada@x.org", "bob@x.org", "eve@x.org"


class Followed(Works):
    """The same site; `hq` is followed by `people`."""

    def __init__(self, folder, people=(), **entries):
        self.people = MemoryPbx(people)
        super().__init__(folder, **entries)

    def connect(self, *, people=NO_TROUBLE, **troubles):
        super().connect(**troubles)
        self.follower = Pbx("people", MemoryBackend(self.people, trouble=people, group=1), NumberingPlan("FR", (), ()))
        hq = self.pbxs["hq"]
        followed = Pbx(hq.name, hq.backend, hq.numbering, followers=(self.follower,))
        self.pbxs["hq"] = followed

    @property
    def inbox(self):
        return Feed("hr", super().inbox.form, self.pbxs, "hq", self.limits)

    def sheet(self, *rows):
        """Driven to its end, also if there is nothing to do, as the daemon does."""
        run = super().sheet(*rows)
        return self.apply(run) if str(run.state) == "unchanged" else run

    def has(self):
        return {name: held for name, held in self.people.extensions.items() if held != VACANT}

    def report(self, run):
        return RunReport(self.store, run, site="works", timezone="UTC")

    def warned(self, run):
        """What the rows say of followers."""
        found = [fault for line in self.lines(run) for fault in line.warnings]
        return [fault.message for fault in found if fault.code is FaultCode.FOLLOWER_BEHIND]

    def summary(self, run):
        return [(one.follower, one.made, one.open) for one in self.report(run).followers]


def test_a_follower_has_the_net_change_after_the_run(tmp_path):
    """What cancels out inside the sheet reaches neither."""
    works = Followed(tmp_path, people=[Entry("1001", BOB)], hq=[Entry("1001", BOB)])
    run = works.sheet(f"attach,{ADA},hq,1000,+33123456789", f"detach,{BOB},hq,,", f"attach,{BOB},hq,1001,")
    assert works.has() == {"1000": Holding(ADA, ("+33123456789",)), "1001": Holding(BOB)}
    assert [change.extension for change in works.people.operations] == ["1000"]
    assert works.summary(run) == [("people", 1, 0)]
    assert works.warned(run) == []


def test_swaps_moves_and_numbers_come_in_an_order_in_which_they_can_be_made(tmp_path):
    held = [Entry("1000", ADA, ("+33123456789",)), Entry("1001", BOB, ("+33123456780",))]
    works = Followed(tmp_path, people=held, hq=held)
    works.sheet(f"force_attach,{ADA},hq,1001,+33123456789", f"force_attach,{BOB},hq,1000,+33123456780")
    assert works.people.extensions == works.memory["hq"].extensions
    assert works.has()["1001"] == Holding(ADA, ("+33123456789",))


def test_what_failed_on_the_pbx_does_not_reach_the_follower(tmp_path):
    works = Followed(tmp_path)
    works.connect(hq=Trouble(refuses=lambda change: "no licence" if change.extension == "1001" else ""))
    run = works.sheet(f"attach,{ADA},hq,1000,", f"attach,{BOB},hq,1001,")
    assert works.has() == {"1000": Holding(ADA)}
    assert works.summary(run) == [("people", 1, 0)]


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(refuses=lambda _: "no entry has this mail"),
        Trouble(silence=Silence(1)),
        Trouble(silence=Silence(1, lasting=True)),
        Trouble(pretends=lambda _: True),
        Trouble(forgets=lambda _: False, silence=Silence(1, made=True, lasting=True)),
    ],
    ids=["refuses", "silent", "gone", "pretends", "made, and gone"],
)
def test_a_follower_that_fails_stops_nothing_and_is_tried_again_alone(tmp_path, trouble):
    """The run is applied and its row says what the follower lacks; the next run gives it that, and nothing twice."""
    works = Followed(tmp_path)
    works.connect(people=trouble)
    run = works.sheet(f"attach,{ADA},hq,1000,")
    assert str(run.state) == "applied"
    assert works.came_to(run) == ["done linked"]
    assert works.summary(run) == [("people", 0, 1)]
    (warning,) = works.warned(run)
    assert warning.startswith("people does not have 1000 yet: ")
    works.connect()
    made = works.made()
    again = works.sheet(f"attach,{ADA},hq,1000,")
    assert works.made() == made, "the PBX is left alone"
    assert str(again.state) == "unchanged"
    assert works.has() == {"1000": Holding(ADA)}
    assert [change.extension for change in works.people.operations] == ["1000"]
    assert works.summary(run) == [("people", 1, 0)]
    assert works.warned(run) == []


def test_a_run_is_kept_while_a_follower_of_the_site_lacks_something_of_it(tmp_path):
    works = Followed(tmp_path)
    works.connect(people=Trouble(silence=Silence(1)))
    works.sheet(f"attach,{ADA},hq,1000,")
    with works.store.transaction() as connection:
        connection.execute(sa.update(outbox).values(delivered=works.store.now()))
    later = datetime.now(UTC) + timedelta(days=4000)
    assert works.store.count_old(later, ["people"]) == works.store.prune(later, ["people"]) == 0
    assert works.store.count_old(later, ["elsewhere"]) == works.store.prune(later, ["elsewhere"]) == 1
    assert works.store.list_runs() == []


def test_a_newer_run_takes_the_place_of_what_an_older_one_owes(tmp_path):
    works = Followed(tmp_path)
    works.connect(people=Trouble(silence=Silence(1, lasting=True)))
    older = works.sheet(f"attach,{ADA},hq,1000,")
    works.connect()
    newer = works.sheet(f"force_attach,{BOB},hq,1000,")
    assert works.has() == {"1000": Holding(BOB)}
    assert len(works.people.operations) == 1, "Ada never had it there"
    assert works.summary(older) == [("people", 0, 0)]
    assert works.summary(newer) == [("people", 1, 0)]


def test_nothing_is_taken_from_somebody_of_whom_no_run_knows(tmp_path):
    """The plan named Ada; Eve is the follower's own."""
    works = Followed(tmp_path, people=[Entry("1000", EVE)])
    run = works.sheet(f"attach,{ADA},hq,1000,")
    assert works.has() == {"1000": Holding(EVE)}
    (warning,) = works.warned(run)
    assert EVE in warning
    works.people.put("1000", VACANT)
    works.sheet(f"attach,{ADA},hq,1000,")
    assert works.has() == {"1000": Holding(ADA)}


def test_what_a_pbx_made_before_it_stopped_answering_reaches_the_follower(tmp_path):
    """It is found by reading the PBX back; the rest of the sheet follows when it is made."""
    works = Followed(tmp_path)
    works.connect(hq=Trouble(silence=Silence(1, made=True)))
    works.sheet(f"attach,{ADA},hq,1000,", f"attach,{BOB},hq,1001,")
    works.connect()
    works.sheet(f"attach,{ADA},hq,1000,", f"attach,{BOB},hq,1001,")
    assert works.has() == {"1000": Holding(ADA), "1001": Holding(BOB)}


SCENE = Scene(
    "followed",
    "  hq: {backend: directory, options: {path: pbx/hq.sqlite3}, followers: [people]}\n"
    "  people: {backend: directory, options: {path: pbx/people.sqlite3}}\n",
    "attach,ada@example.com,hq,1000,+33123456789\nattach,bob@example.com,hq,1001,\n",
    "force_attach,ada@example.com,hq,1001,\nattach,bob@example.com,hq,1000,\n"
    "attach,eve@example.com,hq,1002,+33123456780\n",
)
HELD = "SELECT extension, member, number FROM extensions ORDER BY extension"
OPERATIONS = "SELECT extension, count(*) FROM operations GROUP BY extension"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("followed")
    (folder / "plugins").mkdir()
    return Site.prepare(folder / "prepared", folder / "plugins", SCENE)


def pbx(site, name, query):
    with sqlite3.connect(site.folder / "pbx" / f"{name}.sqlite3") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_killed_anywhere_a_follower_has_all_in_the_end(prepared, tmp_path):
    """SIGKILL before statements and file operations of an import, one after another: then `resume`, and both hold the
    same, and the follower was told nothing twice."""
    whole = prepared.copy(tmp_path / "whole")
    places = whole.places(*whole.importing)
    wanted, told = pbx(whole, "hq", HELD), pbx(whole, "people", OPERATIONS)
    assert pbx(whole, "people", HELD) == wanted
    step = 1 if TORTURE else 60
    for at in range(1 + random.randrange(step), places + 1, step):
        site = prepared.copy(tmp_path / "site")
        assert site.killed(*site.importing, at=at) == DIED
        site.finish()
        site.do("resume", "--yes")
        assert pbx(site, "hq", HELD) == wanted, f"place {at} of {places}"
        assert pbx(site, "people", HELD) == wanted, f"place {at} of {places}"
        assert pbx(site, "people", OPERATIONS) == told, f"place {at} of {places}"


def test_an_undone_run_is_undone_on_the_follower_too(prepared, tmp_path):
    site = prepared.copy(tmp_path / "site")
    before = pbx(site, "people", HELD)
    site.do(*site.importing)
    assert pbx(site, "people", HELD) != before
    assert site.do("undo", "2", "--yes") == 0
    assert [row for row in pbx(site, "people", HELD) if row[1:] != (None, None)] == before


def test_resume_gives_a_follower_what_it_lacks(prepared, tmp_path):
    """Its file is damaged during the import, and put back after it."""
    site = prepared.copy(tmp_path / "site")
    file = site.folder / "pbx" / "people.sqlite3"
    kept = file.read_bytes()
    file.write_bytes(b"damaged" * 1000)
    assert site.do(*site.importing) == 0
    assert "people does not have" not in site.log.read_text()
    assert site.do("resume") == 2
    assert "people does not have 3 changes of hq yet" in site.log.read_text()
    site.do("show", "2", "--json")
    shown = json.loads(site.log.read_text()[site.log.read_text().rindex('{"id"') :])
    assert [(one["follower"], one["made"], one["open"]) for one in shown["followers"]] == [("people", 0, 3)]
    assert {w["code"] for row in shown["rows"] for w in row["warnings"]} >= {"follower_behind"}
    file.write_bytes(kept)
    assert site.do("resume") == 0
    assert pbx(site, "people", HELD) == pbx(site, "hq", HELD)


@pytest.mark.parametrize(
    ("followers", "inbox", "expected"),
    [
        ("hq: [nobody]", "", "a PBX of this site"),
        ("hq: [hq]", "", "without followers of its own"),
        ("hq: [lab], lab: [people]", "", "without followers of its own"),
        ("hq: [people], lab: [people]", "", "does not follow hq already"),
        ("hq: [people]", "pbxs: [people]", "people follows hq"),
        ("hq: [people]", "default_pbx: people", "a PBX of this inbox"),
    ],
)
def test_what_cannot_follow_is_refused(tmp_path, followers, inbox, expected):
    from linecard import config
    from linecard.errors import ConfigError
    from linecard.registry import Registry

    named = dict(part.split(": ", 1) for part in followers.split(", "))
    lines = ["region: FR", "pbxs:"]
    for name in ("hq", "lab", "people"):
        more = f", followers: {named[name]}" if name in named else ""
        lines.append(f"  {name}: {{backend: directory, options: {{path: {name}.sqlite3}}{more}}}")
    lines.append(f"inboxes: {{hr: {{path: inbox{', ' + inbox if inbox else ''}}}}}")
    (tmp_path / "linecard.yaml").write_text("\n".join(lines))
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path / "linecard.yaml", Registry())
    assert any(expected in problem for problem in caught.value.problems), caught.value.problems
