"""Promises 1 and 5 on Rainbow: whatever dies, is lost or fails at whichever call, nothing is lost, nothing is sent for
something that is so already, and no row says done that Rainbow does not show.

What should come of the sheet is worked out here, without linecard's rules; what came of it is read in the simulator's
own books.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from dataclasses import replace

import pytest

from acceptance.crashes import TORTURE
from acceptance.killing import command, forked
from integration.rainbow.tenants import PBX_ID, SimulatedTenant
from linecard.api.backend import Entry
from rainbow.examples import ADMINISTRATOR, APPLICATION
from rainbow.faults import Fault

HELD = {f"{1000 + n}": f"m{n}@example.org" for n in range(8)}
VACANT = [f"{1000 + n}" for n in range(8, 20)]
CONFIG = """\
region: FR
pbxs:
  hq:
    backend: rainbow
    options:
      systems: [{pbx}]
      host: "{host}"
      login: {login}
      password: file:password
      app_id: {application}
      app_secret: file:app
      ca_file: {keys}/rainbow.pem
      timeout: 2
      settle: 1
      assume: {{detach: change, number: blank, second_extension: added}}
inboxes:
  hr: {{path: inbox, default_pbx: hq, limits: {limits}}}
"""
LIMITS = "{detach: {share: null}, move: {share: null}, force: {share: null}, number: {share: null}}"
ROWS = [
    *(f"attach,m{n}@example.org,{1000 + n}," for n in range(8, 16)),  # joiners
    "detach,m0@example.org,1000,",  # a leaver
    "force_attach,m2@example.org,1001,",  # who takes over, and leaves 1002
    "force_attach,m4@example.org,1003,",  # two who change places
    "force_attach,m3@example.org,1004,",
    "attach,m5@example.org,1005,+33199008005",  # another number
    "attach,m6@example.org,1006,",  # nothing to do
]
MOVE = 9
"""The row by which somebody leaves 1002."""
WANTED = (
    HELD
    | {f"{1000 + n}": f"m{n}@example.org" for n in range(8, 16)}
    | {"1000": None, "1001": "m2@example.org", "1002": None, "1003": "m4@example.org", "1004": "m3@example.org"}
    | {f"{1000 + n}": None for n in range(16, 20)}
)


@pytest.fixture
def tenant(tmp_path, crash_room):
    """A company of twenty, and a site on it."""
    entries = [Entry(e, HELD.get(e), (f"+3319900{e}",)) for e in (*HELD, *VACANT)]
    with SimulatedTenant(tmp_path / "site", entries, [f"m{n}@example.org" for n in range(20)], keys=crash_room) as made:
        made.world.latency = 0.002
        (made.folder / "sheet.csv").write_text("Action,LoginEmail,Extension,Number\n" + "\n".join(ROWS) + "\n")
        words = {"pbx": PBX_ID, "host": made.host, "login": ADMINISTRATOR, "application": APPLICATION}
        (made.folder / "linecard.yaml").write_text(CONFIG.format(keys=crash_room, limits=LIMITS, **words))
        yield made


class Linecard:
    """The program on a tenant's site, each command in a process of its own."""

    def __init__(self, tenant):
        self.tenant, self.folder, self.log = tenant, tenant.folder, tenant.folder / "log"

    def do(self, *words, kill_after=None):
        """The exit code of a command; negative if it was killed."""
        config = ("--config", str(self.folder / "linecard.yaml"))
        code, said = forked(lambda: command(*config, *words), self.log, kill_after=kill_after)
        assert code <= 0, self.log.read_text()
        return code or said

    def import_sheet(self, kill_after=None):
        return self.do("import", str(self.folder / "sheet.csv"), "--yes", kill_after=kill_after)

    def finish(self):
        """What a person does after a crash: resume until nothing is left, and send the file if it was never taken."""
        for _ in range(5):
            self.do("resume", "--yes")
            if not self.states() or self.states()[-1] == "received":
                self.import_sheet()
            if self.states()[-1] in {"applied", "partial", "unchanged"}:
                return
        raise AssertionError(f"{self.states()}: {self.log.read_text()}")

    def states(self):
        return [state for (state,) in self.ask("SELECT state FROM run ORDER BY id")]

    def outcomes(self):
        """Of the last run's rows, in file order."""
        query = "SELECT outcome FROM sheet_row JOIN run ON id = run_id AND run.attempt = sheet_row.attempt"
        return [row[0] for row in self.ask(f"{query} WHERE id = (SELECT max(id) FROM run) ORDER BY line")]

    def ask(self, query):
        if not (self.folder / "state/linecard.db").exists():
            return []
        database = sqlite3.connect(self.folder / "state/linecard.db")
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()


