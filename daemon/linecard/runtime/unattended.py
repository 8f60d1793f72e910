"""The door of the daemon: nobody can be asked, and a PBX that does not answer is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from linecard.errors import BackendError
from linecard.model.outcome import Fate
from linecard.model.run import Run
from linecard.pipeline.apply import Checkpoint
from linecard.pipeline.drive import Approval
from linecard.pipeline.plan import Progress
from linecard.runtime.board import Board, paced
from linecard.runtime.log import log
from linecard.runtime.patience import Patience
from linecard.store.journal import Journal
from linecard.store.store import Store

Spread = Callable[[Sequence[Callable[[], None]]], None]
"""Does pieces of work, at the same time if it can, and comes back when all are done."""


@dataclass(frozen=True, slots=True)
class Unattended:
    """`pipeline.drive.Door`. `leave` lets other runs have a PBX; `may_read` is asked before a file is read;
    `patiences` are the seconds for which each PBX is waited for while a part of a run is made."""

    store: Store
    who: str
    board: Board
    patience: Patience
    patiences: Mapping[str, float]
    stop: Checkpoint
    spread: Spread
    leave: Callable[[Run, str], None]
    may_read: Callable[[Run], bool]

    @property
    def attended(self) -> bool:
        return False

    def may_plan(self, run: Run) -> bool:
        return self.may_read(run)

    def planning(self, run: Run) -> Progress:
        where = f"run {run.id}"
        self.board.begin(where, f"planning {run.drop.name}")
        return paced(partial(self.board.progress, where))

    def planned(self, run: Run) -> None:
        log("run planned", state=run.state, checksum=run.checksum[:12], rows=in_words(run.counts))

    def applying(self, run: Run, pbxs: Sequence[str]) -> Progress:
        where = f"run {run.id}"
        total = Journal(self.store, run.id).tally().get(Fate.PLANNED, 0)
        self.board.begin(where, f"applying {run.drop.name} on {', '.join(pbxs)}", total)
        return partial(self.board.progress, where)

    @property
    def asks(self) -> bool:
        return False

    def approval(self, _run: Run) -> Approval:
        return Approval("within the limits of the inbox", seen=False)

    def release(self, run: Run, pbx: str) -> bool:
        self.leave(run, pbx)
        return True

    def give_up(self, run: Run, broken: Mapping[str, str], error: BackendError | None) -> None:
        """Raise `BackendError`, to be tried again, while there is patience with these PBXs."""
        words = str(error) if error is not None else "; ".join(f"{name}: {said}" for name, said in broken.items())
        made = Journal(self.store, run.id).tally().get(Fate.DONE, 0)
        self.patience.bear(run.id, made, max(self.patiences[name] for name in broken), words)
        log("pbx given up", words=words, level="error")


def in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) or "none"
