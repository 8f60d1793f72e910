"""Lists that come in pages, read while others change them.

Rainbow pages by offset: what is added or removed in the part that was read shifts all that follows, so that an entry
would be missed or come twice. Each page begins with the last entry of the page before: if it is another one, the list
has shifted and is read anew. That holds in whatever order the pages are read, so several are asked for at a time.

Source: `limit` (100 unless asked for), `offset` and `total` of ALE's OpenAPI description of the admin portal (1.82.0).
How many entries a page may have is not in it, so a page may be shorter than was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from linecard_rainbow.client import PAGES_AHEAD, Client, Query
from linecard_rainbow.errors import RainbowError, UnansweredError
from linecard_rainbow.wire import Item, read_items

MOST_READINGS = 5
"""How often a list is begun anew before it is given up."""

Asked = tuple[int, dict[str, Any]]
"""How many entries were asked for, and what was answered."""


class Pages:
    """Lists of one tenant; `most` is how many entries a page is asked for, and learns how many come."""

    def __init__(self, client: Client, most: int) -> None:
        self._client = client
        self.most = most
        self._totals: dict[tuple[str, frozenset[tuple[str, Any]]], int] = {}
        """How many entries a long list had when it was last read: next time its pages are asked for from the start."""

    def read_list(self, kind: type[Item], doing: str, path: str, query: Query) -> Iterator[Item]:
        """All entries of a list, each once. Raises `RainbowError` if it never stands still."""
        seen: set[str] = set()
        for _ in range(MOST_READINGS):
            for item in self._read_once(kind, doing, path, query):
                if item is None:
                    break
                if item.id not in seen:
                    seen.add(item.id)
                    yield item
            else:
                return
        raise RainbowError(
            f"The list changes faster than it can be read when Rainbow is asked to {doing}.",
            remedy="Try again when the PBX has told Rainbow all its extensions.",
        )

    def count(self, doing: str, path: str, query: Query) -> int:
        """How many entries a list has, for the price of one."""
        answer = self._client.get(doing, path, {**query, "limit": 1, "offset": 0})
        return _read_total(answer, doing)

    def pages_of(self, entries: int) -> int:
        """How many requests a list of so many entries takes."""
        return max(1, -(-entries // (self.most - 1)))

    def _read_once(self, kind: type[Item], doing: str, path: str, query: Query) -> Iterator[Item | None]:
        """The entries from the first page to the last; None, and no more, where the list has shifted."""
        count = 0
        last: Item | None = None
        name = path, frozenset(query.items())

        def read_page(offset: int) -> Asked:
            most = self.most
            return most, self._client.get(doing, path, {**query, "limit": most, "offset": offset})

        with _PagePrefetch(read_page) as pages:
            pages.expect(range(0, self._totals.get(name, 0) - 1, self.most - 1))
            while True:
                overlap = 0 if last is None else 1
                asked, answer = pages.take(count - overlap)
                page = read_items(kind, answer.get("data"))
                if last is not None and (not page or page[0].id != last.id):
                    yield None
                    return
                yield from page[overlap:]
                count += len(page) - overlap
                total = _read_total(answer, doing)
                if count > total:
                    raise UnansweredError(f"Rainbow's answer has more entries than it says when asked to {doing}.")
                if len(page) == overlap:
                    if count < total:  # it shrank meanwhile
                        yield None
                    return
                if count == total and len(page) < asked:
                    if total >= self.most:
                        self._totals[name] = total
                    return  # a full page is followed by another look: the total may be that of the page alone
                if count < total:
                    self._learn_size(len(page))
                last = page[-1]
                pages.expect(range(count - 1, total - 1, self.most - 1))

    def _learn_size(self, came: int) -> None:
        """A server that gives less than was asked for, while there is more, gives no more."""
        self.most = max(2, min(self.most, came))


class _PagePrefetch(AbstractContextManager["_PagePrefetch"]):
    """Asks for the pages that are expected to be needed next, by their offsets, before they are taken."""

    def __init__(self, ask: Callable[[int], Asked]) -> None:
        self._ask = ask
        self._pool: ThreadPoolExecutor | None = None
        self._asked: dict[int, Future[Asked]] = {}

    def take(self, offset: int) -> Asked:
        """The answer at an offset. Raises what asking for it raises."""
        asked = self._asked.pop(offset, None)
        return self._ask(offset) if asked is None else asked.result()

    def expect(self, offsets: range) -> None:
        """These come next, if the list stays as it is. A single one is asked for when it is taken."""
        if len(offsets) <= 1 and not self._asked:
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(PAGES_AHEAD, "rainbow-pages")
        for offset in offsets[:PAGES_AHEAD]:
            if offset not in self._asked:
                self._asked[offset] = self._pool.submit(self._ask, offset)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for what was asked for; what was not yet sent is not."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _read_total(answer: dict[str, Any], doing: str) -> int:
    total = answer.get("total")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise UnansweredError(f"Rainbow's answer does not say how many there are when asked to {doing}.")
    return total
