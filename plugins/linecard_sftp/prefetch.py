"""Small files asked for before their turn, so that the line is never waited for with one of them at a time.

What is waited for in fetching a small file is the way to the server and back: once for its handle, once for what is in
it, and once for the word of the server that this was all. The inbox knows what it will be asked for next: the files
that were claimed together, in their order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from linecard.api.inbox import Listing
from linecard_sftp.file_reader import FileReader
from linecard_sftp.session import BLOCK, UNDER_WAY, Session

FILES = 16
"""Files that are asked for ahead, at most; each keeps a handle of the server and a block."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A claimed file: where it lies, and as what it was seen."""

    path: bytes
    seen: Listing


class Fetch:
    """One file on its way: its handle, then what is in it."""

    def __init__(self, session: Session, wanted: Wanted, *, most: int) -> None:
        self.session, self.most = session, most
        self._wanted = wanted
        self._asked: int | None = session.ask_open(wanted.path)
        self._reading: FileReader | None = None

    def advance(self) -> None:
        """Ask for what can be asked by now, waiting for nothing. What was refused is left to whoever wants it."""
        if self._reading is not None:
            self._reading.advance()
        elif self._asked is not None and self.session.has_handle(self._asked):
            self.open()

    def open(self, under_way: int = UNDER_WAY) -> FileReader:
        """The open file. Raises `RequestRefused`; to be closed by whoever has it."""
        if self._reading is None:
            assert self._asked is not None  # noqa: S101 - only a reading takes it away
            asked, self._asked = self._asked, None
            handle = self.session.read_handle(asked)
            path, size = self._wanted.path, self._wanted.seen.size
            self._reading = FileReader(self.session, handle, size=size, most=self.most, under_way=under_way, path=path)
        return self._reading

    def drop(self) -> None:
        """Let go of it: nobody wants it any more."""
        if self._reading is not None:
            self._reading.close()
        elif self._asked is not None:
            self.session.abandon_open(self._asked)


class Prefetch:
    """The files of an inbox that will be wanted next.

    A session is touched only by whoever has borrowed it: what is not wanted any more is let go when it is had again.
    """

    def __init__(self) -> None:
        self._next: deque[tuple[str, Wanted]] = deque()
        self._begun: dict[str, Fetch] = {}
        self._left: list[Fetch] = []

    def expect(self, wanted: Iterable[tuple[str, Wanted]]) -> None:
        """These will be wanted, in this order, and none of those before."""
        self._next = deque(wanted)
        self._abandon_fetches()

    def fetch(self, session: Session, claim: str, wanted: Wanted, *, most: int) -> Fetch:
        """The file of a claim, asked for now or before; meanwhile those after it are asked for."""
        found = self._begun.get(claim)
        if found is None and self._next and self._next.popleft()[0] != claim:
            self._next.clear()  # they are wanted in another order than was thought
        if found is None or found.session is not session or found.most != most:
            self._abandon_fetches()
            found = Fetch(session, wanted, most=most)
        self._begun.pop(claim, None)
        self._drop_abandoned(session)
        for fetch in self._begun.values():
            fetch.advance()
        while self._next and len(self._begun) < FILES and self._next[0][1].seen.size < BLOCK:
            later, wanted = self._next.popleft()
            self._begun[later] = Fetch(session, wanted, most=most)
        return found

    def _abandon_fetches(self) -> None:
        self._left += self._begun.values()
        self._begun = {}

    def _drop_abandoned(self, session: Session) -> None:
        left, self._left = self._left, []
        for fetch in left:
            if fetch.session is session:
                fetch.drop()
            elif fetch.session.alive:
                self._left.append(fetch)
