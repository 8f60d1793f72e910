"""SFTP's packets, whole and broken; and a session that is given nonsense."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard_sftp.errors import Lost, RequestRefused, Silent
from linecard_sftp.packets import (
    MOST,
    Answer,
    Ask,
    Attributes,
    Garbled,
    NameEntry,
    PacketReader,
    encode_hello,
    encode_request,
    encode_text,
)
from linecard_sftp.session import Session

WELCOME = struct.pack(">IBI", 5, Answer.VERSION, 3)


class Wire:
    """Gives what a test wrote down, in the portions that it wants; then is silent, or closed."""

    def __init__(self, parts: Iterable[bytes], *, closed: bool = False) -> None:
        self._parts, self._closed = list(parts), closed
        self.sent = b""

    def settimeout(self, timeout: float) -> None:
        assert timeout > 0

    def recv(self, nbytes: int) -> bytes:
        if self._parts:
            return self._parts.pop(0)
        if self._closed:
            return b""
        raise TimeoutError

    def sendall(self, s: bytes) -> None:
        self.sent += s

    def close(self) -> None:
        self._closed = True


def session(*answers: bytes, closed: bool = False) -> Session:
    return Session(Wire([WELCOME, *answers], closed=closed), patience=5.0, monotonic=lambda: 0.0)


def answer(kind: int, number: int, body: bytes = b"") -> bytes:
    return struct.pack(">IBI", len(body) + 5, kind, number) + body


def attributes(size: int, modified: int = 7) -> bytes:
    return struct.pack(">IQIII", 1 | 4 | 8, size, 0o100644, modified, modified)


@given(st.binary(max_size=200), st.integers(0, 2**32 - 1))
def test_what_is_sent_can_be_read(name, number):
    request = encode_request(number, Ask.MKDIR, name, 4, 0o700)
    reader = PacketReader(request[9:])
    assert (int.from_bytes(request[:4], "big"), request[4]) == (len(request) - 4, Ask.MKDIR)
    assert (reader.read_text(), reader.read_number(), reader.read_number()) == (name, 4, 0o700)


@given(st.binary(max_size=300))
def test_nonsense_is_told_as_such_and_as_nothing_else(body):
    for read in (
        PacketReader.read_entries,
        PacketReader.read_attributes,
        PacketReader.read_text,
        PacketReader.read_status,
        PacketReader.read_long,
    ):
        try:
            read(PacketReader(body))
        except Garbled:
            continue


def test_attributes_with_owners_and_extensions():
    body = struct.pack(">IQIIIII", 0x8000000F, 5, 1000, 1000, 0o100600, 1, 2)
    body += struct.pack(">I", 1) + encode_text(b"acl@example.com") + encode_text(b"none")
    assert PacketReader(body).read_attributes() == Attributes(5, 0o100600, 2)


def test_a_server_that_says_nothing_of_a_file():
    assert PacketReader(struct.pack(">I", 0)).read_attributes() == Attributes(None, None, None)


def test_names_stay_bytes():
    body = struct.pack(">I", 1) + encode_text(b"caf\xe9") + encode_text(b"-rw- caf\xe9") + attributes(3)
    assert PacketReader(body).read_entries() == [NameEntry(b"caf\xe9", Attributes(3, 0o100644, 7))]


class TestSession:
    def test_it_begins_with_version_3(self):
        wire = Wire([WELCOME])
        Session(wire, patience=5.0, monotonic=lambda: 0.0)
        assert wire.sent == encode_hello()

    @pytest.mark.parametrize("version", [1, 2])
    def test_an_older_version_is_not_spoken(self, version):
        with pytest.raises(Lost, match="version 3"):
            Session(Wire([struct.pack(">IBI", 5, 2, version)]), patience=5.0, monotonic=lambda: 0.0)

    def test_an_answer_in_single_bytes_is_one(self):
        whole = answer(Answer.ATTRS, 1, attributes(42))
        assert session(*(whole[i : i + 1] for i in range(len(whole)))).stat(b"a").size == 42

    def test_answers_in_one_portion_in_any_order(self):
        both = answer(Answer.ATTRS, 2, attributes(2)) + answer(Answer.ATTRS, 1, attributes(1))
        assert [found.size for found in session(both).stat_all([b"a", b"b"])] == [1, 2]

    def test_a_no_is_told_with_the_words_of_the_server(self):
        no = struct.pack(">I", 3) + encode_text(b"not for you") + encode_text(b"en")
        with pytest.raises(RequestRefused) as told:
            session(answer(Answer.STATUS, 1, no)).remove(b"a")
        assert (told.value.code, told.value.words) == (3, "not for you")

    def test_old_servers_give_no_words(self):
        with pytest.raises(RequestRefused) as told:
            session(answer(Answer.STATUS, 1, struct.pack(">I", 2))).remove(b"a")
        assert told.value.is_gone
        assert told.value.words == "No such file"

    @pytest.mark.parametrize(
        "wrong",
        [
            answer(Answer.ATTRS, 9, attributes(1)),
            answer(Answer.HANDLE, 1, encode_text(b"h")),
            answer(Answer.ATTRS, 1, b"\0"),
            struct.pack(">IB", MOST + 1, Answer.ATTRS),
            struct.pack(">I", 0) + b"more",
            b"This service is not available\n",
        ],
        ids=["not asked for", "another kind", "cut off", "too long", "empty", "text"],
    )
    def test_nonsense_ends_it(self, wrong):
        broken = session(wrong)
        with pytest.raises(Lost):
            broken.stat(b"a")
        assert not broken.alive
        with pytest.raises(Lost):
            broken.stat(b"a")

    def test_silence_is_told_apart_from_a_closed_connection(self):
        with pytest.raises(Silent, match="within 5 seconds"):
            session().stat(b"a")
        with pytest.raises(Lost, match="closed") as told:
            session(closed=True).stat(b"a")
        assert not isinstance(told.value, Silent)

    def test_a_trickle_is_silence(self):
        """A server that sends a byte now and then does not come to an answer in time."""
        whole = answer(Answer.ATTRS, 1, attributes(42))
        clock = iter(range(100))
        slow = Session(
            Wire([WELCOME, *(whole[i : i + 1] for i in range(len(whole)))]),
            patience=5.0,
            monotonic=lambda: float(next(clock)),
        )
        with pytest.raises(Silent):
            slow.stat(b"a")
