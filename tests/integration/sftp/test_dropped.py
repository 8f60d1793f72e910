"""A connection that the server drops, at whatever request: nothing but the inbox's own errors, and then all is well."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TypeVar

import pytest

from integration.daemon.site import eventually
from integration.sftp import hostile as sftp
from integration.sftp.hostile import HangUp, Hostile
from linecard.ports.inbox import Disposition, InboxError, Listing, Unfinished
from linecard_sftp.inbox import SftpInbox
from linecard_sftp.servers import join_server

T = TypeVar("T")
CLAIM = "c" * 32
MOST = 1 << 20
FEWEST = {"listing": 40, "settling files": 12}
"""Requests that the way of a file is made of at least, from there on."""


def until_done(do: Callable[[], T]) -> T:
    """Ask again as the core does, until it is done; nothing but what the port allows may be raised meanwhile."""
    for _ in range(4):
        with suppress(InboxError, Unfinished):
            return do()
    return do()


def can_look(inbox: SftpInbox) -> bool:
    with suppress(InboxError):
        return list(inbox.list_files()) == []
    return False


def take_in(inbox: SftpInbox) -> tuple[Listing, str]:
    """From its listing to its copy; as what it was seen, and its version then."""

    def find() -> dict[str, Listing]:
        (found,) = [seen for seen in inbox.list_files() if seen.name == b"a.csv"]
        return {CLAIM: found._replace(marker=b"A.CSV.DONE", checksum=b"a.sha256")}

    def take() -> tuple[str, bytes]:
        into = io.BytesIO()
        return inbox.copy(CLAIM, wanted[CLAIM], into, most=MOST), into.getvalue()

    wanted = until_done(find)
    assert until_done(lambda: inbox.claim(wanted)) == [CLAIM]
    version, content = until_done(take)
    assert content == b"file"
    assert until_done(lambda: inbox.checksum(CLAIM, wanted[CLAIM])) == b"sum"
    return wanted[CLAIM], version


def write_on(hostile: Hostile) -> None:
    """Its producer had it open still, and the next day's is there."""
    hostile.files[b"hr/.linecard/" + CLAIM.encode() + b"__a.csv"].data += b", more"
    hostile.put(b"a.csv", b"the next day's")


class Drops:
    """Drops the connection once a round, at the request that has the number of the round; in the last at none."""

    def __init__(self, hostile: Hostile, *, done: bool) -> None:
        self._count = self.number = 0
        self.is_counting = True
        if done:
            hostile.after = self._drop
        else:
            hostile.before = self._drop

    def rounds(self) -> Iterator[int]:
        while self._count >= self.number:
            self.number, self._count = self.number + 1, 0
            yield self.number

    def _drop(self, kind: int, path: bytes) -> None:
        self._count += self.is_counting
        if self.is_counting and self._count == self.number:
            raise HangUp


MARKED = b"hr/%s/a.cccccccc.csv"
KEPT = {MARKED: b"file", MARKED + b".sha256": b"sum"}
GIVEN_BACK = {
    b"hr/a.cccccccc.csv": b"file, more",
    b"hr/a.cccccccc.csv.DONE": b"",
    b"hr/a.cccccccc.csv.sha256": b"sum",
    b"hr/a.csv": b"the next day's",
}


def within(folder: bytes) -> dict[bytes, bytes]:
    return {name % folder: data for name, data in KEPT.items()}


@pytest.mark.parametrize(
    ("options", "end", "since", "done", "left"),
    [
        ({"after": "archive done"}, Disposition.DONE, "listing", False, within(b"done")),
        ({"after": "archive done"}, Disposition.DONE, "listing", True, within(b"done")),
        ({"claim": None, "after": "archive done"}, Disposition.DONE, "listing", True, within(b"done")),
        ({}, Disposition.DONE, "settling files", True, {}),
        ({}, Disposition.REFUSED, "settling files", True, within(b".linecard/refused")),
        ({}, None, "settling files", False, GIVEN_BACK),
        ({}, None, "settling files", True, GIVEN_BACK),
    ],
    ids=[
        *("archived, before it is done", "archived", "archived from where it stays", "removed", "too large"),
        *("given back, before it is done", "given back"),
    ],
)
def test_nothing_private_is_raised_wherever_the_connection_drops(hostile, opened, options, end, since, done, left):
    """At each request in its turn, before or after it. What is asked for again is done, once, and no file is lost.

    What goes with a file is where the file is, also when the answer to a rename never came.
    """
    hostile.replaces = True
    inbox, drops = opened(**options), Drops(hostile, done=done)
    for _ in drops.rounds():
        drops.is_counting = since == "listing"
        hostile.files.clear()
        for name, content in ((b"a.csv", b"file"), (b"A.CSV.DONE", b""), (b"a.sha256", b"sum")):
            hostile.put(name, content)
        seen, version = take_in(inbox)
        if end is None:
            write_on(hostile)
        drops.is_counting = True
        until_done(lambda seen=seen, version=version: inbox.settle(CLAIM, seen, version, end or Disposition.DONE))
        until_done(lambda: inbox.put_reply("reply.csv", io.BytesIO(b"done")))
        ours = {name: file.data for name, file in hostile.files.items() if not name.endswith(b".reason")}
        replies = [ours.pop(name) for name in list(ours) if b"out/reply.csv" in name]
        assert replies == [b"done"]
        assert ours == left
    assert drops.number > FEWEST[since]


