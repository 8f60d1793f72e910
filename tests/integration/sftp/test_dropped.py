"""A connection that the server drops, at whatever request: nothing but the inbox's own errors, and then all is well."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import pytest

from integration.daemon.site import eventually
from integration.sftp import hostile as sftp
from integration.sftp.hostile import HangUp, Hostile
from linecard.ports.inbox import InboxError, Listing, Parting, Unfinished
from linecard_sftp.inbox import SftpInbox
from linecard_sftp.servers import server

T = TypeVar("T")
CLAIM = "c" * 32
MOST = 1 << 20
FEWEST = 30
"""Requests that the way of a file is made of at least."""


def until_done(do: Callable[[], T]) -> T:
    """Ask again as the core does, until it is done; nothing but what the port allows may be raised meanwhile."""
    for _ in range(4):
        with suppress(InboxError, Unfinished):
            return do()
    return do()


def way_of_a_file(inbox: SftpInbox, parting: Parting) -> bytes:
    """From its listing to its end, with a reply besides; what was read of it."""

    def find() -> dict[str, Listing]:
        (found,) = [seen for seen in inbox.look() if seen.name == b"a.csv"]
        return {CLAIM: found._replace(checksum=b"a.csv.sha256")}

    def take() -> bytes:
        nonlocal version
        into = io.BytesIO()
        version = inbox.take(CLAIM, wanted[CLAIM], into, most=MOST)
        return into.getvalue()

    version = ""
    wanted = until_done(find)
    assert until_done(lambda: inbox.claim(wanted)) == [CLAIM]
    content = until_done(take)
    assert until_done(lambda: inbox.checksum(CLAIM, wanted[CLAIM])) == b"sum"
    assert until_done(lambda: inbox.settle(CLAIM, wanted[CLAIM], version, parting)) is True
    until_done(lambda: inbox.put("reply.csv", io.BytesIO(b"done")))
    return content


def dropped_at_each_request(hostile: Hostile, *, done: bool) -> Iterator[int]:
    """Drops the connection once in what is done with each number, at the request of that number; the last has none."""
    count = number = 0

    def drop(kind: int, path: bytes) -> None:
        nonlocal count
        count += 1
        if count == number:
            raise HangUp

    hostile.after, hostile.before = (drop, hostile.after) if done else (hostile.after, drop)
    while count >= number:
        number, count = number + 1, 0
        yield number


@pytest.mark.parametrize(
    ("options", "parting", "done"),
    [
        ({"after": "archive done"}, Parting.DONE, False),
        ({"after": "archive done"}, Parting.DONE, True),
        ({"claim": None, "after": "archive done"}, Parting.DONE, True),
        ({}, Parting.REFUSED, True),
    ],
    ids=["archived, before it is done", "archived", "archived from where it stays", "too large"],
)
def test_nothing_private_is_raised_wherever_the_connection_drops(hostile, opened, options, parting, done):
    """At each request in its turn, before or after it. What is asked for again is done, once, and no file is lost."""
    hostile.replaces = True
    inbox = opened(**options)
    requests = 0
    for requests in dropped_at_each_request(hostile, done=done):
        content = b"file %d" % requests
        hostile.files.clear()
        hostile.put(b"a.csv", content)
        hostile.put(b"a.csv.sha256", b"sum")
        assert way_of_a_file(inbox, parting) == content
        ours = {name: file.data for name, file in hostile.files.items() if not name.endswith(b".reason")}
        replies = [ours.pop(name) for name in list(ours) if b"out/reply.csv" in name]
        assert replies == [b"done"]
        kept = "after" in options or parting is Parting.REFUSED
        assert list(ours.values()) == ([content] if kept else [])
    assert requests > FEWEST


def test_the_doctor_tells_of_a_dropped_connection_as_of_anything_else(hostile, opened):
    """What it tries with is cleared away, by the next try if this one was cut off."""
    inbox = opened()
    tries = [[step.ok for step in inbox.examine()] for _ in dropped_at_each_request(hostile, done=False)]
    assert all(well.count(False) <= 1 for well in tries)
    assert len(tries) > len(tries[-1])
    assert tries[-1] == [True] * 7
    assert hostile.names == []


def test_of_two_idle_sessions_on_a_dropped_connection_neither_is_used_again(hostile, opened):
    """Each look finds them dead: the second was what the look after the first one borrowed."""
    one, two = opened(), opened()
    both = threading.Barrier(2)
    hostile.before = lambda kind, path: both.wait(10) if kind == sftp.OPENDIR else None
    with ThreadPoolExecutor(2) as pool:  # so that each has a session of its own
        assert [list(found) for found in pool.map(lambda inbox: list(inbox.look()), (one, two))] == [[], []]
    hostile.before = hostile.after
    for _ in range(3):
        hostile.put(b"a.csv", b"new")
        hostile.drop()
        for inbox in (one, two):
            assert [seen.name for seen in inbox.look()] == [b"a.csv"]


def test_a_server_that_ends_every_session_after_one_answer_is_told_of(hostile, opened):
    """Its words come as the inbox's own error, each time, and no retry goes on for ever."""

    def drop(kind: int, path: bytes) -> None:
        raise HangUp

    hostile.before = drop
    inbox = opened()
    for _ in range(3):
        with pytest.raises(InboxError, match=r"(closed|broke|cannot|does not|lets)"):
            list(inbox.look())


def test_whoever_waits_for_a_session_has_it_before_all_that_ask_later(hostile, opened):
    """One session for all: an inbox that is looked at again and again keeps no other from its own look."""
    hostile.sessions = 1
    busy, *others = [opened(path) for path in ("busy", "one", "two", "three")]
    shared = server(busy.way, busy.options)
    order: list[bytes] = []

    def hold(kind: int, path: bytes) -> None:
        if kind == sftp.OPENDIR:
            order.append(path)
            if len(order) == 1:
                eventually(lambda: shared.waiting == len(others), "all others wait")

    hostile.before = hold
    with ThreadPoolExecutor(1 + len(others)) as pool:
        looks = pool.submit(lambda: [list(busy.look()) for _ in range(3)])
        eventually(lambda: order, "it is looked at")
        done = [pool.submit(lambda inbox=inbox: list(inbox.look())) for inbox in others]
        assert all(each.result() is not None for each in (looks, *done))
    shared.leave()
    assert [order[0], *sorted(order[1:4]), *order[4:]] == [b"busy", b"one", b"three", b"two", b"busy", b"busy"]