def assert_nothing_was_sent_twice(tenant):
    """Each change that Rainbow was sent made a difference, by its books; those that it refused or lost aside."""
    holders = {number.id: tenant.first_holders[number.short_number] for number in tenant.numbers()}
    for request in tenant.world.requests:
        if request.method != "PUT" or not 200 <= request.status < 300:
            continue
        number = request.target.rpartition("/")[2]
        body = json.loads(request.body)
        if "userId" in body:
            assert holders[number] != body["userId"] or len(body) > 1, f"{number} was given to {body['userId']} twice"
            holders[number] = body["userId"]


def test_a_sheet_that_nobody_kills(tenant):
    """The model and linecard agree."""
    program = Linecard(tenant)
    assert program.import_sheet() == 0
    assert tenant.holders() == WANTED
    assert program.outcomes() == ["done"] * 13 + ["unchanged"]
    assert_nothing_was_sent_twice(tenant)


@pytest.mark.parametrize("seed", range(200 if TORTURE else 3))
def test_killed_at_any_instant(tenant, seed):
    """And once more while it recovers; then all is as the model says."""
    chance = random.Random(seed)
    program = Linecard(tenant)
    tenant.world.latency = 0.01
    program.import_sheet(kill_after=chance.uniform(0.05, 0.9))
    program.do("resume", "--yes", kill_after=chance.uniform(0.05, 0.5))
    program.finish()
    assert tenant.holders() == WANTED
    assert_nothing_was_sent_twice(tenant)


FAULTS = {
    "lose_request": Fault("lose_request"),
    "lose_answer": Fault("lose_answer"),
    "half": Fault("half", method="PUT"),
    "garbled": Fault("garbled"),
    "html": Fault("html"),
    "html 502": Fault("html", status=502),
    "500": Fault("status", status=500),
    "503": Fault("status", status=503),
    "too_many": Fault("too_many", seconds=1),
    "slow": Fault("slow", seconds=2.5),
}


@pytest.mark.parametrize("name", FAULTS if TORTURE else ["lose_request", "lose_answer", "half", "html", "too_many"])
def test_each_fault_at_any_call(tenant, name):
    """Wherever it strikes: the rows say what Rainbow shows, and the same sheet later does what is missing."""
    calls = range(45) if TORTURE else [random.Random(name).randrange(2, 24)]
    for skip in calls:
        tenant.reset()
        program = Linecard(tenant)
        shutil.rmtree(tenant.folder / "state", ignore_errors=True)
        tenant.world.faults.add(replace(FAULTS[name], path="/api/", skip=skip))
        program.import_sheet()
        program.finish()
        shown, outcomes = tenant.holders(), program.outcomes()
        for row, outcome in zip(ROWS, outcomes, strict=True):
            _, member, extension, _ = row.split(",")
            if outcome in {"done", "unchanged"}:
                assert shown[extension] == WANTED[extension], f"{name} at {skip}: {row} is said to be {outcome}"
            assert member
        assert_nothing_was_sent_twice(tenant)
        tenant.world.faults.clear()
        program.import_sheet()
        missing = {extension for extension, holder in tenant.holders().items() if holder != WANTED[extension]}
        # A row that says what is so already frees nothing: what the move could not free at first stays.
        assert missing <= ({"1002"} if outcomes[MOVE] != "done" else set()), f"{name} at {skip}: {missing}"