def test_the_doctor_tells_of_a_dropped_connection_as_of_anything_else(hostile, opened):
    """What it tries with is cleared away, by the next try if this one was cut off."""
    inbox = opened()
    tries = [[step.ok for step in inbox.probe()] for _ in Drops(hostile, done=False).rounds()]
    assert all(well.count(False) <= 1 for well in tries)
    assert len(tries) > len(tries[-1])
    assert tries[-1] == [True] * 7
    assert hostile.names == []


@pytest.mark.parametrize(
    ("step", "words"), [("login", "broke the login off"), ("session", "ended the connection before SFTP began")]
)
def test_a_server_that_says_goodbye_in_another_encoding_is_told_of(hostile, opened, step, words):
    """The words cannot be read, which ends paramiko's thread with an error of its own; the next look is well."""
    hostile.ends_at = step
    inbox = opened()
    with pytest.raises(InboxError, match=words) as told:
        list(inbox.list_files())
    assert "tries again by itself" in told.value.remedy
    hostile.ends_at = ""
    assert eventually(lambda: can_look(inbox), "it is looked at again")


@pytest.mark.parametrize("host", ["sftp..example.com", f"{'x' * 70}.example.com"])
def test_a_host_that_no_machine_can_be_called_is_told_of(opened, host):
    with pytest.raises(InboxError, match="no machine has a name like this"):
        list(opened(host=host).list_files())


def test_a_connection_that_a_firewall_forgot_is_replaced_without_a_word(hostile, opened):
    """Nobody ends it: what is asked on it is never answered."""
    inbox = opened(timeouts={"read": 2})
    assert list(inbox.list_files()) == []
    hostile.put(b"a.csv", b"new")
    asked: list[int] = []

    def forget(kind: int, path: bytes) -> None:
        asked.append(kind)
        if len(asked) == 1:
            hostile.freeze()

    hostile.before = forget
    assert [seen.name for seen in inbox.list_files()] == [b"a.csv"]
    with closing(inbox.connector.reach()) as sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), "it is less likely to be forgotten"


def test_of_two_idle_sessions_on_a_dropped_connection_neither_is_used_again(hostile, opened):
    """Each look finds them dead: the second was what the look after the first one borrowed."""
    one, two = opened(), opened()
    both = threading.Barrier(2)
    hostile.before = lambda kind, path: both.wait(10) if kind == sftp.OPENDIR else None
    with ThreadPoolExecutor(2) as pool:  # so that each has a session of its own
        assert [list(found) for found in pool.map(lambda inbox: list(inbox.list_files()), (one, two))] == [[], []]
    hostile.before = hostile.after
    for _ in range(3):
        hostile.put(b"a.csv", b"new")
        hostile.drop()
        for inbox in (one, two):
            assert [seen.name for seen in inbox.list_files()] == [b"a.csv"]


def test_a_server_that_ends_every_session_after_one_answer_is_told_of(hostile, opened):
    """Its words come as the inbox's own error, each time, and no retry goes on for ever."""

    def drop(kind: int, path: bytes) -> None:
        raise HangUp

    hostile.before = drop
    inbox = opened()
    for _ in range(3):
        with pytest.raises(InboxError, match=r"(closed|broke|cannot|does not|lets)"):
            list(inbox.list_files())


def test_whoever_waits_for_a_session_has_it_before_all_that_ask_later(hostile, opened):
    """One session for all: an inbox that is looked at again and again keeps no other from its own look."""
    hostile.sessions = 1
    busy, *others = [opened(path) for path in ("busy", "one", "two", "three")]
    shared = join_server(busy.connector, busy.options)
    order: list[bytes] = []

    def hold(kind: int, path: bytes) -> None:
        if kind == sftp.OPENDIR:
            order.append(path)
            if len(order) == 1:
                eventually(lambda: shared.queue_length == len(others), "all others wait")

    hostile.before = hold
    with ThreadPoolExecutor(1 + len(others)) as pool:
        looks = pool.submit(lambda: [list(busy.list_files()) for _ in range(3)])
        eventually(lambda: order, "it is looked at")
        done = [pool.submit(lambda inbox=inbox: list(inbox.list_files())) for inbox in others]
        assert all(each.result() is not None for each in (looks, *done))
    shared.leave()
    assert [order[0], *sorted(order[1:4]), *order[4:]] == [b"busy", b"one", b"three", b"two", b"busy", b"busy"]
