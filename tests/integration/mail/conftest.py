"""Servers and sites for the tests of mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from integration.mail.servers import Keys, Server
from integration.mail.site import Site


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers, which end with the test."""
    with ExitStack() as undo:

        def start(**more: Any) -> Server:
            server = Server(**more)
            undo.callback(server.close)
            return server

        yield start


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    """A server that takes all."""
    return serve()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Makes sites, which are closed with the test."""
    with ExitStack() as undo:

        def site(port: int, **more: Any) -> Site:
            made = Site(tmp_path / "site", port, **more)
            undo.callback(made.close)
            return made

        yield site


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))
