"""A plugin that fails in a way in which none should: it is named with its method, nothing is lost, others go on."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import Counter
from contextlib import closing

import pytest

from integration import faulty_plugin
from integration.daemon.site import Site, eventually, rows
from linecard.errors import PluginFault
from linecard.infrastructure.plugin_faults import name_plugin_faults
from linecard.runtime.service import Service

CONFIG = """\
region: FR
reserve: 1
pbxs:
  hq: {backend: faulty, options: {path: hq.sqlite3}}
  lab: {backend: directory, options: {path: lab.sqlite3}}
processors: {odd: {kind: faulty}}
sinks: {odd: {kind: faulty}}
inboxes:
  hr:
    {kind: faulty, path: hr, pbxs: [hq], settle: 0, scan: 1, open: {faulty: {}}, processors: [odd], tell: [{sink: odd}]}
  it: {path: it, pbxs: [lab], settle: 0, scan: 1}
"""
AUTHOR = "report it to the author of acme-faulty 1.0"
METHODS = {
    "backend.fetch": "Backend.fetch",
    "backend.apply": "Backend.apply",
    "inbox.list_files": "Inbox.list_files",
    "inbox.claim": "Inbox.claim",
    "inbox.copy": "Inbox.copy",
    "inbox.settle": "Inbox.settle",
    "opener.open": "Opener.open",
    "sink.deliver": "Sink.deliver",
    "renderer.render": "Renderer.render",
}
"""What fails in the daemon, and how it is called in the plugin."""
TOLD_BY_THE_RUN = {"backend.apply", "inbox.copy", "inbox.settle"}
"""What stops one run or file alone is told with it, by the line that failed."""


class FaultySite(Site):
    def fail(self, method: str) -> None:
        (self.folder / "fails").write_text(method)

    def mend(self) -> None:
        (self.folder / "fails").unlink()

    def once(self) -> tuple[str, str]:
        """What `once` says is wrong, and its log."""
        done = self.run("once", "--json")
        assert "bug in linecard" not in done.stdout
        return "\n".join(f"{t['message']} {t['remedy']}" for t in json.loads(done.stdout)["alerts"]), done.stderr

    def changes(self, pbx: str) -> Counter[str]:
        """How often each extension of a PBX was changed."""
        db = sqlite3.connect(self.folder / f"{pbx}.sqlite3")
        try:
            return Counter(extension for (extension,) in db.execute("SELECT extension FROM operations"))
        finally:
            db.close()


@pytest.fixture
def site(tmp_path) -> FaultySite:
    return FaultySite(tmp_path / "site", faulty_plugin.install(tmp_path / "plugins"), CONFIG)


def is_named(method: str, said: str) -> bool:
    return f"The plugin faulty failed in {method}: RuntimeError: kaput (" in said and AUTHOR in said


@pytest.mark.parametrize(("fails", "method"), METHODS.items())
def test_whatever_fails_in_the_daemon_is_named_and_stops_nothing_else(site, fails, method):
    site.fail(fails)
    site.drop("hr", "odd.csv", ("ODD" if fails == "opener.open" else "") + rows("ada 1000", "max 1001"))
    site.drop("it", "fine.csv", rows("bob 1000"))
    said, log = site.once()
    assert is_named(method, said), said
    if fails not in TOLD_BY_THE_RUN:
        assert f"plugin=faulty method={method}" in log, "with the traceback, for its author"
        assert "RuntimeError: kaput" in log
    assert site.came_to(fine="applied")
    site.mend()
    site.once()
    assert site.came_to(odd="applied")
    assert site.changes("hq") == {"1000": 1, "1001": 1}
    assert site.left("hr") == []


def test_a_file_that_stays_odd_waits_for_a_person_and_others_go_on(site):
    site.fail("opener.open")
    site.drop("hr", "odd.csv", "ODD" + rows("ada 1000"))
    site.once()
    site.drop("hr", "plain.csv", rows("max 1001"))
    site.once()
    assert site.runs == {"odd.csv": "held", "plain.csv": "applied"}
    ((holds,),) = site.ask("SELECT holds FROM run WHERE state = 'held'")
    assert "RuntimeError in the plugin faulty (Opener.open)" in holds
    site.mend()
    assert site.run("approve", "1").returncode == 0
    site.once()
    assert site.came_to(odd="applied")


def test_a_processor_that_fails_is_named_in_each_row(site):
    site.fail("processor")
    sheet = site.folder / "sheet.csv"
    sheet.write_text(rows("ada 1000"))
    done = site.run("plan", f"{sheet}", "--inbox", "hr")
    assert "The processor odd failed on this row: RuntimeError: kaput." in done.stdout


def test_hints_that_fail_are_named_and_the_scan_goes_on(site):
    site.fail("inbox.watch")
    with site.served() as serving:
        assert is_named("Inbox.watch", site.told("watch of hr") + AUTHOR)
        site.drop("hr", "odd.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(odd="applied"), "the scan finds it")
        serving.process.terminate()
        serving.process.wait(30)
        assert serving.log.count("Traceback") == 1, "that of the plugin"
        (site.folder / "log").write_text("")  # which `served` looks at


@pytest.mark.parametrize(
    ("fails", "words", "method"),
    [
        ("backend.fetch", ("members",), "Backend.fetch"),
        ("backend.fetch", ("plan", "sheet.csv", "--inbox", "hr"), "Backend.fetch"),
        ("renderer.render", ("report", "1", "--format", "faulty"), "Renderer.render"),
    ],
)
def test_a_command_names_it_below_the_traceback(site, monkeypatch, fails, words, method):
    monkeypatch.chdir(site.folder)
    (site.folder / "sheet.csv").write_text(rows("ada 1000"))
    assert site.run("import", "sheet.csv", "--inbox", "hr", "--yes").returncode == 0
    site.fail(fails)
    done = site.run(*words)
    assert done.returncode == 2
    trace, _, said = done.stderr.partition("Error: ")
    assert trace.startswith("Traceback")
    assert is_named(method, said)


def test_a_keyring_that_fails_is_named(site, tmp_path, monkeypatch, request):
    """`linecard keys` asks for the kinds pgp and ssh, which linecard brings; what builds and names them is the same."""
    monkeypatch.syspath_prepend(tmp_path / "plugins")
    request.addfinalizer(lambda: sys.modules.pop("acme_faulty"))  # it is loaded here, and other tests have another
    site.fail("keyring.list_keys")
    with (
        Service.load(site.folder / "linecard.yaml") as service,
        closing(service.keyring("faulty")) as keyring,
        pytest.raises(PluginFault) as caught,
        name_plugin_faults(),
    ):
        keyring.list_keys()
    assert is_named("Keyring.list_keys", f"{caught.value} {caught.value.remedy}")


def test_doctor_names_it_and_examines_the_rest(site):
    site.fail("backend.examine")
    findings = {found["check"]: found for found in json.loads(site.run("doctor", "--json").stdout)}
    assert not findings["pbx hq"]["ok"]
    assert is_named("Backend.examine", f"{findings['pbx hq']['message']} {findings['pbx hq']['remedy']}")
    assert findings["pbx lab"]["ok"]
