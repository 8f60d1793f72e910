"""Killed at any instant while letters go out: each arrives at least once, and a repeat is known as one."""

from __future__ import annotations

import mailbox
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from acceptance.crashes import TORTURE
from acceptance.killing import DIED, Countdown, forked
from integration.mail.site import Site
from linecard.runtime.delivery import Delivery
from linecard.runtime.health import Health
from linecard.runtime.service import Service

READERS = ("anna@example.org", "uwe@example.org", "zoe@example.org")


class Recorder:
    """A mail server in a process of its own that keeps all it takes in a Maildir."""

    def __init__(self, folder: Path) -> None:
        self.box = folder / "box"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        where = ("-l", f"127.0.0.1:{self.port}", "-c", "aiosmtpd.handlers.Mailbox", str(self.box))
        self.log = (folder / "server.log").open("w")
        self.process = subprocess.Popen([sys.executable, "-m", "aiosmtpd", "-n", *where], stderr=self.log)
        ends = time.monotonic() + 30
        while time.monotonic() < ends and self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
        raise AssertionError("the server did not begin")

    def taken(self) -> list[tuple[str, str]]:
        """Of each mail, its reader and its id."""
        with closing(mailbox.Maildir(self.box)) as box:
            return [(mail["To"], mail["Message-ID"]) for mail in box]

    def clear(self) -> None:
        for file in (self.box / "new").iterdir():
            file.unlink()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    made = Recorder(tmp_path_factory.mktemp("recorder"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def prepared(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with two reports for three readers in its outbox, none sent yet; what delivery needs is imported."""
    folder = tmp_path_factory.mktemp("prepared") / "site"
    site = Site(folder, recorder.port, to=READERS)
    site.run()
    site.run("attach,eve@x.org,1001\n", "second.csv")
    site.close()
    warm = shutil.copytree(folder, folder.with_name("warm"))
    deliver(warm)
    assert len(recorder.taken()) == 6
    return folder


def deliver(folder: Path, countdown: Countdown | None = None) -> int:
    """Letters that wait become due and are sent, by a new service; how many places the countdown saw."""
    with Service.load(folder / "linecard.yaml") as service:
        with service.store.transaction() as connection:
            connection.exec_driver_sql("UPDATE outbox SET due = NULL WHERE delivered IS NULL AND dropped IS NULL")
        with closing(Delivery(service, Health(service.now))) as post:
            if countdown is None:
                post.deliver()
                return 0
            with countdown.armed():
                post.deliver()
            return countdown.seen


@pytest.mark.parametrize("every_call", [False, True], ids=["at a statement or file", "at any call"])
def test_each_report_arrives_and_a_repeat_has_the_same_id(
    every_call: bool, prepared: Path, recorder: Recorder, tmp_path: Path
) -> None:
    """SIGKILL while letters are counted, rendered, sent, answered and noted; then the program is started again."""
    log = tmp_path / "log"

    def copy() -> Path:
        shutil.rmtree(tmp_path / "site", ignore_errors=True)
        recorder.clear()
        return shutil.copytree(prepared, tmp_path / "site")

    folder = copy()
    code, places = forked(lambda: deliver(folder, Countdown(every_call=every_call)), log)
    assert code == 0, log.read_text()
    assert places > 50
    tries = 400 if TORTURE else 3
    ats = sorted(random.sample(range(1, places + 1), min(tries, places)))
    for at in ats:
        folder = copy()
        code, _ = forked(lambda at=at, folder=folder: deliver(folder, Countdown(at, every_call=every_call)), log)
        assert code == DIED or every_call, f"place {at} of {places} was not reached: {log.read_text()}"
        code, _ = forked(lambda folder=folder: deliver(folder), log)
        assert code == 0, log.read_text()
        taken = recorder.taken()
        for reader in READERS:
            assert len({which for who, which in taken if who == reader}) == 2, f"place {at}: {taken}"
        assert len(set(taken)) == 6
        assert len(taken) <= 7, "only the letter under way may come twice"
        with Service.load(folder / "linecard.yaml") as service, service.store.snapshot() as connection:
            left = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE delivered IS NULL").scalar()
        assert left == 0
