"""Servers, keys and sites for the tests of SFTP."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from integration.sftp.hostile import Hostile
from integration.sftp.office import Office
from integration.sftp.sshd import USER, Sshd, made_key
from linecard.testing import make_context
from linecard_sftp.inbox import SftpInbox, build
from linecard_sftp.options import SftpOptions


@pytest.fixture
def folder() -> Iterator[Path]:
    """On a disk in memory where there is one: a killed process loses nothing it wrote there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def key(folder: Path) -> Path:
    return made_key(folder / "id")


@pytest.fixture
def serve(folder: Path, key: Path) -> Iterator[Callable[..., Sshd]]:
    """Starts servers that let the key in, which end with the test."""
    with ExitStack() as undo:

        def start(name: str = "server", **more: Any) -> Sshd:
            server = Sshd(folder / name, **more)
            server.lets_in(key)
            undo.callback(server.stop)
            server.start()
            return server

        yield start


@pytest.fixture
def server(serve: Callable[..., Sshd]) -> Sshd:
    return serve()


@pytest.fixture
def open_office(folder: Path, key: Path) -> Callable[..., Office]:
    def make(server: Sshd, name: str = "site", **more: Any) -> Office:
        return Office(folder / name, server, key, **more)

    return make


@pytest.fixture
def office(open_office: Callable[..., Office], server: Sshd) -> Office:
    return open_office(server)


@pytest.fixture
def hostile(folder: Path) -> Iterator[Hostile]:
    server = Hostile(folder)
    yield server
    server.close()


@pytest.fixture
def opened(hostile, folder):
    """Opens inboxes on the hostile server, which share one connection."""
    (folder / "known_hosts").write_text(hostile.known)
    inboxes: list[SftpInbox] = []

    def make(path: str = "hr", **options: object) -> SftpInbox:
        login = {"host": hostile.address, "port": hostile.port, "user": USER, "known_hosts": "known_hosts"}
        more = {"key": "hostile_key", "pause": 0.001, "timeouts": {"read": 5}}
        given = SftpOptions.model_validate(login | more | options)
        inboxes.append(build(given, make_context(folder, "hr", path=path, reply="../out")))
        return inboxes[-1]

    yield make
    for inbox in inboxes:
        inbox.close()


@pytest.fixture
def opened_inbox(opened):
    return opened()
