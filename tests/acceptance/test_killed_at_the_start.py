"""A site that is killed while it is made is made by saying the same again."""

from __future__ import annotations

import random

import pytest

from acceptance.crashes import HEADER, TORTURE, Site
from acceptance.killing import DIED, Countdown, command
from acceptance.scenes import ONE_PBX

STEP = 1 if TORTURE else 20
ROW = "attach,ada@x.org,,1000,+33199001000\n"


def places(count):
    return range(1 + random.randrange(STEP), count + 1, STEP)


@pytest.fixture
def new_site(crash_room, plugins):
    """Makes the name of a folder, in which there is nothing yet."""
    names = iter(range(10_000))
    return lambda: Site(crash_room / f"new{next(names)}", plugins)


def init(site, at=0):
    """`linecard init`, killed at a place: the exit code of the process, and how many places there were."""
    countdown = Countdown(at)

    def job():
        with countdown.armed():
            return command("init", str(site.folder)), countdown.seen

    return site.run(job)


def works(site):
    """The site is whole: nothing to complain of, and an import that is read back."""
    assert site.do("doctor") == 0, site.log.read_text()
    (site.folder / "sheet.csv").write_text(HEADER + ROW)
    assert site.do(*site.importing) == 0
    assert site.ask("state/hq.pbx.sqlite3", "SELECT * FROM extensions") == [("1000", "ada@x.org", "+33199001000")]
    assert site.runs == {1: "applied"}
    assert len(site.filed) == 1
    assert "Traceback" not in site.log.read_text()


def test_killed_while_a_site_is_made(new_site):
    """SIGKILL at every place of `init`: said again it makes the site, or says that it is there; then it works."""
    code, (exit_code, count) = init(new_site())
    assert (code, exit_code) == (0, 0)
    for at in places(count):
        site = new_site()
        assert init(site, at)[0] == DIED
        there = (site.folder / "linecard.yaml").exists()
        assert init(site)[1][0] == (2 if there else 0)
        works(site)
        assert not list(site.folder.glob(".*")), "no piece of the configuration is left"


def test_killed_at_the_first_start(crash_room, plugins):
    """SIGKILL while the state database is made: the next command makes it whole."""
    prepared = Site.prepare(crash_room / "prepared", plugins, ONE_PBX)
    wanted = prepared.holds()
    for folder in ("state", "archive", "reports", "pbx"):
        for path in sorted((prepared.folder / folder).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    count = prepared.copy(crash_room / "count").places("runs")
    for at in places(count):
        site = prepared.copy(crash_room / "site")
        assert site.killed("runs", at=at) == DIED
        assert site.do("import", f"{site.folder}/before.csv", "--yes") == 0
        assert site.holds() == wanted
        assert "Traceback" not in site.log.read_text()
