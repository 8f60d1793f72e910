"""What becomes of a run that was planned again: whether the new plan still is the one that was approved."""

from __future__ import annotations

from dataclasses import dataclass

from linecard.model.run import State


@dataclass(frozen=True, slots=True)
class Replanned:
    """A new plan beside the one before it.

    `approved`: the run was approved with an earlier plan. `seen`: by a person, who saw that plan. `same`: the new one
    is that plan, or what is left of it. `size` is how many changes it has, `held` whether it goes over a limit.
    `asking`: the person is here, and is asked next.
    """

    approved: bool
    seen: bool
    same: bool
    size: int
    held: bool
    asking: bool


def next_state(new: Replanned) -> State:
    """Where a run goes from `planned`.

    Nothing goes on by itself but what was approved: the same plan, what is left of it, or no change at all. What else
    comes out is judged by the limits; and where a person has seen another plan, it waits for them.
    """
    if new.approved and (new.same or not new.size):
        return State.APPROVED
    if new.held or (new.seen and new.size and not new.asking):
        return State.HELD
    return State.PLANNED if new.size else State.UNCHANGED
