"""Changes side by side, as many as a PBX takes at once; those that build upon one another, one after another."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from linecard.model.directory import Change
from linecard.model.outcome import Result

AHEAD = 8
"""Changes taken for each worker: enough to keep all of them busy while what is done is read back and committed."""

Make = Callable[[Change], Result]


def make_side_by_side(changes: Iterable[Change], make: Make, workers: int) -> Iterator[Result]:
    """Results in the order in which the changes were taken. What `make` raises ends it; what is under way then is
    brought to its end first, and what waits is not begun.

    A change begins when those before it that touch the same extension, member or number have ended.
    """
    stopped = threading.Event()
    last: dict[str, Future[Result | None]] = {}
    taken: deque[Future[Result | None]] = deque()

    def make_after(change: Change, needed: list[Future[Result | None]]) -> Result | None:
        for other in needed:
            other.exception()  # waits; those it needs were begun earlier, so that somebody works on them
        if stopped.is_set():
            return None
        try:
            return make(change)
        except BaseException:
            stopped.set()
            raise

    with ThreadPoolExecutor(workers, "changes") as pool:
        try:
            for change in changes:
                keys = name_keys(change)
                needed = list({id(last[key]): last[key] for key in keys if key in last}.values())
                begun = pool.submit(make_after, change, needed)
                last.update(dict.fromkeys(keys, begun))
                taken.append(begun)
                while taken and (taken[0].done() or len(taken) >= workers * AHEAD):
                    yield from _take_result(taken)
                if len(last) > 100 * workers * AHEAD:
                    last = {key: future for key, future in last.items() if not future.done()}
            while taken:
                yield from _take_result(taken)
        finally:
            stopped.set()


def _take_result(taken: deque[Future[Result | None]]) -> Iterator[Result]:
    result = taken.popleft().result()
    if result is not None:
        yield result


def name_keys(change: Change) -> list[str]:
    """What a change touches. An extension cannot be taken for a number or a login."""
    before, after = change.before, change.after
    members = {f"member {m}" for m in (before.member, after.member) if m is not None}
    numbers = {f"number {n}" for n in (*before.numbers, *after.numbers)}
    return [f"extension {change.extension}", *members, *numbers]


def split_independent(changes: Iterable[Change], most: int) -> Iterator[list[Change]]:
    """The changes in groups of which no two touch the same extension, member or number."""
    group: list[Change] = []
    touched: set[str] = set()
    for change in changes:
        keys = name_keys(change)
        if group and (len(group) == most or not touched.isdisjoint(keys)):
            yield group
            group, touched = [], set()
        group.append(change)
        touched.update(keys)
    if group:
        yield group
