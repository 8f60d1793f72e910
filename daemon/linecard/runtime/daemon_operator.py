"""The operator of the daemon: nobody can be asked, and a PBX that does not answer is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from linecard.errors import BackendError
from linecard.model.outcome import ChangeStatus
from linecard.model.run import Run
from linecard.pipeline.apply import Checkpoint
from linecard.pipeline.plan import Progress
from linecard.pipeline.run_loop import Approval
from linecard.rules.states import find_result
from linecard.runtime.health import Health, batch_progress
from linecard.runtime.log import log
from linecard.runtime.run_backoff import RunBackoff
from linecard.store.journal import Journal
from linecard.store.store import Store

RunParallel = Callable[[Sequence[Callable[[], None]]], None]
"""Does pieces of work, at the same time if it can, and comes back when all are done."""


@dataclass(frozen=True, slots=True)
class DaemonOperator:
    """See `pipeline.run_loop.Operator`. `release_pbx` lets other runs have a PBX; `may_read` is asked before a file is
    read; `patience` are the seconds for which each PBX is waited for while a part of a run is made."""

    store: Store
    who: str
    health: Health
    backoff: RunBackoff
    patience: Mapping[str, float]
    stop: Checkpoint
    run_parallel: RunParallel
    release_pbx: Callable[[Run, str], None]
    may_read: Callable[[Run], bool]

    @property
    def is_attended(self) -> bool:
        return False

    def may_plan(self, run: Run) -> bool:
        return self.may_read(run)

    def begin_plan(self, run: Run) -> Progress:
        where = f"run {run.id}"
        self.health.begin_task(where, f"planning {run.drop.name}")
        return batch_progress(partial(self.health.advance_task, where))

    def end_plan(self, run: Run) -> None:
        log(
            "run planned",
            result=find_result(run.state, run.counts),
            checksum=run.checksum[:12],
            rows=describe_counts(run.counts),
        )

    def begin_apply(self, run: Run, pbxs: Sequence[str]) -> Progress:
        where = f"run {run.id}"
        total = Journal(self.store, run.id).tally().get(ChangeStatus.PLANNED, 0)
        self.health.begin_task(where, f"applying {run.drop.name} on {', '.join(pbxs)}", total)
        return partial(self.health.advance_task, where)

    @property
    def is_asked(self) -> bool:
        return False

    def request_approval(self, _run: Run) -> Approval:
        return Approval("within the limits of the inbox", seen=False)

    def release(self, run: Run, pbx: str) -> bool:
        self.release_pbx(run, pbx)
        return True

    def give_up(self, run: Run, broken: Mapping[str, str], error: BackendError | None) -> None:
        """Raise `BackendError`, to be tried again, while these PBXs are still waited for."""
        words = str(error) if error is not None else "; ".join(f"{name}: {said}" for name, said in broken.items())
        made = Journal(self.store, run.id).tally().get(ChangeStatus.DONE, 0)
        self.backoff.raise_unless_expired(run.id, made, max(self.patience[name] for name in broken), words)
        log("gave up waiting for the pbx", words=words, level="error")


def describe_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) or "none"
