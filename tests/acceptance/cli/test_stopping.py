"""An import stopped half-way, two at once, a full disk, and what a terminal sees of it."""

from __future__ import annotations

import os
import pty
import resource
import signal
import sqlite3
import subprocess
from contextlib import closing

import pytest

from acceptance.cli.shapes import Resumed, Run
from acceptance.cli.terminal import PROGRAM, Site, until
from linecard_directory.backend import GROUP

ROWS = 3000


@pytest.fixture
def long(site) -> Site:
    """A site for a sheet that takes several groups of changes."""
    site.sheet(*(f"attach,m{i}@x.org,,{1000 + i}," for i in range(ROWS)), name="long.csv")
    return site


def done(site: Site) -> int:
    return site.ask("SELECT count(*) FROM pbx_change WHERE fate = 'done'")[0][0]


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_stops_at_a_safe_point_and_resume_finishes(long, sign):
    """The run is interrupted, nothing is in doubt, and `resume` does what is left without asking, nothing twice."""
    rows = GROUP + 1500
    long.configure("extensions: 1000-4999", "extensions: 10000-99999")
    long.sheet(*(f"attach,m{i}@x.org,,{10000 + i}," for i in range(rows)), name="long.csv")
    long.run("members")
    with (
        closing(sqlite3.connect(long.folder / "state" / "hq.pbx.sqlite3", isolation_level=None)) as somebody,
        long.process("import", long.folder / "long.csv", "--yes", "--json") as process,
    ):
        somebody.execute("BEGIN IMMEDIATE")  # the PBX lets nobody write until the signal was sent
        until(lambda: long.ask("SELECT count(*) FROM pbx_change WHERE fate = 'sent'")[0][0] >= GROUP)
        process.send_signal(sign)
        somebody.execute("ROLLBACK")
        out, err = process.communicate(timeout=60)
    run = Run.model_validate_json(out)
    assert "Stopping at a safe point ..." in err
    assert "Traceback" not in err
    assert (process.returncode, run.state) == (1, "interrupted")
    assert long.ask("SELECT count(*) FROM pbx_change WHERE fate = 'sent'") == [(0,)]
    assert 0 < done(long) < rows
    said = long.run("resume", "--json")
    (run,) = Resumed.model_validate(said.json).runs
    assert (said.code, run.state, run.counts.done) == (0, "applied", rows)
    sent = long.ask("SELECT count(*), count(DISTINCT extension) FROM operations", file="hq.pbx.sqlite3")
    assert sent == [(rows, rows)]


def test_stopped_at_the_question(site):
    """Ctrl-C there is an answer: nothing is changed and the program ends at once."""
    with site.process("import", site.sheet("attach,ada@x.org,,1000,")) as process:
        heard = ""
        while not heard.endswith("Apply it? [y/N]: "):
            heard += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Nobody answered the question; nothing was changed." in err
    assert "Traceback" not in err
    assert (site.holds(), site.states) == ({}, {1: "discarded"})


def test_the_second_of_two_says_who_works(site):
    """Exit code 2 with the number of the process that holds the site; looking on is allowed; later it works."""
    with site.process("import", site.sheet("attach,ada@x.org,,1000,")) as process:
        site.asked()
        said = site.run("import", site.sheet("attach,bob@x.org,,1001,", name="second.csv"), "--yes")
        assert (said.code, said.out) == (2, "")
        assert said.err == (
            f"Error: Another linecard works on this site (process {process.pid}).\n"
            "Remedy: Wait until it has ended, then try again.\n"
        )
        assert site.run("runs").err == ""
        assert site.run("plan", site.sheet("attach,bob@x.org,,1001,", name="second.csv")).code == 0
        assert site.run("doctor").code == 0
        process.communicate("y\n", timeout=60)
    site.import_("attach,bob@x.org,,1001,")
    assert set(site.holds()) == {"1000", "1001"}


def test_a_full_disk(long):
    """No file may grow beyond 400 kB: exit code 2, a sentence, no traceback; with room again all of it is done once."""

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    command = [PROGRAM, "--config", str(long.config), "import", str(long.folder / "long.csv"), "--yes"]
    full = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=little_room)
    assert full.returncode == 2, full
    assert full.stdout == ""
    assert full.stderr.startswith("Error: ")
    assert "Remedy: " in full.stderr
    assert "Traceback" not in full.stderr
    assert long.run("import", long.folder / "long.csv", "--yes").code == 0
    assert len(long.holds()) == ROWS
    sent = long.ask("SELECT count(*), count(DISTINCT extension) FROM operations", file="hq.pbx.sqlite3")
    assert sent == [(ROWS, ROWS)]


class TestTheTerminal:
    """What is drawn on standard error when it is a terminal, and when it is not."""

    def test_a_bar_where_a_person_looks_on(self, long):
        """Planning and applying are drawn with what is left; the result follows on standard output."""
        ours, theirs = pty.openpty()
        try:
            env = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
            words = ("import", long.folder / "long.csv", "--yes")
            with long.process(*words, stderr=theirs, env=env) as process:
                os.close(theirs)
                drawn = b""
                try:
                    while some := os.read(ours, 65536):
                        drawn += some
                except OSError:  # the other end was closed
                    pass
                out = process.stdout.read()
        finally:
            os.close(ours)
        text = drawn.decode()
        assert process.returncode == 0
        assert "Planning" in text
        assert "Applying" in text
        assert f"{ROWS}/{ROWS}" in text
        assert "3,000 rows: 3,000 done." in out
        assert "Applying" not in out

    def test_none_elsewhere(self, long):
        """A log file of a cron job has no bars and no colours."""
        with long.process("import", long.folder / "long.csv", "--yes") as process:
            out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert "\x1b" not in out
