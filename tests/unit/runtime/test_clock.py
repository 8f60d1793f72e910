"""A jump of the clock on a site with real files and a real database: nothing goes before its time."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from linecard.cli import main
from linecard.model.run import Drop
from linecard.runtime.alerts import AlertChecks
from linecard.runtime.clock import FILE, ClockWatch
from linecard.runtime.health import Health
from linecard.runtime.housekeeping import remove_old
from linecard.runtime.report_folder import ReportFolder
from linecard.runtime.service import Service, utc_now
from linecard.store.outbox import Outbox
from linecard.store.tables import outbox

DAY = timedelta(days=1)
KEEP = """\
keep: {runs: 30, archive: {days: 30}, reports: {days: 30}, quarantine: {days: 30}}
region: FR
pbxs: {hq: {backend: directory, options: {path: pbx.db}, extensions: 1000-1999}}
inboxes: {hr: {path: hr}}
"""


class Clocked:
    """A site whose wall clock and whose clock that nobody sets are the test's own."""

    def __init__(self, folder) -> None:
        self.folder, self.wall, self.passed = folder, utc_now(), 0.0
        (folder / "linecard.yaml").write_text(KEEP)
        self.service: Service | None = None
        self.start()

    def start(self) -> None:
        """A new life: what the last one knew of the clock is gone but for what it wrote down."""
        if self.service is not None:
            self.service.__exit__()
        self.service = Service.load(self.folder / "linecard.yaml", now=lambda: self.wall, who="linecard")
        config, store = self.service.config, self.service.store
        self.service.clock = ClockWatch(config.state, store, now=lambda: self.wall, elapsed=lambda: self.passed)
        self.health = Health(self.service.now)
        self.alerts = AlertChecks(self.service, self.health)

    def go(self, hours: float) -> None:
        """Time goes on, and linecard looks each hour."""
        for _ in range(round(hours)):
            self.wall += timedelta(hours=1)
            self.passed += 3600
            self.look()

    def look(self) -> None:
        self.alerts.check_files()
        remove_old(self.service, ReportFolder(self.service))
        self.alerts.check_keys()

    def put(self) -> None:
        for name in ("archive/2026/11/a.csv", "reports/2026/11/0001.html", "quarantine/b.csv"):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
            os.utime(path, (self.wall.timestamp(), self.wall.timestamp()))

    @property
    def left(self) -> int:
        return (
            sum(
                path.is_file()
                for name in ("archive", "reports", "quarantine")
                for path in (self.folder / name).rglob("[a0]*")
                if path.name in ("a.csv", "0001.html")
            )
            + (self.folder / "quarantine/b.csv").exists()
        )

    @property
    def told(self) -> str:
        return next((t.message for t in self.health.alerts if t.what == "clock"), "")


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setenv("LINECARD_CONFIG", str(tmp_path / "linecard.yaml"))
    found = Clocked(tmp_path)
    found.put()
    found.go(2)
    yield found
    found.service.__exit__()


def receive(site) -> int:
    """A run, and what the state says of it."""
    store = site.service.store
    with store.transaction() as connection:
        drop = Drop("a.csv", "0" * 64, 1, "2026/11/a.csv")
        return store.receive(connection, "hr", drop, description="", who="test")


def test_what_is_old_goes_in_its_time(site):
    """Day by day, without any doubt."""
    site.go(24 * 29)
    assert (site.left, site.told) == (3, "")
    site.go(48)
    assert site.left == 0


@pytest.mark.parametrize("anew", [False, True], ids=["in a life", "at a start"])
@pytest.mark.parametrize("jump", [31 * DAY, 3653 * DAY])
def test_nothing_goes_because_of_a_jump_until_it_has_lasted_a_day(site, jump, anew):
    """It is told with what would go, and believed after a day."""
    if anew:
        site.start()
    site.wall += jump
    site.look()
    assert site.left == 3
    assert "1 received file, 1 report file, 1 file in quarantine" in site.told
    site.go(22)
    assert site.left == 3
    site.start()  # nor by starting again
    site.look()
    assert site.left == 3
    site.go(4)
    assert (site.left, site.told) == (0, "")


def test_a_clock_that_is_set_right_again_leaves_nothing_behind(site):
    """The doubt goes, and everything is there."""
    site.wall += 3653 * DAY
    site.look()
    site.go(5)
    site.wall -= 3653 * DAY
    site.go(30)
    assert (site.left, site.told) == (3, "")


def test_a_jump_back_deletes_nothing(site):
    """And the way forward again waits."""
    site.wall -= 365 * DAY
    site.go(30)
    assert site.left == 3
    site.wall += 500 * DAY
    site.go(20)
    assert site.left == 3


def test_a_person_says_that_the_clock_is_right(tmp_path, monkeypatch):
    """Seen by the daemon at its next look, though another process wrote it down."""
    monkeypatch.setenv("LINECARD_CONFIG", str(tmp_path / "linecard.yaml"))
    site = Clocked(tmp_path)
    site.wall -= 3653 * DAY  # so that the command, which has the real clock, sees a jump
    site.put()
    site.go(2)
    site.service.__exit__()
    asked = CliRunner().invoke(main, ["clock"])
    assert asked.exit_code == 1
    assert "1 received file, 1 report file, 1 file in quarantine" in asked.output
    site.wall += 3653 * DAY
    site.start()
    site.look()
    assert site.left == 3
    said = CliRunner().invoke(main, ["clock", "--confirm"])
    assert said.exit_code == 0, said.output
    assert "trusted from now on" in said.output
    assert CliRunner().invoke(main, ["clock"]).exit_code == 0
    site.go(1)
    assert (site.left, site.told) == (0, "")
    site.service.__exit__()


def test_a_state_without_a_written_time_has_its_last_event(site):
    """As one of an older linecard, or one put back from a backup."""
    (site.folder / "state" / FILE).unlink()
    site.start()
    receive(site)
    site.wall += 31 * DAY
    site.look()
    assert site.left == 3


def test_what_was_written_while_the_clock_was_ahead_stalls_nothing(site):
    """A letter put off by it is due, and a file that came then is none that came now."""
    assert site.service.store.last_arrival("hr", site.wall) is None
    now, site.wall = site.wall, site.wall + 3653 * DAY
    run_id, far = receive(site), site.wall
    with site.service.store.transaction() as connection:
        connection.execute(sa.insert(outbox).values(run_id=run_id, kind="post:applied", due=far))
    site.wall = now
    assert site.service.store.last_arrival("hr", site.wall) is None
    assert site.service.store.last_arrival("hr", far) == far
    letters = Outbox(site.service.store)
    assert letters.list_due("post") == []
    assert [item.sink for item in letters.list_due("post", timedelta(hours=5))] == ["post"]
