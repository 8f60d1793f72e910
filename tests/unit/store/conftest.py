from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from linecard.model.run import Drop
from linecard.store.store import Store


class Clock:
    """A clock that goes on by one second whenever it is read; it stands in another zone than UTC."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=2)))

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A state folder of the newest schema, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    Store.open(folder, lambda: datetime.now(UTC)).close()
    return folder


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(empty, tmp_path, clock):
    (tmp_path / "linecard.db").write_bytes((empty / "linecard.db").read_bytes())
    store = Store.open(tmp_path, clock)
    yield store
    store.close()


@pytest.fixture
def receive(store):
    """Begins a run; its number."""

    def receive(name: str = "sheet.csv", sha256: str = "a" * 64, inbox: str = "hr") -> int:
        with store.transaction() as connection:
            return store.receive(connection, inbox, Drop(name, sha256, 12, f"x/{name}"), description="", who="ada")

    return receive
