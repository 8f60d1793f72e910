"""What several threads of a daemon may ask for at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from linecard.api.report import Index
from linecard.registry import Registry
from linecard.runtime.report_folder import ReportFolder
from unit.reports.sites import Site, sheet

ALONE = 0.3
"""Seconds in which a second thread would come, if nothing kept it out."""

PLUGIN = f"""\
import threading
from linecard.api import hookimpl

meeting = threading.Barrier(2, timeout={ALONE})
asked = 0

class Plugin:
    LINECARD_API = "1.0"

    @hookimpl
    def linecard_backends(self):
        return []

def __getattr__(name):
    global asked
    if name != "plugin":
        raise AttributeError(name)
    asked += 1
    try:
        meeting.wait()
    except threading.BrokenBarrierError:
        pass
    return Plugin()
"""


class Meeting:
    """Writes pages of the archive, and waits for another thread to do so too."""

    name = "index.html"

    def __init__(self) -> None:
        self._meeting = threading.Barrier(2, timeout=ALONE)
        self.written = 0
        self.met = False

    def render_entry(self, filed, timezone):
        return f"{filed.id}"

    def read_lines(self, page: Path):
        return []

    def render(self, index: Index, out, *, templates=None):
        with suppress(threading.BrokenBarrierError):
            self._meeting.wait()
            self.met = True
        self.written += 1
        out.write(f"linecard-index {index.stamp} {self.written}")


def both(call):
    """What two threads get who call at the same time."""
    with ThreadPoolExecutor(2) as pool:
        return [future.result() for future in [pool.submit(call) for _ in range(2)]]


def test_a_plugin_is_loaded_once(tmp_path, monkeypatch):
    """A thread that asks for a plugin while another loads it waits, and gets the same."""
    (tmp_path / "meeting_plugin.py").write_text(PLUGIN)
    metadata = tmp_path / "meeting_plugin-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: meeting-plugin\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[linecard]\nmeeting = meeting_plugin:plugin\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry()
    found = both(lambda: [plugin.problem for plugin in registry.list_plugins() if plugin.name == "meeting"])
    assert found == [[""], [""]]
    import meeting_plugin

    assert meeting_plugin.asked == 1


def test_the_pages_of_the_archive_are_written_by_one_thread_at_a_time(tmp_path):
    """The second finds them right and writes nothing; two at once would take each other's pieces away."""
    site = Site(tmp_path)
    site.imported(sheet("attach,new@example.org,,1300,"))
    for page in site.reports.rglob("index.html"):
        page.unlink()
    meeting = Meeting()
    site.service.registry.index = lambda: meeting
    assert sorted(both(ReportFolder(site.service).refresh_index)) == [0, 2]
    assert (meeting.written, meeting.met) == (2, False)
    site.close()
