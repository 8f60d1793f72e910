"""Lists that come in pages, read while others change them.

By a page's number or an offset, what is added or removed in the part that was read shifts all that follows. So an
offset begins each page with the last entry of the page before, and whatever the way is, a list whose own total is not
what came, or changes on the way, is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from linecard_http.errors import ProfileError, RestError
from linecard_http.expression import Variables, search
from linecard_http.profile import Meaning, PagingRule, RequestRule
from linecard_http.rest_client import Extra, RestClient

MOST_READINGS = 5
"""How often a list is read before it is given up."""
MOST_PAGES = 100_000

Items = list[Any]


class _ShiftedError(Exception):
    """The list changed while it was read."""


class ListPages:
    """Lists of one PBX, and how many pages each had when it was last read."""

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self.counts: dict[str, int] = {}

    def read_items(self, name: str, request: RequestRule, variables: Variables, items: str) -> Items:
        """All entries of a list. Raises `RestError` if it never stands still."""
        for _ in range(MOST_READINGS):
            try:
                found = list(self._read_once(name, request, variables, items))
            except _ShiftedError:
                continue
            return found
        raise RestError(
            f"The list `{name}` changes faster than it can be read.", remedy="Try again when nobody changes the PBX."
        )

    def count_pages(self, name: str, request: RequestRule, variables: Variables, items: str) -> int:
        """How many requests a list takes; one is made to find out, where it is not known."""
        paging = request.paging
        if paging is None:
            return 1
        if name not in self.counts:
            body = self._client.query(name, request, variables, _ask_for(paging, 0, 0, "")).body
            total = _read_total(paging, body)
            if total is None:
                total = 10 * paging.per if len(find_items(items, body)) >= paging.per else 1
            self.counts[name] = max(1, -(-total // paging.per))
        return self.counts[name]

    def _read_once(self, name: str, request: RequestRule, variables: Variables, items: str) -> Iterator[Any]:
        paging = request.paging
        if paging is None:
            reply = self._client.query(name, request, variables)
            yield from find_items(items, reply.body) if reply.verdict is Meaning.GOOD else []
            self.counts[name] = 1
            return
        count, pages, total = 0, 0, None
        last: Any = None
        previous: Any = None
        for pages in range(1, MOST_PAGES):
            overlap = 1 if paging.kind == "offset" and count else 0
            reply = self._client.query(name, request, variables, _ask_for(paging, pages - 1, count - overlap, last))
            page = find_items(items, reply.body) if reply.verdict is Meaning.GOOD else []
            if overlap:
                if not page or page[0] != previous:
                    raise _ShiftedError
                page = page[1:]
            said = _read_total(paging, reply.body)
            if total not in (None, said):
                raise _ShiftedError
            total = said
            yield from page
            count += len(page)
            last = reply.next_url if paging.kind == "link" else paging.next and search(paging.next, reply.body)
            if not page or _is_last(paging, count, len(page) + overlap, total, last):
                break
            previous = page[-1]
        if total is not None and count != total:
            raise _ShiftedError
        self.counts[name] = pages


def find_items(items: str, body: Any) -> Items:
    """The rows of an answer: a list, one object, or nothing."""
    found = search(items, body) if body is not None else None
    if found is None:
        return []
    if isinstance(found, list):
        return found
    if isinstance(found, dict):
        return [found]
    raise ProfileError(f"The path {items!r} finds {type(found).__name__}, not rows.")


def _is_last(paging: PagingRule, count: int, came: int, total: int | None, following: Any) -> bool:
    if paging.kind in {"cursor", "next", "link"}:
        return not following
    return count >= total if total is not None else came < paging.per


def _ask_for(paging: PagingRule, page: int, offset: int, following: Any) -> Extra:
    """Where a page begins, as its request says it."""
    position: dict[str, Callable[[], Any]] = {
        "page": lambda: paging.first + page,
        "offset": lambda: offset,
        "cursor": lambda: following or None,
    }
    if paging.kind in {"next", "link"} and following:
        return {"url": {"next": str(following)}}
    asked: dict[str, Any] = {paging.size: paging.per} if paging.size else {}
    if paging.kind in position and (value := position[paging.kind]()) is not None:
        asked[paging.position] = value
    return {paging.into: asked}


def _read_total(paging: PagingRule, body: Any) -> int | None:
    if paging.total is None or body is None:
        return None
    total = search(paging.total, body)
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise ProfileError(f"The path {paging.total!r} does not find how many entries there are.")
    return total
