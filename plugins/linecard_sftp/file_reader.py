"""Reading an open file: its bytes and what it looked like before and after, with as few turns as can be."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from linecard_sftp.errors import RequestRefused
from linecard_sftp.packets import Attributes
from linecard_sftp.session import BLOCK, UNDER_WAY, Session

HELD = 2
"""Blocks that are held in memory at most before they are wanted."""


class _Stat:
    """What an open file looked like at some time, asked for and perhaps not answered yet."""

    def __init__(self, session: Session, handle: bytes) -> None:
        self._session, self._number = session, session.ask_fstat(handle)
        self._found: Attributes | RequestRefused | None = None

    @property
    def has_come(self) -> bool:
        return self._found is not None or self._session.has_answer(self._number)

    def wait(self) -> Attributes | RequestRefused:
        if self._found is None:
            try:
                self._found = self._session.read_attributes(self._number)
            except RequestRefused as refused:
                self._found = refused
        return self._found

    def attributes(self) -> Attributes:
        """Raises `RequestRefused`."""
        found = self.wait()
        if isinstance(found, RequestRefused):
            raise found
        return found

    def abandon(self) -> None:
        if self._found is None:
            self._session.abandon([self._number])


class FileReader:
    """At most `most` bytes of an open file. `size` is what there is thought to be, `path` the name it was opened by.

    All that can be asked without an answer is asked at once: what the file looks like, its blocks up to a bounded
    number, whether there is more behind them, and what it looks like then. When all of that is there the file is
    closed, and it is asked what the name stands for by then. By the draft a server deals with requests for one file in
    their order; one on Node.js deals with all at once, so nothing is awaited any more when the file is closed.
    """

    def __init__(
        self,
        session: Session,
        handle: bytes,
        *,
        size: int,
        most: int,
        under_way: int = UNDER_WAY,
        path: bytes,
    ) -> None:
        self._session, self._handle, self._size, self._most = session, handle, size, most
        self._under_way, self._path = under_way, path
        self._ahead: deque[tuple[int, int, int]] = deque()
        self._held: deque[bytes] = deque()
        self._asked = 0
        self._at_end = False
        self._refused: RequestRefused | None = None
        self._after: _Stat | None = None
        self._closed: int | None = None
        self._named: int | None = None
        self._before = _Stat(session, handle)
        self._fill()

    def stat_before(self) -> Attributes:
        """What the file looked like before it was read. Raises `RequestRefused`."""
        return self._before.attributes()

    def stat_after(self) -> Attributes:
        """What it looks like now that it was read. Raises `RequestRefused`."""
        return self._ask_after().attributes()

    def _ask_after(self) -> _Stat:
        if self._after is None:
            self._after = _Stat(self._session, self._handle)
        return self._after

    def confirm(self) -> None:
        """See that the server stands by what it sent: it says so when the file is closed. Raises `RequestRefused`.

        A server that keeps files elsewhere finds out only then that it sent something else than there is. To be asked
        after the last byte, once.
        """
        self._finish()
        assert self._closed is not None  # noqa: S101 - it was asked just now
        number, self._closed, self._handle = self._closed, None, b""
        self._session.expect_success(number)

    def stat_by_name(self) -> Attributes:
        """What its name stands for now that it was read. Raises `RequestRefused`."""
        if self._named is None:
            self._named = self._session.ask_stat(self._path)
        number, self._named = self._named, None
        return self._session.read_attributes(number)

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, in blocks. Raises `RequestRefused`."""
        while True:
            while self._held:
                yield self._held.popleft()
            if self._refused is not None:
                raise self._refused
            if self._at_end or not self._ahead:
                break
            block = self._next_block()
            if block:
                yield block
        if self._at_end:
            self._finish()

    def advance(self) -> None:
        """Go on with what has come, waiting for nothing; what was refused is kept for whoever reads."""
        while self._ahead and not self._at_end and len(self._held) < HELD and self._refused is None:
            if not self._session.has_answer(self._ahead[0][0]):
                return
            try:
                block = self._next_block()
            except RequestRefused as refused:
                self._refused = refused
                return
            if block:
                self._held.append(block)
        if self._at_end and self._before.has_come and self._ask_after().has_come:
            self._finish()

    def close(self) -> None:
        """Let go of the file, whatever of it was read."""
        self._before.abandon()
        self._forget_after()
        self._session.abandon([number for number in (self._closed, self._named) if number is not None])
        open_still = self._closed is None and self._handle
        self._session.abandon([number for number, _, _ in self._ahead], self._handle if open_still else None)
        self._closed = self._named = None
        self._ahead.clear()

    def _next_block(self) -> bytes:
        """The next block. A short answer, which a server may give anywhere, is asked on from where it ended."""
        number, offset, length = self._ahead.popleft()
        block = self._session.read_block(number, length)
        if not block:
            self._at_end = True
            return b""
        behind = offset + len(block)
        if behind > self._size:
            self._forget_after()  # there is more than was thought, of which `after` was asked too early
        if len(block) < length:
            self._ahead.appendleft((self._ask_block(behind, length - len(block)), behind, length - len(block)))
        self._fill()
        return block

    def _fill(self) -> None:
        while len(self._ahead) < self._under_way and self._asked < self._most:
            if self._asked > self._size and self._ahead:
                return  # it is not known whether there is anything more
            # Up to the size that it should have, then one block that should not be there.
            left = self._size - self._asked if self._asked < self._size else BLOCK
            length = min(BLOCK, left, self._most - self._asked)
            self._ahead.append((self._ask_block(self._asked, length), self._asked, length))
            self._asked += length
            if self._asked > self._size and self._after is None:
                self._after = _Stat(self._session, self._handle)

    def _ask_block(self, offset: int, length: int) -> int:
        return self._session.ask_block(self._handle, offset, length)

    def _finish(self) -> None:
        """Ask for all that is wanted of a file that was read: how it looks, that it is closed, what its name means."""
        if self._closed is None and self._handle:
            self._before.wait()
            self._ask_after().wait()
            self._session.abandon([number for number, _, _ in self._ahead])
            self._ahead.clear()
            self._closed = self._session.ask_close(self._handle)
            self._named = self._session.ask_stat(self._path)

    def _forget_after(self) -> None:
        if self._after is not None:
            self._after.abandon()
        self._after = None
