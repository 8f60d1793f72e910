"""Premises: what a plan rests on, as it was read, so that it can be read again before anything is sent.

The same sheet played on the same entries comes to the same plan. So a plan that was made in this process still stands
when what it was made of reads the same as then; the sheet need not be played again, which would make each import take
twice as long. Where it reads otherwise, or where another process has made the plan, the sheet is played again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from linecard.model.directory import Entry, Scope
from linecard.model.run import Run
from linecard.ports.backend import Backend, Can


class Premise:
    """What was read of one PBX: of all entries and members in the scope one sum, in whatever order they came."""

    def __init__(self, backend: Backend, scope: Scope) -> None:
        self._backend, self._scope = backend, scope
        self._entries = 0
        self.members: frozenset[str] | None = None
        """The logins that the PBX knows; None where it makes them when needed."""
        if Can.CREATE_MEMBERS not in backend.can:
            self.members = frozenset(backend.members(scope))

    def entries(self) -> Iterator[Entry]:
        """What the PBX holds, summed up while it passes."""
        total = 0
        for entry in self._backend.fetch(self._scope):
            total += hash(entry)
            yield entry
        self._entries = total

    def holds(self) -> bool:
        """Whether the PBX still holds what it held. Raises `BackendError` when it cannot be asked."""
        if self.members is not None and self.members != frozenset(self._backend.members(self._scope)):
            return False
        return sum(map(hash, self._backend.fetch(self._scope))) == self._entries


class _Kept(NamedTuple):
    digest: str
    premises: tuple[Premise, ...]


class Premises:
    """What the plans of this process rest on, by run."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}

    def keep(self, run: Run, premises: Iterable[Premise]) -> None:
        """Remember what the plan that a run has now was made of."""
        self._kept[run.id] = _Kept(run.digest, tuple(premises))

    def forget(self, run_id: int) -> None:
        self._kept.pop(run_id, None)

    def hold(self, run: Run) -> bool:
        """Whether all that the run's plan rests on reads as it did; False also where that is not known."""
        kept = self._kept.pop(run.id, None)
        return kept is not None and kept.digest == run.digest and all(premise.holds() for premise in kept.premises)
