"""An import killed before its plan was approved is not forgotten: `runs` names it, `resume` goes on with it."""

from __future__ import annotations

import pytest

from acceptance.crashes import HEADER, Site
from acceptance.killing import DIED
from acceptance.scenes import ONE_PBX


@pytest.fixture(scope="module")
def left_behind(crash_room, plugins):
    """A site by the state in which a kill left its second run."""
    prepared = Site.prepare(crash_room / "prepared", plugins, ONE_PBX)
    found: dict[str, Site] = {}
    at = 0
    while not {"received", "planned"} <= found.keys():
        at += 3
        site = prepared.copy(crash_room / f"place{at}")
        assert site.killed(*site.importing, at=at) == DIED
        found.setdefault(site.runs.get(2, "none"), site)
    return found


@pytest.fixture(params=["received", "planned"])
def broken_off(request, left_behind, crash_room):
    return left_behind[request.param].copy(crash_room / "site")


def test_runs_and_doctor_name_it(broken_off):
    """Whoever looks is told, and by what command it goes on."""
    assert broken_off.do("runs") == 0
    assert "1 run interrupted; `linecard resume`" in broken_off.log.read_text()
    assert broken_off.do("doctor") != 0
    assert "interrupted: 2" in broken_off.log.read_text()


def test_nobody_answers(broken_off):
    """Without an answer nothing is applied, and the run waits on."""
    held = broken_off.holds()
    assert broken_off.do("resume") == 1
    assert broken_off.holds() == held
    assert broken_off.runs[2] == "planned"


def test_yes_goes_on(broken_off):
    """With --yes the import is finished as if it had not been killed."""
    assert broken_off.do("resume", "--yes") == 1
    assert broken_off.runs == {1: "applied", 2: "partial"}
    assert broken_off.holds()["hq"]["1010"] == ("eve@x.org", ["+33199001010"])


def test_yes_is_not_said_for_an_old_sheet(broken_off):
    """A sheet that a newer one has overtaken is applied only if somebody looks at it and says so."""
    (broken_off.folder / "newer.csv").write_text(f"{HEADER}attach,zoe@x.org,,1010,\n")
    assert broken_off.do("import", f"{broken_off.folder}/newer.csv", "--yes") == 0
    assert broken_off.do("resume", "--yes") == 1
    assert broken_off.runs[2] == "planned"
    assert broken_off.holds()["hq"]["1010"] == ("zoe@x.org", [])


def test_the_same_file_again_takes_its_place(broken_off):
    """Whoever simply imports the file again gets one run that is done, and one that gave way."""
    assert broken_off.do(*broken_off.importing) == 1
    assert broken_off.runs == {1: "applied", 2: "superseded", 3: "partial"}
