"""Followers: backends that are given what was made on a PBX, after it, each with an outcome of its own.

What a follower is owed is written with the results of the PBX, so that nothing of it is lost; it is given as the
difference between what the follower holds and what it should, so that nothing is made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from linecard.errors import BackendError, BackendFault
from linecard.infrastructure.plugin_faults import name_plugin_faults
from linecard.model.directory import VACANT, Change, Holding, Scope
from linecard.model.follower import FollowerChange
from linecard.model.outcome import ChangeStatus
from linecard.pipeline.feed import Pbx
from linecard.ports.backend import Can
from linecard.rules.order import order_changes
from linecard.store.follower_changes import list_follower_changes, mark_follower_changes
from linecard.store.store import Store

TOGETHER = 1000
"""Extensions that are read at once."""


def update_followers(store: Store, pbx: Pbx, stop: Callable[[], bool]) -> None:
    """Give the followers of a PBX all that they are owed, of whatever run; what fails is kept, with its words.

    Raises nothing of a follower: what happens to it changes nothing of what was made on the PBX.
    """
    for follower in pbx.followers:
        if stop():
            return
        with follower.turn:  # one writes at a time
            _Update(store, follower, stop).bring_up_to_date()


@dataclass
class _Wanted:
    """What an extension of a follower should become: by the newest run, whatever it is of the states that runs since
    the first open one know of."""

    changes: list[FollowerChange] = field(default_factory=list)

    @property
    def after(self) -> Holding:
        return self.changes[-1].change.after

    def find_stranger(self, held: Holding) -> str:
        """What the follower shows that no run knows of; it is somebody else's, and is not taken away."""
        ends = [end for found in self.changes for end in (found.change.before, found.change.after)]
        if held.member is not None and held.member not in {end.member for end in ends}:
            return held.member
        return next(iter(sorted(set(held.numbers) - {n for end in ends for n in end.numbers})), "")


class _Update:
    def __init__(self, store: Store, follower: Pbx, stop: Callable[[], bool]) -> None:
        self._store, self._follower, self._stop = store, follower, stop
        self._wanted: dict[str, _Wanted] = {}
        for found in list_follower_changes(store, follower=follower.name):
            self._wanted.setdefault(found.change.extension, _Wanted()).changes.append(found)

    def bring_up_to_date(self) -> None:
        if not self._wanted:
            return
        try:
            with name_plugin_faults(BackendFault):
                differences = self._find_differences()
                # Order (follow): the intent is on disk before the follower is given anything; what is marked as sent is
                # read before it is sent again. Shown by tests/integration/test_followers.py.
                names = [name for name, _, _ in differences]
                self._mark(names, ChangeStatus.SENT, "")
                self._read_back(names, self._apply(differences))
        except BackendError as error:
            words = f"{error} {error.remedy}".strip() if isinstance(error, BackendFault) else str(error)
            self._mark(list(self._wanted), ChangeStatus.PLANNED, words)

    def _find_differences(self) -> list[tuple[str, Holding, Holding]]:
        """What has to be made of the follower; what it has already, and what it must not lose, is settled."""
        differences, had, strange = [], [], {}
        for name, held in self._read(list(self._wanted)):
            wanted = self._wanted[name]
            if held == wanted.after:
                had.append(name)
            elif stranger := wanted.find_stranger(held):
                strange[name] = f"extension {name} has {stranger} there, whom no run knows: correct it there"
            else:
                differences.append((name, held, wanted.after))
        self._settle(had, strange)
        return differences

    def _apply(self, differences: list[tuple[str, Holding, Holding]]) -> Mapping[str, str]:
        """Why extensions are not as they should be, as far as the follower says so."""
        several = Can.SEVERAL in self._follower.backend.can
        changes = order_changes(self._follower.name, lambda: differences, several=several)
        failed: dict[str, str] = {}
        for result in self._follower.backend.apply(self._hand_out(changes)):
            if result.status is not ChangeStatus.DONE:
                failed[result.change.extension] = result.words
        return failed

    def _hand_out(self, changes: Iterable[Change]) -> Iterator[Change]:
        for change in changes:
            if self._stop():
                return
            yield change

    def _read_back(self, names: Iterable[str], failed: Mapping[str, str]) -> None:
        """Remember what the follower shows, whatever it has said."""
        had, lacking = [], {}
        for name, held in self._read(list(names)):
            if held == self._wanted[name].after:
                had.append(name)
            else:
                lacking[name] = failed.get(name) or f"it shows {held.member or 'nobody'}"
        self._settle(had, lacking)

    def _read(self, names: list[str]) -> Iterator[tuple[str, Holding]]:
        for at in range(0, len(names), TOGETHER):
            some = names[at : at + TOGETHER]
            found = self._follower.backend.fetch(Scope(extensions=frozenset(some)))
            now = {entry.extension: entry.holding for entry in found}
            yield from ((name, now.get(name, VACANT)) for name in some)

    def _settle(self, had: Iterable[str], failed: Mapping[str, str]) -> None:
        """The follower has these, of the newest run: what older ones wanted has no place any more. Others failed."""
        done = [self._wanted.pop(name).changes for name in had]
        at = self._store.now()
        with self._store.transaction() as connection:
            for changes in done:
                words = f"run {changes[-1].run_id} took its place"
                mark_follower_changes(connection, changes[:-1], ChangeStatus.DROPPED, words, at)
            mark_follower_changes(connection, [changes[-1] for changes in done], ChangeStatus.DONE, "", at)
            for name, words in failed.items():
                mark_follower_changes(connection, self._wanted.pop(name).changes, ChangeStatus.FAILED, words, at)

    def _mark(self, names: Iterable[str], status: ChangeStatus, words: str) -> None:
        changes = [found for name in names for found in self._wanted[name].changes]
        with self._store.transaction() as connection:
            mark_follower_changes(connection, changes, status, words, self._store.now())
