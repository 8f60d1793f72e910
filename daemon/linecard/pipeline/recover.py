"""Recover: runs that were approved and did not end, because the program was killed or asked to stop."""

from __future__ import annotations

from collections.abc import Mapping

from linecard.model.outcome import Fate
from linecard.model.run import Run, State
from linecard.pipeline.apply import read_back
from linecard.pipeline.places import Pbx
from linecard.store.journal import Journal
from linecard.store.store import Store

BROKEN_OFF = frozenset({State.APPROVED, State.APPLYING, State.INTERRUPTED, State.STALE})
"""States in which a run is found only if nobody works on it any more (the caller holds the site's lock)."""


def broken_off(store: Store) -> list[Run]:
    """Runs to be finished, the oldest first."""
    return sorted(store.runs(of_states=BROKEN_OFF), key=lambda run: run.id)


def interrupt(store: Store, run: Run, pbxs: Mapping[str, Pbx], *, who: str) -> Run:
    """Read back what was under way when a run was killed. It is `interrupted` then, and can be planned again.

    A PBX that cannot be asked leaves its changes in doubt; they are reported, never sent again.
    """
    journal = Journal(store, run.id)
    for name in journal.pbxs(Fate.SENT):
        read_back(store, journal, pbxs[name], "the program was stopped while the PBX was asked", failed=Fate.PLANNED)
    with store.transaction() as connection:
        store.move(
            connection,
            run.id,
            State.INTERRUPTED,
            who=who,
            why="found broken off; what was sent was read back",
        )
    return store.run(run.id)
