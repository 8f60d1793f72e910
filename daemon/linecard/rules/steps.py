"""What is done next with a run: one table for the commands and for the daemon."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from linecard.model.run import Run, State
from linecard.rules import states


class Step(StrEnum):
    """The next step of a run."""

    PLAN = "plan"
    """Read what the PBXs hold and plan the sheet, for the first time or again."""
    APPROVE = "approve"
    """Go on without a person: the plan is within the limits."""
    ASK = "ask"
    """Ask the person who drives the run whether this plan may be applied."""
    APPLY = "apply"
    """Make the changes."""
    READ_BACK = "read_back"
    """Find out what became of what was under way when the run was interrupted."""
    LEAVE = "leave"
    """Nothing more now: the run has ended, or waits for a person who is not here."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the state of a run does not say.

    `attended`: a person drives it and can be asked. `planned_now`: the plan it has was made in this drive, so that
    it may be shown; one that was found is older than what the PBXs hold now.
    """

    attended: bool
    planned_now: bool


def next_step(run: Run, found: Circumstances) -> Step:
    """The next step of a run in these circumstances. Only a run on which nobody else works may be asked about."""
    if run.state in _ALWAYS:
        return _ALWAYS[run.state]
    if run.state in (State.PLANNED, State.HELD) and run.attempt > 1:
        return _replan_step(run.state, found)
    if run.state is State.PLANNED and run.attempt == 0:  # a person has its file read once more
        return Step.PLAN
    if run.state is State.PLANNED and not found.attended:
        return Step.APPROVE
    return Step.LEAVE


_ALWAYS = {
    State.RECEIVED: Step.PLAN,
    State.INTERRUPTED: Step.PLAN,
    State.STALE: Step.PLAN,
    State.APPROVED: Step.APPLY,
    State.APPLYING: Step.READ_BACK,
} | dict.fromkeys(states.FINAL, Step.LEAVE)


def _replan_step(state: State, found: Circumstances) -> Step:
    """It was approved once, and perhaps by a person, and a part of it may be made: it is planned on what is there now
    before it goes on, and a command does not leave it."""
    if not found.attended and state is State.HELD:
        return Step.LEAVE
    if not found.planned_now:
        return Step.PLAN
    return Step.ASK if found.attended else Step.APPROVE
