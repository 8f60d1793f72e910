"""A run goes where the contract's diagram says, and nowhere else."""

from __future__ import annotations

from itertools import product

import pytest

from linecard.errors import StateError
from linecard.model.outcome import Outcome
from linecard.model.run import Drop, Run, State
from linecard.rules import states

DIAGRAM = """
received → planned
planned → held
planned → approved
held → approved
approved → applying
applying → applied
applying → partial
received → rejected
planned → unchanged
held → discarded
held → planned
applying → interrupted
applying → stale
interrupted → planned
stale → planned
received → superseded
planned → superseded
held → superseded
"""

ALLOWED = {tuple(map(State, line.split(" → "))) for line in DIAGRAM.strip().splitlines()}


@pytest.mark.parametrize(("was", "now"), sorted(ALLOWED))
def test_a_move_of_the_diagram_is_allowed(was, now):
    """Each arrow."""
    states.check_move(was, now)


@pytest.mark.parametrize(("was", "now"), sorted(set(product(State, State)) - ALLOWED))
def test_any_other_move_is_refused(was, now):
    """It would be a bug, and is said with both ends."""
    with pytest.raises(StateError, match=f"from {was} to {now}"):
        states.check_move(was, now)


def test_every_state_is_in_the_diagram():
    """And the table has a line for each."""
    assert {state for move in ALLOWED for state in move} == set(State)
    assert set(states.MOVES) == set(State)


def test_final_states_are_the_ends_of_the_diagram():
    """A run in one of them stays there, and has its report."""
    assert set(State) - {was for was, _ in ALLOWED} == states.FINAL


def test_every_run_can_come_to_an_end():
    """From each state some way leads to a final one."""
    reached = set(states.FINAL)
    for _ in State:
        reached |= {was for was, now in ALLOWED if now in reached}
    assert reached == set(State)


def test_what_may_be_superseded_has_sent_nothing():
    """The states that wait are those from which a newer run may take over, all of them before `approved`."""
    assert {was for was, now in ALLOWED if now is State.SUPERSEDED} == states.WAITING
    after = {State.APPROVED, State.APPLYING, State.INTERRUPTED, State.STALE}
    assert not states.WAITING & (after | states.FINAL)


def test_outcomes_are_spoken_only_of_what_has_ended():
    """Before that they say what is planned."""
    assert states.SPOKEN < states.FINAL
    assert {State.REJECTED, State.DISCARDED, State.SUPERSEDED} == states.FINAL - states.SPOKEN


@pytest.mark.parametrize("state", sorted(State))
@pytest.mark.parametrize("outcome", sorted(Outcome))
def test_a_run_is_only_unchanged_when_no_row_needs_a_person(state, outcome):
    """Its state stays what it is; what lists, metrics, logs and messages call it is `partial` then."""
    needs = outcome not in ("done", "unchanged")
    counts = {"done": 2, "failed": 0, outcome: 1}
    assert states.is_fine(counts) is not needs
    wanted = State.PARTIAL if needs and state in ("applied", "partial", "unchanged") else state
    assert states.find_result(state, counts) is wanted


def test_a_run_without_rows_is_fine():
    assert states.is_fine({})
    assert states.find_result(State.UNCHANGED, {}) is State.UNCHANGED


@pytest.mark.parametrize("state", sorted(State))
def test_a_row_that_was_not_sent_is_planned_until_its_run_is_given_up(state):
    given_up = state in (State.DISCARDED, State.SUPERSEDED)
    assert states.pending_outcome(state) is (Outcome.SKIPPED if given_up else Outcome.PLANNED)


def run(state, attempt):
    now = None
    return Run(1, "hr", Drop("sheet.csv", "0" * 64, 10, "drop"), state, now, now, attempt=attempt)


@pytest.mark.parametrize(
    ("state", "attempt", "waits"),
    [
        (State.RECEIVED, 0, True),
        (State.PLANNED, 1, True),
        (State.PLANNED, 2, False),
        (State.HELD, 1, False),
        (State.APPROVED, 1, False),
        (State.APPLIED, 1, False),
    ],
)
def test_a_run_waits_for_its_first_approval_until_somebody_decided(state, attempt, waits):
    """Planned a second time it was approved before, and a part of it may be made."""
    assert states.is_unapproved(run(state, attempt)) is waits
