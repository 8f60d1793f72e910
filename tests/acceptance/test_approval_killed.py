"""Killed while an approved run looks again whether its plan still stands: nothing is sent that nobody approved."""

from __future__ import annotations

import random
import sqlite3

import pytest

from acceptance.crashes import TORTURE, Scene, Site
from acceptance.killing import DIED

SCENE = Scene(
    "approval",
    "  hq: {backend: directory, options: {path: pbx/hq.sqlite3}, extensions: 1000-4999}\n",
    "attach,ada@x.org,hq,1000,+33199001000\nattach,max@x.org,hq,1009,\n",
    "detach,max@x.org,,,\nattach,bob@x.org,,1001,\ndetach,lea@x.org,,,\nattach,ada@x.org,,1000,\n",
)
DOORS = {"command": ("resume", "--yes"), "daemon": ("once",)}


@pytest.fixture(scope="module")
def approved(crash_room, plugins):
    """A run that was held and approved, of which nothing was sent yet."""
    site = Site.prepare(crash_room / "approval", plugins, SCENE)
    config = site.folder / "linecard.yaml"
    config.write_text(config.read_text().replace("detach: {share: null}", "detach: {count: 0}"))
    assert site.do("import", f"{site.folder}/sheet.csv") == 3
    ((checksum,),) = site.ask("state/linecard.db", "SELECT checksum FROM run WHERE id = 2")
    assert site.do("approve", "2", checksum) == 0
    return site


def dial(site: Site, extension: str, member: str) -> None:
    """Somebody else changes the PBX, past linecard."""
    db = sqlite3.connect(site.folder / "pbx/hq.sqlite3")
    with db:
        db.execute("INSERT INTO members (login) VALUES (?) ON CONFLICT DO NOTHING", (member,))
        db.execute("INSERT OR REPLACE INTO extensions VALUES (?, ?, NULL)", (extension, member))
    db.close()


def places(site: Site, words: tuple[str, ...]) -> list[int]:
    """Where to kill: everywhere, or here and there."""
    count = site.places(*words)
    assert count > 20
    return list(range(1, count + 1)) if TORTURE else sorted(random.sample(range(1, count + 1), 5))


@pytest.mark.parametrize("door", DOORS)
def test_the_pbx_has_moved(approved, crash_room, door):
    """Wherever it dies: the run is held again with the difference, and none of its changes was sent."""
    moved = approved.copy(crash_room / "moved")
    dial(moved, "1500", "lea@x.org")
    sent = moved.operations()
    for at in places(moved.copy(crash_room / "counted"), DOORS[door]):
        site = moved.copy(crash_room / "site")
        assert site.killed(*DOORS[door], at=at) == DIED
        assert site.operations() == sent, f"killed at {at}"
        assert site.do(*DOORS[door]) in (0, 3)  # 0: it was held already, and the daemon has nothing to do
        assert site.runs == {1: "applied", 2: "held"}, f"killed at {at}"
        assert site.operations() == sent
        ((holds,),) = site.ask("state/linecard.db", "SELECT holds FROM run WHERE id = 2")
        assert "not_as_approved" in holds
        site._check_events()


@pytest.mark.parametrize("door", DOORS)
def test_nothing_has_moved(approved, crash_room, door):
    """Wherever it dies: the approved plan is applied, once, and nobody is asked again."""
    for at in places(approved.copy(crash_room / "counted"), DOORS[door]):
        site = approved.copy(crash_room / "site")
        assert site.killed(*DOORS[door], at=at) == DIED
        site.do(*DOORS[door])
        assert site.runs == {1: "applied", 2: "applied"}, f"killed at {at}"
        assert {e: held[0] for e, held in site.holds()["hq"].items()} == {
            "1000": "ada@x.org",
            "1001": "bob@x.org",
            "1009": None,
        }
        assert [row[0] for row in site.operations()["hq"]].count("1001") == 1
        site._check_events()
