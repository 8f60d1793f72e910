"""Quarantine: a file that ends the program whenever it is read is put where a person finds it, and others go on."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from linecard.model.run import Run
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.pipeline.files import blocks, whole
from linecard.pipeline.receive import reject
from linecard.store.store import Store

MOST_TRIES = 3
"""How often a step of a run is begun that does not come to an end."""


def quarantine(store: Store, run: Run, archive: Path, folder: Path, *, who: str) -> Path:
    """Copy a run's file into the quarantine with the reason beside it, and refuse the run; where the file is."""
    target = folder / Path(run.drop.path).name
    fault = Fault(
        0,
        "",
        "",
        FaultCode.CRASHED,
        Severity.ERROR,
        f"linecard broke down {MOST_TRIES} times while it read this file, and will not try again.",
        f"The file is {target.name} in the quarantine. Send it to whoever supports you: no file should do that.",
    )
    with suppress(FileNotFoundError), whole(target, text=False) as file:  # a person may have removed it
        out = cast("IO[bytes]", file)
        for block in blocks(archive / run.drop.path):
            out.write(block)
    with whole(target.with_name(target.name + ".reason"), text=True) as note:
        cast("IO[str]", note).write(f"Run {run.id}, inbox {run.inbox}: {fault.message}\n")
    with store.transaction() as connection:
        reject(store, connection, run.id, fault, who=who)
    return target
