"""One SFTP session on one channel: requests may be under way in numbers, each answer has a time by which it is there.

paramiko's own SFTP client decodes names, so that one bad name fails a whole listing, waits without end, and does not
compare what it got with what there was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NoReturn, Protocol, TypeVar

from linecard_sftp.errors import Lost, RequestRefused, Silent, TooLong
from linecard_sftp.packets import (
    MOST,
    MOST_LISTED,
    Answer,
    Ask,
    Attributes,
    Garbled,
    NameEntry,
    PacketReader,
    Status,
    encode_hello,
    encode_request,
)

BLOCK = 32_768
"""Bytes asked for at once; every server gives as much."""
UNDER_WAY = 64
"""Requests that wait for their answers at the same time, at most; so many blocks fit into the channel's window."""
AHEAD = 8
"""Questions for more of a folder under way at once; each is answered with a hundred names or so."""
LARGE = 1 << 18
"""Bytes of such an answer beyond which no more are asked for at once: the server gives whole folders."""
RECEIVED = 1 << 21
"""Bytes taken from the channel at once, at most."""
GATHERED = 16_384
"""Bytes of requests that are held back at most until an answer is waited for."""
MOST_NAMES = 1_000_000
"""Entries that a folder may have; a server that never comes to an end of them is not listened to."""
MOST_EMPTY = 32
"""Answers without a name, one after the other, after which a folder is taken to be listed: some servers end it so."""
WRITE, CREATE, EMPTY, NEW = 2, 8, 16, 32
"""Flags of opening a file. The ssh2 of npm knows NEW only together with EMPTY, which of a new file says no more."""
FSYNC = b"fsync@openssh.com"
"""An extension that brings a file to the server's disk."""

T = TypeVar("T")


class Wire(Protocol):
    """What a session needs of a channel."""

    def settimeout(self, timeout: float) -> None: ...
    def recv(self, nbytes: int) -> bytes: ...
    def sendall(self, s: bytes) -> None: ...
    def close(self) -> None: ...


