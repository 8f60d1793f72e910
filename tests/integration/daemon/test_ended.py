"""linecard is ended from outside while it reads a good file: that is never the file's fault, however often it comes."""

from __future__ import annotations

import os
import signal

from integration.daemon.site import Serving, Site, eventually, rows


def reading(site: Site, last: int) -> int:
    """The next process that has come as far as to ask the PBX what it holds."""
    return eventually(lambda: (found := site.reader("hq")) != last and found, "somebody reads")


def check_gone(process: int) -> None:
    """A process has ended, or ends by itself."""

    def is_gone() -> bool:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        return False

    eventually(is_gone, "nobody is left behind")


def kill(serving: Serving) -> None:
    serving.send(signal.SIGKILL)
    assert serving.process.wait() == -signal.SIGKILL


def test_it_is_killed_again_and_again_while_a_good_file_is_planned(site):
    """SIGKILL while it plans, while a process of its own does, and while it plans after that one; others go on."""
    site.shut_reading("hq")
    with site.served() as serving:
        site.drop("hr", "good.csv", rows("ada 1000"))
        at = reading(site, 0)
        assert at == serving.process.pid
        kill(serving)
    with site.served() as serving:
        site.drop("it", "other.csv", rows("bob 2000"))
        at = reading(site, at)
        assert at != serving.process.pid, "a file under suspicion is read elsewhere first"
        eventually(lambda: site.came_to(other="applied"), "other files go on meanwhile")
        kill(serving)
        check_gone(at)
    with site.served() as serving:
        at = reading(site, at)
        site.let_read("hq")
        at = reading(site, at)
        assert at == serving.process.pid, "it was read well, and is planned"
        kill(serving)
    with site.served():
        at = reading(site, at)
        site.let_read("hq")
        reading(site, at)
        site.reopen("hq", "reading")
        eventually(lambda: site.came_to(good="applied"), "it is applied in the end")
    assert site.made("hq") == ["1000"]
    assert not (site.folder / "quarantine").exists()
    states = [state for (state,) in site.ask("SELECT state FROM run_event WHERE run_id = 1 ORDER BY id")]
    assert states == ["received", "planned", "approved", "applying", "applied"]


def test_a_process_that_reads_a_file_is_killed_each_time(site):
    """As when the machine is out of memory: nobody can tell whether the file is to blame, so that a person is asked."""
    site.shut_reading("hq")
    with site.served() as serving:
        site.drop("hr", "large.csv", rows("ada 1000"))
        at = reading(site, 0)
        kill(serving)
    with site.served() as serving:
        for _ in range(3):
            at = reading(site, at)
            os.kill(at, signal.SIGKILL)
        eventually(lambda: site.came_to(large="held"), "a person is asked")
        (held,) = site.status()["held"]
        assert [hold["kind"] for hold in held["holds"]] == ["crashed"]
        assert held["holds"][0]["message"].endswith("3 times: SIGKILL.")
        assert serving.process.poll() is None
        assert site.run("approve", "1").returncode == 0
        at = reading(site, at)
        site.let_read("hq")
        reading(site, at)
        site.reopen("hq", "reading")
        eventually(lambda: site.came_to(large="applied"), "it is read once more, and applied")
