"""Followers: what the backends that follow a PBX still have to be given, and what they were."""

from __future__ import annotations

from typing import NamedTuple

from linecard.model.directory import Change
from linecard.model.outcome import ChangeStatus


class FollowerChange(NamedTuple):
    """What a run has made of an extension, as a follower of its PBX is given it.

    `change` is the net change of the run on `change.pbx`. `status` is `PLANNED` or `SENT` while the follower does not
    have it, `FAILED` where it refused it (both are tried again), `DONE` where it has it, `DROPPED` where a newer run
    took its place. `words` say why it does not have it.
    """

    follower: str
    run_id: int
    change: Change
    status: ChangeStatus
    words: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is to be tried again."""
        return self.status not in (ChangeStatus.DONE, ChangeStatus.DROPPED)


class FollowerSummary(NamedTuple):
    """What one follower has of the changes of a run, or of all runs: how many it was given, how many are open, and
    why, in the words of the first of them."""

    follower: str
    pbx: str
    made: int
    open: int
    words: str = ""
