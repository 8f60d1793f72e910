"""The one table that says what is done next with a run, for the commands and for the daemon."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from linecard.model.run import Drop, Run, State
from linecard.rules import states
from linecard.rules.steps import Circumstances, Step, next_step

AT = datetime(2026, 5, 1, tzinfo=UTC)
DAEMON, COMMAND = False, True


def step(state: State, attended: bool, *, attempt: int = 1, planned_now: bool = False) -> Step:
    run = Run(1, "hr", Drop("a.csv", "0" * 64, 1, "a.csv"), state, AT, AT, attempt=attempt)
    return next_step(run, Circumstances(attended, planned_now))


@pytest.mark.parametrize("attended", [DAEMON, COMMAND])
@pytest.mark.parametrize("attempt", [0, 1, 2, 5])
@pytest.mark.parametrize("planned_now", [False, True])
def test_what_the_state_alone_decides(attended, attempt, planned_now):
    """Whoever drives it: unplanned is planned, approved is applied, half made is read back, ended is left."""
    given = {"attempt": attempt, "planned_now": planned_now}
    for state in (State.RECEIVED, State.INTERRUPTED, State.STALE):
        assert step(state, attended, **given) is Step.PLAN
    assert step(State.APPROVED, attended, **given) is Step.APPLY
    assert step(State.APPLYING, attended, **given) is Step.READ_BACK
    for state in states.FINAL:
        assert step(state, attended, **given) is Step.LEAVE


def test_the_daemon_approves_what_is_within_the_limits_and_leaves_what_is_held():
    assert step(State.PLANNED, DAEMON) is Step.APPROVE
    assert step(State.PLANNED, DAEMON, attempt=2, planned_now=True) is Step.APPROVE
    for attempt in (1, 2):
        assert step(State.HELD, DAEMON, attempt=attempt) is Step.LEAVE


def test_a_second_plan_that_is_found_is_made_again_before_anything_goes_on():
    """The first was approved, perhaps by a person: whether this one is what they saw must be looked at."""
    for attended in (DAEMON, COMMAND):
        assert step(State.PLANNED, attended, attempt=2) is Step.PLAN


def test_a_file_that_a_person_has_read_once_more_is_planned_whoever_drives_it():
    """Reading it ended a process, so that it was held without a plan; while it is held it is left."""
    for attended in (DAEMON, COMMAND):
        assert step(State.PLANNED, attended, attempt=0) is Step.PLAN
        assert step(State.HELD, attended, attempt=0) is Step.LEAVE


def test_a_command_decides_on_a_first_plan_itself():
    assert step(State.PLANNED, COMMAND) is Step.LEAVE
    assert step(State.HELD, COMMAND) is Step.LEAVE


def test_a_command_asks_for_a_second_plan_only_when_it_is_of_now():
    """A part of the run may be made already, so that it is not left; but nobody is shown a plan of yesterday."""
    for state in (State.PLANNED, State.HELD):
        assert step(state, COMMAND, attempt=2) is Step.PLAN
        assert step(state, COMMAND, attempt=2, planned_now=True) is Step.ASK


def test_there_is_a_step_for_every_state_and_only_a_command_asks():
    for state, attended, attempt, now in product(State, (DAEMON, COMMAND), (0, 1, 2), (False, True)):
        assert step(state, attended, attempt=attempt, planned_now=now) is not Step.ASK or attended
