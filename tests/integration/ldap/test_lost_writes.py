"""Writes whose answers are lost, and a linecard that is killed as it writes: read back, and never sent twice."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from integration.ldap import slapd
from integration.ldap.proxy import Proxy
from linecard.api.backend import VACANT, BackendError, Change, ChangeStatus, Entry, Holding, Scope

ADA, BOB = "ada@example.org", "bob@example.org"
NUMBER = ("+33199000001",)


@pytest.fixture(scope="module")
def server():
    with slapd.server() as server:
        yield server


@pytest.fixture
def through(server):
    """Opens a way to the server on which `decide` says what becomes of writes; the options that lead there."""
    proxies = []

    def through(decide):
        proxies.append(Proxy(server.port, decide))
        return proxies[-1], {"url": f"ldap://127.0.0.1:{proxies[-1].port}", "start_tls": False, "timeout": 5}

    yield through
    for proxy in proxies:
        proxy.close()


def everything(backend):
    return {entry.extension: entry.holding for entry in backend.fetch(Scope.everything())}


def attachments(count):
    return [Change(n + 1, "hq", str(1000 + n), VACANT, Holding(f"m{n}@example.org")) for n in range(count)]


def test_a_write_whose_answer_is_lost_is_settled_by_reading(server, through, tmp_path):
    """It was made: it is done, and is not sent again."""
    base = slapd.new_people(server, members=[ADA])
    proxy, way = through(lambda _: "swallow")
    backend = server.backend(base, tmp_path, **way)
    results = []
    with pytest.raises(BackendError, match="did not answer a write"):
        results.extend(backend.apply([Change(1, "hq", "1000", VACANT, Holding(ADA, NUMBER))]))
    backend.close()
    assert proxy.writes == 1
    assert everything(server.backend(base, tmp_path)) == {"1000": Holding(ADA, NUMBER)}


def test_what_was_made_is_said_before_the_error_is(server, through, tmp_path):
    base = slapd.new_people(server, members=[ADA])
    _, way = through(lambda _: "swallow")
    backend = server.backend(base, tmp_path, **way)
    applying = backend.apply([Change(1, "hq", "1000", VACANT, Holding(ADA))])
    assert next(applying).status is ChangeStatus.DONE
    with pytest.raises(BackendError):
        next(applying)
    backend.close()


def test_a_write_that_does_not_arrive_is_not_said_to_be_done(server, through, tmp_path):
    base = slapd.new_people(server, members=[ADA])
    proxy, way = through(lambda _: "lose")
    backend = server.backend(base, tmp_path, **way)
    with pytest.raises(BackendError):
        next(backend.apply([Change(1, "hq", "1000", VACANT, Holding(ADA))]))
    assert everything(backend) == {}
    assert proxy.writes == 1
    backend.close()


def test_many_are_under_way_when_the_connection_breaks(server, through, tmp_path):
    """Each is either said to be done, and is, or not said to be done; the rest can be made by the next."""
    changes = attachments(60)
    base = slapd.new_people(server, members=[change.after.member for change in changes])
    _, way = through(lambda first: "swallow" if first > 20 else "pass")
    backend = server.backend(base, tmp_path, **way, ahead=8)
    results = []
    with pytest.raises(BackendError):
        results.extend(backend.apply(changes))
    backend.close()
    assert {result.status for result in results} == {ChangeStatus.DONE}
    direct = server.backend(base, tmp_path)
    made = everything(direct)
    assert {result.change.extension for result in results} <= set(made)
    assert 20 <= len(made) < 60
    rest = [change for change in changes if change.extension not in made]
    assert {result.status for result in direct.apply(rest)} == {ChangeStatus.DONE}
    assert len(everything(direct)) == 60
    direct.close()


@pytest.mark.parametrize(
    ("after", "number", "fate", "expected"),
    [
        (Holding(None, NUMBER), 1, "lose", Holding(ADA, NUMBER)),
        (Holding(None, NUMBER), 1, "pass", Holding(None, NUMBER)),
        (Holding(BOB, NUMBER), 2, "lose", Holding(None, NUMBER)),
        (Holding(BOB, NUMBER), 2, "pass", Holding(BOB, NUMBER)),
    ],
)
def test_a_number_survives_a_kill_between_directory_and_state(server, through, tmp_path, after, number, fate, expected):
    """SIGKILL when a write is on its way: the extension is as before, or as after, or free with its number."""
    base = slapd.new_people(server, [Entry("1000", ADA, NUMBER)], [BOB])
    killed, child = threading.Event(), 0

    def kill(first):
        if first != number:
            return "pass"
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        killed.set()
        return fate

    _, way = through(kill)
    child = os.fork()
    if child == 0:  # pragma: no cover - killed
        try:
            list(server.backend(base, tmp_path, **way).apply([Change(1, "hq", "1000", Holding(ADA, NUMBER), after)]))
        finally:
            os._exit(1)
    assert killed.wait(20)
    backend = server.backend(base, tmp_path)
    until = time.monotonic() + 10
    while everything(backend) != {"1000": expected} and time.monotonic() < until:
        pass  # the write that passes is on its way
    assert everything(backend) == {"1000": expected}
    if expected != after:
        (result,) = backend.apply([Change(1, "hq", "1000", expected, after)])
        assert result.status is ChangeStatus.DONE
    assert everything(backend) == {"1000": after}
    backend.close()
