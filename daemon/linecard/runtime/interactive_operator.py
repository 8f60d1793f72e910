"""The operator of the commands: a person drives the run, can be asked, and calls again when a PBX does not answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from linecard.errors import BackendError
from linecard.model.run import Run, State
from linecard.pipeline.apply import Checkpoint
from linecard.pipeline.plan import Progress
from linecard.pipeline.run_loop import Approval

Stage = Callable[[str, Run], Progress]
"""Called when a long step begins (`plan`, `apply`); gives what is called with its progress."""

Confirm = Callable[[Run], bool]
"""Asks whether a new plan may be applied."""


@dataclass(frozen=True, slots=True)
class InteractiveOperator:
    """`pipeline.run_loop.Operator`: one thing after the other, on one PBX after the other."""

    who: str
    confirm: Confirm
    stage: Stage
    stop: Checkpoint
    is_asked: bool = False
    """Whether `confirm` shows the plan to a person; else it answers for them."""

    @property
    def is_attended(self) -> bool:
        return True

    def may_plan(self, _run: Run) -> bool:
        return True

    def begin_plan(self, run: Run) -> Progress:
        return self.stage("plan", run)

    def end_plan(self, _run: Run) -> None:
        """The person sees the plan when it is asked for."""

    def begin_apply(self, run: Run, _pbxs: Sequence[str]) -> Progress:
        return self.stage("apply", run)

    def request_approval(self, run: Run) -> Approval | None:
        if not self.confirm(run):
            return None
        return Approval("the new plan was confirmed", seen=self.is_asked or run.state is State.HELD)

    def run_parallel(self, work: Sequence[Callable[[], None]]) -> None:
        for piece in work:
            piece()

    def release(self, _run: Run, _pbx: str) -> bool:
        return False

    def give_up(self, _run: Run, _broken: Mapping[str, str], error: BackendError | None) -> None:
        """What was sent is reported at once, as far as the PBX could tell; a run that was not begun waits."""
        if error is not None:
            raise error
