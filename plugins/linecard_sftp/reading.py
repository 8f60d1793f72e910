"""Reading an open file: its bytes and what it looked like before and after, with as few turns as can be."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from linecard_sftp.packets import Attributes
from linecard_sftp.session import BLOCK, UNDER_WAY, Session


class Reading:
    """At most `most` bytes of an open file. `size` is what there is thought to be.

    All that can be asked without an answer is asked at once: what the file looks like, its blocks up to a bounded
    number, whether there is more behind them, and what it looks like then, and with `path` also what the name stands
    for by then. The server deals with requests for one file in their order.
    """

    def __init__(
        self,
        session: Session,
        handle: bytes,
        *,
        size: int,
        most: int,
        under_way: int = UNDER_WAY,
        path: bytes | None = None,
    ) -> None:
        self._session, self._handle, self._size, self._most = session, handle, size, most
        self._under_way, self._path = under_way, path
        self._ahead: deque[tuple[int, int, int]] = deque()
        self._asked = 0
        self._after: int | None = None
        self._named: int | None = None
        self._before = session.ask_fstat(handle)
        self._fill()

    def before(self) -> Attributes:
        """What the file looked like before it was read; to be asked first, and once."""
        return self._session.attributes(self._before)

    def after(self) -> Attributes:
        """What it looks like now that it was read."""
        number, self._after = self._after, None
        return self._session.attributes(number if number is not None else self._session.ask_fstat(self._handle))

    def named(self) -> Attributes:
        """What its name stands for now that it was read. Raises `Refused`."""
        assert self._path is not None  # noqa: S101 - asked only where a name was given
        number, self._named = self._named, None
        return self._session.attributes(number if number is not None else self._session.ask_stat(self._path))

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, in blocks. A short answer, which a server may give anywhere, is asked on from where it ended."""
        while self._ahead:
            number, offset, length = self._ahead.popleft()
            block = self._session.block(number, length)
            if not block:
                break
            behind = offset + len(block)
            if behind > self._size:
                self._forget_after()  # there is more than was thought, of which `after` was asked too early
            if len(block) < length:
                self._ahead.appendleft((self._ask(behind, length - len(block)), behind, length - len(block)))
            self._fill()
            yield block

    def close(self) -> None:
        """Let go of the file, whatever of it was read."""
        self._forget_after()
        self._session.let_go([number for number, _, _ in self._ahead], self._handle)
        self._ahead.clear()

    def _fill(self) -> None:
        while len(self._ahead) < self._under_way and self._asked < self._most:
            if self._asked > self._size and self._ahead:
                return  # it is not known whether there is anything more
            # Up to the size that it should have, then one block that should not be there.
            left = self._size - self._asked if self._asked < self._size else BLOCK
            length = min(BLOCK, left, self._most - self._asked)
            self._ahead.append((self._ask(self._asked, length), self._asked, length))
            self._asked += length
            if self._asked > self._size and self._after is None:
                self._after = self._session.ask_fstat(self._handle)
                if self._path is not None:
                    self._named = self._session.ask_stat(self._path)

    def _ask(self, offset: int, length: int) -> int:
        return self._session.ask_block(self._handle, offset, length)

    def _forget_after(self) -> None:
        self._session.let_go([number for number in (self._after, self._named) if number is not None])
        self._after = self._named = None
