"""The one place that says from where to where a run may go."""

from __future__ import annotations

from collections.abc import Mapping

from linecard.errors import StateError
from linecard.model.outcome import FINE, Outcome
from linecard.model.run import Run, State

MOVES: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.PLANNED, State.REJECTED, State.SUPERSEDED}),
    State.PLANNED: frozenset({State.HELD, State.APPROVED, State.UNCHANGED, State.SUPERSEDED}),
    State.HELD: frozenset({State.APPROVED, State.DISCARDED, State.PLANNED, State.SUPERSEDED}),
    State.APPROVED: frozenset({State.APPLYING}),
    State.APPLYING: frozenset({State.APPLIED, State.PARTIAL, State.INTERRUPTED, State.STALE}),
    State.INTERRUPTED: frozenset({State.PLANNED}),
    State.STALE: frozenset({State.PLANNED}),
    State.REJECTED: frozenset(),
    State.UNCHANGED: frozenset(),
    State.DISCARDED: frozenset(),
    State.SUPERSEDED: frozenset(),
    State.APPLIED: frozenset(),
    State.PARTIAL: frozenset(),
}

FINAL = frozenset(state for state, moves in MOVES.items() if not moves)
"""States that a run never leaves; a run in one of them has a report."""

WAITING = frozenset({State.RECEIVED, State.PLANNED, State.HELD})
"""States in which nothing has been sent to a PBX, so a newer run may supersede."""

SPOKEN = frozenset({State.APPLIED, State.PARTIAL, State.UNCHANGED})
"""States in which the outcomes of rows are what they came to, not what they were planned to be."""

GIVEN_UP = frozenset({State.DISCARDED, State.SUPERSEDED})
"""States of runs of which nothing more will be sent."""

WHOLE = SPOKEN - {State.PARTIAL}
"""States of runs that were carried out and left nothing half done."""


def check_move(was: State, now: State) -> None:
    """Refuse a move that the contract does not know; that is a bug, never a matter of data."""
    if now not in MOVES[was]:
        raise StateError(f"a run cannot go from {was} to {now}")


def is_fine(counts: Mapping[str, int]) -> bool:
    """Whether rows counted by outcome need nobody's attention."""
    return not any(count for outcome, count in counts.items() if outcome not in FINE)


def find_result(state: State, counts: Mapping[str, int]) -> State:
    """What a run came to, in the words of its states: `unchanged` is said only where every row is as it should be.

    A run of which nothing had to be sent, but whose rows were refused or are invalid, needs a person as one does that
    was sent: its result is `partial`. `counts` are rows by outcome, as the report counts them.
    """
    return State.PARTIAL if state in SPOKEN and not is_fine(counts) else state


def pending_outcome(state: str) -> Outcome:
    """What is said of a row that would be done, or would have been, by a run that was not applied."""
    return Outcome.SKIPPED if state in GIVEN_UP else Outcome.PLANNED


def is_unapproved(run: Run) -> bool:
    """Whether a run still waits for its first approval. If nobody works on it, its import was killed before."""
    return run.state in (State.RECEIVED, State.PLANNED) and run.attempt <= 1
