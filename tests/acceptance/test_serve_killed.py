"""`linecard serve` killed again and again while several programs deliver files: the promises of T1, for real."""

from __future__ import annotations

import itertools
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from acceptance.crashes import HEADER, TORTURE
from acceptance.drops import DropSite
from acceptance.producers import WAYS, Producer, all_of
from linecard.pipeline import apply as applying
from linecard.runtime.operations import Operations
from linecard.runtime.service import Service

LINECARD = (sys.executable, "-P", "-c", "import sys; from linecard.cli import main; sys.exit(main())")
LIMITS = (
    "limits: {detach: {share: null}, move: {share: null}, force: {share: null}, number: {share: null}}, "
    "settle: 100ms, scan: 1"
)
DIRECTORY = "{{backend: directory, options: {{path: pbx/{}.sqlite3}}}}"
CONFIG = f"""\
region: FR
reserve: 1
pbxs:
  hq: {DIRECTORY.format("hq")}
  lab: {DIRECTORY.format("lab")}
inboxes:
  hr: {{path: inbox/hr, pbxs: [hq], {LIMITS}}}
  both: {{path: inbox/both, pbxs: [hq, lab], {LIMITS}}}
"""
DEATHS = 300 if TORTURE else 5


@pytest.fixture
def site(crash_room, plugins):
    folder = crash_room / "served"
    shutil.rmtree(folder, ignore_errors=True)
    site = DropSite(folder, plugins)
    for name in ("pbx", "inbox/hr", "inbox/both"):
        (site.folder / name).mkdir(parents=True)
    (site.folder / "linecard.yaml").write_text(CONFIG)
    return site


@pytest.fixture
def producers(site):
    """Four ways of delivering, each into both inboxes by turns of a thread of its own."""
    serial = itertools.count(1000)
    made = [
        Producer(site.folder, inbox, pbxs, serial, way)
        for way, (inbox, pbxs) in zip(WAYS, itertools.cycle((("hr", ("hq",)), ("both", ("hq", "lab")))), strict=False)
    ]
    yield made
    for producer in made:
        producer.stopping.set()
        if producer.is_alive():
            producer.join()


LEFT = "{} drops, {} claims, {} reports, {} runs"
NOTHING = LEFT.format(0, 0, 0, 0)


def serve(site) -> subprocess.Popen:
    with site.log.open("a") as out:
        return subprocess.Popen(
            [*LINECARD, "--config", f"{site.folder}/linecard.yaml", "serve"], stdout=out, stderr=subprocess.STDOUT
        )


def finished(site, drops: int) -> None:
    """A life of the daemon that is left alone until nothing is left to be done, and asked to stop then.

    It may take long, but it may not stand still.
    """
    daemon = serve(site)
    try:
        last, give_up = "", time.monotonic() + 120
        while (left := what_is_left(site, drops)) != NOTHING:
            if left != last:
                last, give_up = left, time.monotonic() + 120
            assert daemon.poll() is None, site.log.read_text()[-5000:]
            assert time.monotonic() < give_up, f"{left} {site.left('inbox')} {site.log.read_text()[-5000:]}"
            threading.Event().wait(0.05)
        daemon.terminate()
        assert daemon.wait(60) == 0
    finally:
        daemon.kill()
        daemon.wait()
    assert "Traceback" not in site.log.read_text()


def what_is_left(site, drops: int) -> str:
    """In numbers; when nothing is, the `NOTHING` that it is."""
    database = site.folder / "state/linecard.db"
    if not database.exists() or not site.ask("state/linecard.db", "SELECT 1 FROM sqlite_schema WHERE name = 'outbox'"):
        return "everything: every life so far ended before it had made its memory"
    (facts,) = site.ask(
        "state/linecard.db",
        f"SELECT {drops} - (SELECT count(*) FROM run), (SELECT count(*) FROM claim WHERE settled IS NULL), "
        "(SELECT count(*) FROM outbox WHERE delivered IS NULL), (SELECT count(*) FROM run WHERE state NOT IN "
        "('applied', 'partial', 'unchanged', 'rejected', 'superseded'))",
    )
    return LEFT.format(*facts)


def test_nothing_is_lost_and_nothing_done_twice_however_often_the_daemon_is_killed(site, producers):
    """SIGKILL at random instants, its start among them; the last life is left alone and finishes everything."""
    for producer in producers:
        producer.start()
    for _ in range(DEATHS):
        daemon = serve(site)
        try:
            code = daemon.wait(random.uniform(0, 3))
        except subprocess.TimeoutExpired:
            daemon.kill()
            code = daemon.wait()
        assert code == -signal.SIGKILL, site.log.read_text()
    for producer in producers:
        producer.stopping.set()
        producer.join()
    delivered = all_of(producers)

    finished(site, len(delivered.states))
    print(f"{DEATHS} deaths, {len(delivered.states)} drops, {sum(delivered.links.values())} links")

    assert len(delivered.states) > DEATHS
    states = site.ask(
        "state/linecard.db",
        "SELECT state FROM run JOIN drop_file ON drop_file.id = drop_id ORDER BY drop_file.inbox, name, drop_file.id",
    )
    kept = dict(zip(site.kept(), (state for (state,) in states), strict=True))
    assert len(kept) == len(site.runs), "no file has two runs"
    assert kept == delivered.states
    made = Counter((pbx, e, member) for pbx, done in site.operations().items() for e, _, (member, _) in done)
    assert made == delivered.links, "each link was made once"
    site.holds()
    site._check_events()
    site._check_reports()
    site.check_nothing_is_left(set())
    assert site.left("quarantine") == set()


def test_a_run_that_broke_off_after_its_last_change_is_ended(site):
    """All changes are made, and the program died before the run ended: there is nothing left to send."""
    sheet = site.folder / "sheet.csv"
    sheet.write_text(f"{HEADER}attach,ada@x.org,,1000,\n")
    with Service.load(site.folder / "linecard.yaml") as service:
        operations = Operations(service)
        run = operations.receive(sheet, service.feed("hr"), description="", stage=lambda _what, _run: None)
        run = operations.approve(run, why="a test")
        applying.begin_run(service.store, run, who="a test")
        assert applying.send_changes(service.store, run, service.pbxs["hq"]) == ""
    finished(site, 1)
    assert site.runs == {1: "applied"}
    assert [extension for extension, _, _ in site.operations()["hq"]] == ["1000"]
    site._check_reports()