class Session:
    """`patience` is how many seconds the server has for each answer; `moved` is told of each that came.

    Used by one thread at a time. After `Lost` it is of no use any more.
    """

    def __init__(
        self, wire: Wire, *, patience: float, monotonic: Callable[[], float], moved: Callable[[], None] = lambda: None
    ) -> None:
        self._wire, self._patience, self._monotonic, self._moved = wire, patience, monotonic, moved
        self._buffer, self._out = bytearray(), bytearray()
        self._came: dict[int, tuple[int, bytes]] = {}
        self._waiting: set[int] = set()
        self._unwanted: set[int] = set()
        self._opening: set[int] = set()
        """Files that are opened for nobody."""
        self._number = 0
        self.alive = True
        self.heard = 0
        """Answers that have come so far."""
        self._send(encode_hello())
        kind, body = self._read_packet()
        number, self._can = (
            self._decode(body, PacketReader.read_version) if kind == Answer.VERSION else (0, frozenset[bytes]())
        )
        if number < 3:
            self._fail("It does not speak version 3 of SFTP.")

    def close(self) -> None:
        self.alive = False
        with suppress(Exception):  # in whatever state the connection is
            self._wire.close()

    # -- single requests -------------------------------------------------------------------------------------------

    def stat(self, path: bytes) -> Attributes:
        """What a name stands for; of a link, the link itself. This and the others raise `RequestRefused`."""
        return self._expect_attributes(self._ask(Ask.LSTAT, path))

    def fstat(self, handle: bytes) -> Attributes:
        return self._expect_attributes(self._ask(Ask.FSTAT, handle))

    def rename(self, old: bytes, new: bytes) -> None:
        """Give a file another name. By the draft never that of another file, but many servers replace that one."""
        self._expect(self._ask(Ask.RENAME, old, new), Answer.STATUS)

    def remove(self, path: bytes) -> None:
        self._expect(self._ask(Ask.REMOVE, path), Answer.STATUS)

    def mkdir(self, path: bytes) -> None:
        """Make a folder for this account alone."""
        self._expect(self._ask(Ask.MKDIR, path, 4, 0o700), Answer.STATUS)

    def rmdir(self, path: bytes) -> None:
        self._expect(self._ask(Ask.RMDIR, path), Answer.STATUS)

    def open(self, path: bytes) -> bytes:
        """Open a file for reading; the handle."""
        return self.read_handle(self.ask_open(path))

    def ask_open(self, path: bytes) -> int:
        """Have a file opened for reading; the handle is got by `read_handle`."""
        return self._ask(Ask.OPEN, path, 1, 0)

    def has_answer(self, number: int) -> bool:
        """Whether an answer is there, so that nobody would wait for it."""
        return number in self._came

    def has_handle(self, number: int) -> bool:
        """Whether the answer has come, and is one."""
        return number in self._came and self._came[number][0] == Answer.HANDLE

    def read_handle(self, number: int) -> bytes:
        return self._expect_handle(number)

    def create(self, path: bytes) -> bytes:
        """Make a new file, never in place of another, and open it for writing; the handle."""
        return self._expect_handle(self._ask(Ask.OPEN, path, WRITE | CREATE | EMPTY | NEW, 0))

    def ask_write(self, handle: bytes, offset: int, block: bytes) -> int:
        """Have bytes of an open file written; whether they are is told by `expect_success`."""
        return self._ask(Ask.WRITE, handle, offset >> 32, offset & 0xFFFFFFFF, block)

    def expect_success(self, number: int) -> None:
        """See that what was asked for was done."""
        self._expect(number, Answer.STATUS)

    def sync(self, handle: bytes) -> None:
        """Have an open file on the server's disk, where the server and its disk can see to that."""
        if FSYNC in self._can:
            try:
                self.expect_success(self._ask(Ask.EXTENDED, FSYNC, handle))
            except RequestRefused as refused:  # what OpenSSH answers where a file system knows no fsync
                if refused.code not in (Status.UNSUPPORTED, Status.BAD_MESSAGE):
                    raise

    def close_file(self, handle: bytes) -> None:
        self.expect_success(self.ask_close(handle))

    def ask_close(self, handle: bytes) -> int:
        """Have an open file closed; whether the server stands by what it did with it is told by `expect_success`."""
        return self._ask(Ask.CLOSE, handle)

    def resolve(self, path: bytes) -> bytes:
        """The whole path of a name, as the server sees it."""
        found = self._decode(self._expect(self._ask(Ask.REALPATH, path), Answer.NAME), PacketReader.read_entries)
        return found[0].name if found else path

    def list_folder(self, path: bytes) -> Iterator[NameEntry]:
        """What a folder holds."""
        handle = self._expect_handle(self._ask(Ask.OPENDIR, path))
        ahead = deque([self._ask(Ask.READDIR, handle)])
        count, empty, ended, wanted = 0, 0, False, AHEAD
        try:
            while ahead:
                kind, body = self._await_answer(ahead.popleft())
                if kind != Answer.NAME:
                    self._require_end(kind, body)
                    ended = True  # what was asked before may have been dealt with after: those are listened to as well
                    continue
                entries = self._decode(body, PacketReader.read_entries)
                count += len(entries)
                if count > MOST_NAMES:
                    self._fail(f"It lists more than {MOST_NAMES:,} files.")
                empty = 0 if entries else empty + 1
                ended = ended or empty == MOST_EMPTY
                if len(body) > LARGE:
                    wanted = 1  # several such answers at once would be held in memory together
                while not ended and len(ahead) < wanted:
                    ahead.append(self._ask(Ask.READDIR, handle))
                yield from entries
        finally:
            self.abandon(ahead, handle)

    # -- many requests ---------------------------------------------------------------------------------------------

    def stat_all(self, paths: Iterable[bytes]) -> list[Attributes | RequestRefused]:
        """What many names stand for, asked at once."""
        return [
            self._catch_refusal(n, self._expect_attributes) for n in self._send_all((Ask.LSTAT, path) for path in paths)
        ]

    def rename_all(self, pairs: Iterable[tuple[bytes, bytes]]) -> list[RequestRefused | None]:
        """Many renames, asked at once; why not, of those that were not done."""
        asked = self._send_all((Ask.RENAME, old, new) for old, new in pairs)
        found = [self._catch_refusal(number, lambda n: self._expect(n, Answer.STATUS)) for number in asked]
        return [refused if isinstance(refused, RequestRefused) else None for refused in found]

    def _send_all(self, requests: Iterable[tuple[Ask, *tuple[bytes, ...]]]) -> Iterator[int]:
        """Send all of them, never too many at once; the number of each in its turn."""
        ahead: deque[int] = deque()
        for kind, *parts in requests:
            if len(ahead) >= UNDER_WAY:
                yield ahead.popleft()
            ahead.append(self._ask(kind, *parts))
        yield from ahead

    def _catch_refusal(self, number: int, how: Callable[[int], T]) -> T | RequestRefused:
        try:
            return how(number)
        except RequestRefused as refused:
            return refused

    def ask_stat(self, path: bytes) -> int:
        """Ask what a name stands for; the answer is got by `read_attributes`."""
        return self._ask(Ask.LSTAT, path)

    def ask_fstat(self, handle: bytes) -> int:
        """Ask what an open file looks like; the answer is got by `read_attributes`."""
        return self._ask(Ask.FSTAT, handle)

    def read_attributes(self, number: int) -> Attributes:
        return self._expect_attributes(number)

    def ask_block(self, handle: bytes, offset: int, length: int) -> int:
        """Ask for bytes of an open file; the answer is got by `read_block`."""
        return self._ask(Ask.READ, handle, offset >> 32, offset & 0xFFFFFFFF, length)

    def read_block(self, number: int, length: int) -> bytes:
        """The bytes asked for, or fewer; none at the end of the file, which some servers say with an empty block."""
        kind, body = self._await_answer(number)
        if kind != Answer.DATA:
            self._require_end(kind, body)
            return b""
        found = self._decode(body, PacketReader.read_text)
        if len(found) > length:
            self._fail("It sends another number of bytes than it was asked for.")
        return found

    def abandon(self, numbers: Iterable[int], handle: bytes | None = None) -> None:
        """Nobody waits for these answers any more; and a file is closed, whose answer nobody waits for either."""
        for number in numbers:
            if self._came.pop(number, None) is None:
                self._unwanted.add(number)
        if handle is not None and self.alive:
            with suppress(Lost):
                self._unwanted.add(self._ask(Ask.CLOSE, handle))

    def abandon_open(self, number: int) -> None:
        """Nobody wants the file any more that is being opened: it is closed as soon as its handle has come."""
        if self.has_handle(number):
            self.abandon((), self.read_handle(number))
        elif self._came.pop(number, None) is None:
            self._opening.add(number)

    # -- the wire --------------------------------------------------------------------------------------------------

    def _ask(self, kind: Ask, *parts: bytes | int) -> int:
        """Send a request; the number under which its answer comes."""
        self._number = (self._number + 1) & 0xFFFFFFFF
        self._send(encode_request(self._number, kind, *parts))
        self._waiting.add(self._number)
        return self._number

    def _await_answer(self, number: int) -> tuple[int, bytes]:
        """The answer to a request; answers come in any order."""
        while number not in self._came:
            kind, body = self._read_packet()
            came = int.from_bytes(body[:4], "big")
            if len(body) < 4 or came not in self._waiting:
                self._fail("It answers what it was not asked.")
            self._waiting.discard(came)
            if came in self._unwanted:
                self._unwanted.discard(came)
                continue
            self._came[came] = kind, body[4:]
            if came in self._opening:
                self._opening.discard(came)
                self.abandon_open(came)
        return self._came.pop(number)

    def _send(self, request: bytes) -> None:
        """Have a request sent before the next answer is waited for: together, many are one packet of SSH."""
        if not self.alive:
            raise Lost("The connection is closed.")
        self._out += request
        if len(self._out) >= GATHERED:
            self._flush()

    def _flush(self) -> None:
        out, self._out = self._out, bytearray()
        try:
            self._wire.settimeout(self._patience)
            self._wire.sendall(bytes(out))
        except TimeoutError:
            self._end(Silent("It takes no more requests."))
        except Exception as error:  # noqa: BLE001 - of many kinds, all saying that there is no connection any more
            self._end(Lost(_describe(error)))

    def _read_packet(self) -> tuple[int, bytes]:
        """The next packet, whole by its time: a trickle of bytes is no progress."""
        if self._out:
            self._flush()
        buffer, deadline = self._buffer, self._monotonic() + self._patience
        while len(buffer) < 5:
            self._receive(deadline)
        end, kind = int.from_bytes(buffer[:4], "big") + 4, buffer[4]
        if end > MOST and kind == Answer.NAME:
            if end > MOST_LISTED:
                self._end(TooLong(f"It lists a folder in one answer of {end:,} bytes; up to {MOST_LISTED:,} are read."))
        elif not 5 <= end <= MOST:
            self._fail("It sends what is no SFTP.")
        while len(buffer) < end:
            self._receive(deadline)
        body = bytes(memoryview(buffer)[5:end])
        del buffer[:end]
        self.heard += 1
        self._moved()
        return kind, body

    def _receive(self, deadline: float) -> None:
        left = deadline - self._monotonic()
        if left < -self._patience:  # late by as much again: it is not that this machine slept while all was there
            self._end(Silent(f"It did not come to an end of its answer within {2 * self._patience:g} seconds."))
        try:
            self._wire.settimeout(max(left, 0.001))
            some = self._wire.recv(RECEIVED)
        except TimeoutError:
            self._end(Silent(f"It did not answer within {self._patience:g} seconds."))
        except Exception as error:  # noqa: BLE001 - as above
            self._end(Lost(_describe(error)))
        if not some:
            self._end(Lost("The connection was closed by the other side."))
        self._buffer += some

    def _end(self, why: Lost) -> NoReturn:
        self.close()
        raise why

    def _fail(self, words: str) -> NoReturn:
        self._end(Lost(words))

    # -- answers ---------------------------------------------------------------------------------------------------

    def _expect(self, number: int, wanted: Answer) -> bytes:
        """The body of an answer of this kind; raises `RequestRefused` if the server says no."""
        kind, body = self._await_answer(number)
        if kind == Answer.STATUS:
            code, words = self._decode(body, PacketReader.read_status)
            if code != Status.OK or wanted != Answer.STATUS:
                raise RequestRefused(code, words)
        elif kind != wanted:
            self._fail("It answers something other than what was asked for.")
        return body

    def _expect_attributes(self, number: int) -> Attributes:
        return self._decode(self._expect(number, Answer.ATTRS), PacketReader.read_attributes)

    def _expect_handle(self, number: int) -> bytes:
        return self._decode(self._expect(number, Answer.HANDLE), PacketReader.read_text)

    def _require_end(self, kind: int, body: bytes) -> None:
        if kind != Answer.STATUS:
            self._fail("It answers something other than what was asked for.")
        code, words = self._decode(body, PacketReader.read_status)
        if code != Status.EOF:
            raise RequestRefused(code, words)

    def _decode(self, body: bytes, how: Callable[[PacketReader], T]) -> T:
        try:
            return how(PacketReader(body))
        except Garbled:
            self._fail("It sends what is no SFTP.")


def _describe(error: Exception) -> str:
    return f"The connection broke: {str(error) or type(error).__name__}."
