"""Lanes: which run may be worked on now. One at a time on each PBX, in the order in which they were received.

A slow PBX never delays another: a run that waits for one lets later runs of other inboxes pass on the others. Within
an inbox the order is always kept, because a newer file means to correct an older one.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

_Group = tuple[str, frozenset[str]]


@dataclass(slots=True)
class _Item:
    run: int
    group: _Group
    not_before: float = 0.0


class Lanes:
    """The runs that are not finished, and the PBXs they are at work on. Times are monotonic seconds.

    Runs of one inbox that need the same PBXs can only follow each other, so looking at the first of each such group
    is enough, however many wait.
    """

    def __init__(self) -> None:
        self._items: dict[int, _Item] = {}
        self._waiting: dict[_Group, deque[int]] = {}
        self._busy: dict[str, int] = {}

    def __contains__(self, run: int) -> bool:
        return run in self._items

    def __len__(self) -> int:
        return len(self._items)

    def add(self, run: int, inbox: str, pbxs: Iterable[str]) -> None:
        """Let a run, which needs one PBX at least, wait for its turn. One that comes late goes before newer ones."""
        if run not in self._items:
            group = (inbox, frozenset(pbxs))
            self._items[run] = _Item(run, group)
            self._enqueue(group, run)

    def _enqueue(self, group: _Group, run: int) -> None:
        waiting = self._waiting.setdefault(group, deque())
        if waiting and waiting[-1] > run:
            insort(waiting, run)
        else:
            waiting.append(run)

    def start(self, now: float) -> int | None:
        """The next run whose PBXs are all free, which are its own from now on; None if there is none."""
        busy = self._busy
        closed: set[str] = set()
        closed_to: dict[str, set[str]] = {}
        for item in sorted((self._items[runs[0]] for runs in self._waiting.values()), key=lambda item: item.run):
            inbox, pbxs = item.group
            of_inbox = closed_to.setdefault(inbox, set())
            if item.not_before > now:
                of_inbox |= pbxs
            elif pbxs & (closed | of_inbox | busy.keys()):
                # Behind an older run it may be overtaken elsewhere; behind one that overtook it, not once more.
                older = any(busy[pbx] < item.run for pbx in pbxs & busy.keys())
                (of_inbox if older or pbxs & of_inbox else closed).update(pbxs)
            else:
                self._take(item)
                return item.run
        return None

    def _take(self, item: _Item) -> None:
        waiting = self._waiting[item.group]
        waiting.popleft()
        if not waiting:
            del self._waiting[item.group]
        self._busy |= dict.fromkeys(item.group[1], item.run)

    def active(self) -> dict[str, int]:
        """The run at work on each PBX."""
        return dict(self._busy)

    def backlog(self) -> list[int]:
        """The runs that are not at work, in their order."""
        return sorted(run for runs in self._waiting.values() for run in runs)

    def next_retry(self, now: float) -> float | None:
        """When the next run that was put off may be tried again."""
        heads = (self._items[runs[0]] for runs in self._waiting.values())
        return min((item.not_before for item in heads if item.not_before > now), default=None)

    def release_pbx(self, run: int, pbx: str) -> None:
        """A run is done with one of its PBXs."""
        if self._busy.get(pbx) == run:
            del self._busy[pbx]

    def _release(self, item: _Item) -> None:
        for pbx in item.group[1]:
            self.release_pbx(item.run, pbx)

    def postpone(self, run: int, until: float) -> None:
        """A run cannot go on now; it keeps its place and is tried again later."""
        item = self._items[run]
        item.not_before = until
        self._release(item)
        self._enqueue(item.group, run)

    def finish(self, run: int) -> None:
        """A run at work is finished, or waits for a person."""
        self._release(self._items.pop(run))
