"""Killed at any instant while files are fetched, done and answered: each is done once, and nothing is left behind."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from contextlib import suppress

import pytest

from acceptance.crashes import TORTURE
from acceptance.killing import DIED, forked
from integration.daemon.site import LINECARD, eventually, rows

DEATHS = 400 if TORTURE else 8


def told(office) -> str:
    """What the memory knows of the runs that did not come to `applied`."""
    runs = office.ask("SELECT id, state FROM run WHERE state <> 'applied'")
    return "\n".join(
        f"run {run}, {state}: "
        + repr(
            office.ask(f"SELECT at, was, state, why FROM run_event WHERE run_id = {run} ORDER BY id")
            + office.ask(f"SELECT attempt, line, outcome, code, more FROM sheet_row WHERE run_id = {run}")
            + office.ask(f"SELECT attempt, seq, fate, code, words FROM pbx_change WHERE run_id = {run}")
        )
        for run, state in runs
    )


@pytest.mark.parametrize(
    "options",
    [{}, {"claim": None, "after": "delete"}, {"after": "archive done"}],
    ids=["moved", "remembered", "archived"],
)
def test_each_file_is_done_once_however_often_linecard_is_killed(server, open_office, options):
    """SIGKILL at random instants of a pass over the inbox, between which files arrive; the last pass is left alone.

    However many deaths in a row come while one file is read, it is done in the end.
    """
    office = open_office(server, inboxes={"hr": options}, settle="10ms", reply="../results")
    log, sent = office.folder / "log", dict[str, str]()

    def arrives() -> None:
        for _ in range(2):
            number = 1000 + len(sent)
            sent[f"{number}.csv"] = rows(f"m{number} {number}")
            server.put(f"{number}.csv", sent[f"{number}.csv"])

    arrives()
    began = time.monotonic()
    assert forked(office.once, log) == (0, []), log.read_text()
    lasts = time.monotonic() - began
    died = 0
    for _ in range(4 * DEATHS):
        arrives()
        began = time.monotonic()
        code, _ = forked(office.once, log, kill_after=random.uniform(0, lasts))
        assert code in (0, DIED), log.read_text()
        died += code == DIED
        if died == DEATHS:
            break
        if code == 0:  # the machine has become faster
            lasts = time.monotonic() - began
    assert died == DEATHS, "most passes come to no end"
    assert forked(office.once, log) == (0, []), log.read_text()

    assert sorted(office.files) == sorted(sent), "no file has two runs"
    assert set(office.runs.values()) == {"applied"}, told(office)
    assert office.held == {name[:4]: f"m{name[:4]}@example.org" for name in sent}
    kept = {path.name.split("__")[-1]: path.read_text() for path in (office.folder / "archive").rglob("*.csv")}
    assert sorted(kept.values()) == sorted(sent.values()), "each is kept byte for byte"
    assert [path for path in server.inbox.rglob("*") if path.is_file() and path.parent.name != "done"] == []
    if "archive done" in options.values():
        assert {path.name: path.read_text() for path in (server.inbox / "done").iterdir()} == sent
    replies = sorted((server.home / "results").iterdir())
    assert len(replies) == len(sent), "each has one reply"
    for reply in replies:
        (filed,) = (office.folder / "reports").rglob(reply.name)
        assert reply.read_bytes() == filed.read_bytes()
    assert "Traceback" not in log.read_text()


def test_the_daemon_is_killed_again_and_again(server, open_office):
    """A real `linecard serve`, killed at random instants from its start on, while files arrive."""
    office, sent = open_office(server, settle="50ms", reply="../results"), list[str]()
    lives = 60 if TORTURE else 4
    for _ in range(lives):
        for _ in range(2):
            sent.append(f"{1000 + len(sent)}.csv")
            server.put(sent[-1], rows(f"m{sent[-1][:4]} {sent[-1][:4]}"))
        daemon = serving(office)
        with suppress(subprocess.TimeoutExpired):
            daemon.wait(random.uniform(0.3, 3))
        daemon.kill()
        assert daemon.wait() == -signal.SIGKILL, (office.folder / "served").read_text()
    with office.served():
        eventually(
            lambda: office.runs and len(list((server.home / "results").glob("*"))) == len(sent), "the last reply"
        )
        eventually(lambda: [path for path in server.inbox.rglob("*") if path.is_file()] == [], "the last parting")
    assert sorted(office.files) == sent, "no file has two runs"
    assert set(office.runs.values()) == {"applied"}, told(office)
    assert office.held == {name[:4]: f"m{name[:4]}@example.org" for name in sent}
    assert "Traceback" not in (office.folder / "served").read_text()


def serving(office) -> subprocess.Popen:
    with (office.folder / "served").open("a") as out:
        return subprocess.Popen([*LINECARD, "serve"], env=office.environment, stdout=out, stderr=subprocess.STDOUT)
