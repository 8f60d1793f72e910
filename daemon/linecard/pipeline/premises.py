"""Premises: what a plan rests on, as it was read, so that it can be read again before anything is sent.

The same sheet played on the same entries comes to the same plan. So a plan that was made in this process still stands
when what it was made of reads the same as then; the sheet need not be played again, which would make each import take
twice as long. Where it reads otherwise, or where another process has made the plan, the sheet is played again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from linecard.model.directory import Change, Entry, Scope
from linecard.model.outcome import Caveat
from linecard.model.run import Run
from linecard.pipeline.precheck import precheck
from linecard.ports.backend import Backend, Can
from linecard.rules.caveats import is_loss

Planned = Callable[[str], Iterable[Change]]
"""The changes of the plan on a PBX, from the journal."""


class Premise:
    """What was read of one PBX: of all entries and members in the scope one sum, in whatever order they came.

    `reasons` are those caveats for which the plan waits; `losses` says whether a change takes something away, so that
    there can be such.
    """

    def __init__(self, pbx: str, backend: Backend, scope: Scope) -> None:
        self.pbx, self._backend, self._scope = pbx, backend, scope
        self._entries = self._count = 0
        self.losses = False
        self.reasons: set[Caveat] = set()
        self.members: frozenset[str] | None = None
        """The logins that the PBX knows; None where it makes them when needed."""
        if Can.CREATE_MEMBERS not in backend.can:
            self.members = frozenset(backend.members(scope))

    def fetch_entries(self) -> Iterator[Entry]:
        """What the PBX holds, summed up while it passes."""
        total = count = 0
        for entry in self._backend.fetch(self._scope):
            total += hash(entry)
            count += 1
            yield entry
        self._entries, self._count = total, count

    def describe_reading(self) -> str:
        """What was asked for and how much came, in words."""
        scope = self._scope
        named = zip((scope.extensions, scope.members, scope.numbers), ("extensions", "members", "numbers"), strict=True)
        asked = ", ".join(f"{len(names):,} {what}" for names, what in named)
        known = "" if self.members is None else f"; it knows {len(self.members):,} of the members"
        return f"asked for {'everything' if scope.whole else asked}: {self._count:,} extensions found{known}"

    def is_unchanged(self, planned: Planned) -> bool:
        """Whether the PBX still holds what it held, and has no other reason to wait for a person than it had. Raises
        `BackendError` when it cannot be asked."""
        if self.members is not None and self.members != frozenset(self._backend.members(self._scope)):
            return False
        if sum(map(hash, self._backend.fetch(self._scope))) != self._entries:
            return False
        if not self.losses:
            return True
        found = precheck(self._backend, filter(is_loss, planned(self.pbx)))
        return {caveat for caveat in found if caveat.holds} <= self.reasons


class _Kept(NamedTuple):
    checksum: str
    premises: tuple[Premise, ...]


class Premises:
    """What the plans of this process rest on, by run."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}

    def keep(self, run: Run, premises: Iterable[Premise]) -> None:
        """Remember what the plan that a run has now was made of."""
        self._kept[run.id] = _Kept(run.checksum, tuple(premises))

    def discard(self, run_id: int) -> None:
        self._kept.pop(run_id, None)

    def are_unchanged(self, run: Run, planned: Planned) -> bool:
        """Whether all that the run's plan rests on reads as it did; False also where that is not known."""
        kept = self._kept.pop(run.id, None)
        if kept is None or kept.checksum != run.checksum:
            return False
        return all(premise.is_unchanged(planned) for premise in kept.premises)
