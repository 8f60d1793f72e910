"""What the daemon does besides the engine's work: timers, threads and hints that heal themselves."""

from __future__ import annotations

import os
import threading
import time

import pytest
import structlog

from integration.daemon.site import eventually
from linecard.runtime.daemon import Daemon
from linecard.runtime.log import configure
from linecard.runtime.service import Service
from linecard.runtime.systemd import SystemdNotifier
from unit.runtime.driving import rows


class Life:
    """A daemon whose main round a test turns by hand."""

    def __init__(self, folder) -> None:
        self.service = Service.load(folder / "linecard.yaml", who="linecard")
        self.daemon = Daemon(self.service, SystemdNotifier(""), reload=lambda: None)
        self.daemon._start()

    def tick(self) -> bool:
        self.daemon._tick()
        return True

    def end(self) -> None:
        self.daemon._stop()
        self.service.__exit__()

    def timers(self) -> dict[str, float]:
        return {job.id: job.next_run_time.timestamp() for job in self.daemon._scheduler.get_jobs()}


@pytest.fixture
def life(drive):
    drive.close()
    drive.service = None
    alive = Life(drive.folder)
    yield alive
    alive.end()


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_when_somebody_sets_the_clock_every_timer_is_set_anew(life, jump):
    """T9: an hour back, and the timers would else sleep for an hour; less than two seconds is no such thing."""
    life.tick()
    assert life.timers()["keep house"] > time.time() + 3000
    life.daemon._offset -= jump / 3600
    life.tick()
    assert life.timers()["keep house"] > time.time() + 3000
    life.daemon._offset -= jump
    life.daemon._scheduler.pause()
    life.tick()
    assert max(life.timers().values()) <= time.time()


@pytest.fixture(autouse=True)
def _own_log():
    """What a test makes of the log is no other's."""
    yield
    structlog.reset_defaults()


def test_a_watch_that_died_is_begun_anew_by_the_next_look_and_that_is_said(life, drive, capsys):
    """T4: the observer's thread ends, files come all the same, and hints come again."""
    configure("text", "info")
    observer = life.daemon._watches["hr"]._observer
    observer.stop()
    observer.join(10)
    drive.drop("hr", "a.csv", rows("ada 1000"))
    eventually(lambda: life.tick() and drive.made("hq"), "it is found by the scan")
    assert "Hints had stopped and were restarted" in capsys.readouterr().out
    assert life.daemon._watches["hr"]._observer is not observer


def test_a_look_that_raises_stops_no_other(life, drive, capsys):
    """T4: whatever an inbox does wrong, the threads live on and the next look is made."""
    looks = []

    class Broken:
        def list_files(self):
            looks.append(1)
            raise RuntimeError("an inbox with a bug")

        def close(self):
            """Nothing is open."""

    life.daemon.engine._intakes["it"]._inbox = Broken()
    drive.drop("hr", "a.csv", rows("ada 1000"))
    eventually(lambda: life.tick() and drive.made("hq"), "the other inbox is emptied")
    eventually(lambda: len(looks) > 1, "it is looked into again")
    assert "A bug in linecard" in {t.what: t.message for t in life.daemon.health.alerts}["inbox it"]
    life.daemon.health.clear_alert("inbox it")


def test_a_life_leaves_no_thread_and_no_open_file(drive):
    """However often the configuration is read anew."""
    drive.close()
    drive.service = None

    def lived():
        life = Life(drive.folder)
        life.tick()
        life.end()
        return len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208 - a count

    lived()
    first = lived()
    for _ in range(3):
        last = lived()
    assert last == first


def test_of_several_pbxs_at_once_none_is_left_at_work_when_one_raises(life):
    """Else another run could begin on a PBX on which a part of this one still works."""
    at_work, go_on, ended = threading.Event(), threading.Event(), []

    def slow():
        at_work.set()
        go_on.wait(10)
        ended.append(1)

    def bad():
        at_work.wait(10)
        threading.Timer(0.05, go_on.set).start()
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        life.daemon._run_parallel([bad, slow])
    assert ended == [1]
