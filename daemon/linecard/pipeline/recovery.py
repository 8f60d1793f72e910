"""Recovery: runs that were approved and did not end, because the program was killed or asked to stop."""

from __future__ import annotations

from collections.abc import Mapping

from linecard.model.outcome import ChangeStatus
from linecard.model.run import Run, State
from linecard.pipeline.apply import read_back
from linecard.pipeline.feed import Pbx
from linecard.store.journal import Journal
from linecard.store.store import Store

_UNDER_WAY = frozenset({State.APPROVED, State.APPLYING, State.INTERRUPTED, State.STALE})
"""States in which a run is found only if nobody works on it any more."""

_PLANNED_AGAIN = frozenset({State.PLANNED, State.HELD})
"""States in which a run has broken off if it was planned before: a part of it may be made already."""


def find_interrupted(store: Store) -> list[Run]:
    """Runs to be finished, the oldest first, if nobody works on the site (the caller holds its lock)."""
    found = store.list_runs(of_states=_UNDER_WAY | _PLANNED_AGAIN)
    return sorted((run for run in found if is_interrupted(run)), key=lambda run: run.id)


def is_interrupted(run: Run) -> bool:
    """Whether a run on which nobody works must be finished."""
    return run.state in _UNDER_WAY or (run.state in _PLANNED_AGAIN and run.attempt > 1)


def interrupt(store: Store, run: Run, pbxs: Mapping[str, Pbx], *, who: str) -> Run:
    """Read back what was under way when a run was killed. It is `interrupted` then, and can be planned again.

    Raises `BackendError` when a PBX cannot be asked: what it was sent stays in doubt, and the run as it was, until it
    answers. Nothing is sent again before.
    """
    journal = Journal(store, run.id)
    for name in journal.pbxs(ChangeStatus.SENT):
        read_back(
            store, journal, pbxs[name], "the program was stopped while the PBX was asked", failed=ChangeStatus.PLANNED
        )
    with store.transaction() as connection:
        store.transition(
            connection,
            run.id,
            State.INTERRUPTED,
            who=who,
            why="found interrupted; what was sent was read back",
        )
    return store.get_run(run.id)
