"""What holds for every test: nothing that it opens is left for the garbage collector to close, and none is timed."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from house.record_check import RecordCheck, is_whole
from linecard.testing import recorder

if settings.get_current_profile_name() == "default":  # no example fails because other work keeps the machine busy
    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")

opened: list[tuple[sqlite3.Connection, str]] = []


def pytest_configure(config: pytest.Config) -> None:
    """In a whole run, what the backends are said to have proven is held to what they prove now."""
    if is_whole(config) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(RecordCheck())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    recorder.pytest_collection_modifyitems(items)


def _remember(event: str, arguments: tuple[object, ...]) -> None:
    """Python 3.13 warns of a connection that nobody closed; this does so on 3.11, and knows where it was opened."""
    if event == "sqlite3.connect/handle" and isinstance(arguments[0], sqlite3.Connection):
        opened.append((arguments[0], _caller()))


def _caller() -> str:
    """The innermost line on the stack that is ours, and the test that ran."""
    frame = sys._getframe(2)
    while frame.f_back is not None and "/lib/python" in frame.f_code.co_filename:
        frame = frame.f_back
    test = os.environ.get("PYTEST_CURRENT_TEST", "no test")
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {test}"


def _unheld() -> int:
    """The references to a connection that nobody holds but `opened`: it holds itself, by its cache of statements."""
    sqlite3.connect(":memory:")
    connection, _ = opened.pop()
    try:
        return sys.getrefcount(connection)
    finally:
        connection.close()


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        return connection.total_changes >= 0
    except sqlite3.ProgrammingError:
        return False


def _close_dropped() -> list[str]:
    """Close the connections that are open though nobody holds them. Where those were opened."""
    dropped, held = [], []
    while opened:
        connection, place = opened.pop()
        if not _is_open(connection):
            continue
        if sys.getrefcount(connection) == UNHELD:
            dropped.append(place)
            connection.close()
        else:
            held.append((connection, place))
    opened.extend(held)
    return dropped


sys.addaudithook(_remember)
UNHELD = _unheld()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """What a circle holds is found at the end of each file: at a later test, chance would say at which."""
    result = yield
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
    if dropped := _close_dropped():
        pytest.fail(f"SQLite connections that nobody closed, opened at {', '.join(dropped)}", pytrace=False)
    return result


def pytest_sessionfinish(session: pytest.Session) -> None:
    gc.collect()
    if dropped := _close_dropped():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nSQLite connections that nobody closed, opened at {', '.join(dropped)}", file=sys.stderr)
