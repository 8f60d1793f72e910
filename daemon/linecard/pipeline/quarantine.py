"""Quarantine: a file in whose reading linecard breaks down waits for a person, and others go on meanwhile.

Nothing is known of its rows, so that its run is held without a plan (`attempt` 0). A person has it read once more, or
gives it up: only then is the file put where whoever supports the site finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from linecard.infrastructure.files import read_blocks, write_whole
from linecard.model.outcome import Outcome
from linecard.model.run import Hold, Run, State
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.store.journal import Journal
from linecard.store.store import Store

CRASHED = FaultCode.CRASHED.value


def has_crashed(run: Run) -> bool:
    """Whether a run waits for a person because of how reading its file ended; it has no plan then."""
    return run.state is State.HELD and run.attempt == 0


def hold_file(store: Store, run: Run, crashes: Sequence[str], tries: int, *, who: str) -> Run:
    """Ask a person about a file that was never read to its end. `crashes` say how processes ended that did nothing
    else; without any, linecard itself was ended `tries` times, by whatever."""
    if crashes:
        how = ", ".join(dict.fromkeys(crashes))
        message = f"A separate process that read this file failed {len(crashes)} times: {how}."
    else:
        message = (
            f"linecard was ended {tries} times while it read this file, although a separate process could read it."
        )
    found = Hold("", CRASHED, len(crashes) or tries, 0.0, "", message)
    with store.transaction() as connection:
        if run.state is State.RECEIVED:
            store.transition(
                connection, run.id, State.PLANNED, who=who, why="not planned: it could not be read to its end"
            )
        store.transition(connection, run.id, State.HELD, who=who, why=message, holds=[asdict(found)])
    return store.get_run(run.id)


def read_again(store: Store, run: Run, *, who: str, why: str) -> Run:
    """A person has a file read once more. It stays under suspicion: a process of its own reads it first."""
    with store.transaction() as connection:
        store.transition(connection, run.id, State.PLANNED, who=who, why=why, holds=[], tries=1)
    return store.get_run(run.id)


def discard_file(store: Store, run: Run, archive: Path, folder: Path, *, who: str, why: str) -> Run:
    """A person gives the file up: it is copied into the quarantine, with the reason beside it."""
    target = folder / Path(run.drop.path).name
    reason = " ".join(found.message for found in run.holds)
    fault = Fault(
        0,
        "",
        "",
        FaultCode.CRASHED,
        Severity.ERROR,
        reason,
        f"The file is {target.name} in the quarantine. Send it to your support: no file should do that.",
    )
    with suppress(FileNotFoundError), write_whole(target, text=False) as out:  # a person may have removed it
        for block in read_blocks(archive / run.drop.path):
            out.write(block)
    with write_whole(target.with_name(target.name + ".reason"), text=True) as note:
        note.write(f"Run {run.id}, inbox {run.inbox}: {reason}\n")
    nothing = {outcome.value: 0 for outcome in Outcome}
    with store.transaction() as connection:
        Journal(store, run.id).add_faults(connection, 0, [fault])
        store.transition(connection, run.id, State.DISCARDED, who=who, why=why, counts=nothing)
    return store.get_run(run.id)
