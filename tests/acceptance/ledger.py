"""A PBX kept as a list of operations in a text file: a plugin that can die, refuse and fall silent when told to.

A file `die` beside the list says when the process ends: `before 3` is before the third change is written, `after 3`
when it is written and its result is not yet given. A file `down` makes the PBX not answer.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from linecard.api import hookimpl
from linecard.api.backend import (
    VACANT,
    BackendError,
    BackendKind,
    Can,
    Change,
    ChangeStatus,
    Entry,
    Holding,
    Result,
    Scope,
)

LINECARD_API = "1.0"


class LedgerOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    bulk: bool = False
    """All changes are taken and made before the first result is given."""
    refuse: tuple[str, ...] = ()
    """Extensions that are never changed."""


class Ledger:
    can = frozenset({Can.CREATE_MEMBERS, Can.CREATE_EXTENSIONS})

    def __init__(self, path: Path, options: LedgerOptions) -> None:
        self._path, self._options = path, options
        self._written = 0

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        if self._path.with_name("down").exists():
            raise BackendError("the ledger does not answer", remedy="Wake it up.")
        for extension, held in self._held().items():
            names = (extension in scope.extensions, held.member in scope.members, scope.numbers & set(held.numbers))
            if scope.whole or any(names):
                yield Entry(extension, *held)

    def members(self, scope: Scope) -> Iterator[str]:
        yield from ()

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        results = map(self._made, changes)
        yield from list(results) if self._options.bulk else results

    def close(self) -> None:
        pass

    def _held(self) -> dict[str, Holding]:
        return {extension: Holding(after[0], tuple(after[1])) for extension, _, after in operations(self._path)}

    def _made(self, change: Change) -> Result:
        if self._held().get(change.extension, VACANT) != change.before:
            return Result(change, ChangeStatus.STALE, "it is something else")
        if change.extension in self._options.refuse:
            return Result(change, ChangeStatus.FAILED, "it is locked")
        self._written += 1
        self._die(f"before {self._written}")
        with self._path.open("a") as file:
            file.write(json.dumps([change.extension, change.before, change.after]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._die(f"after {self._written}")
        return Result(change, ChangeStatus.DONE)

    def _die(self, here: str) -> None:
        told = self._path.with_name("die")
        if told.exists() and told.read_text() == here:
            told.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def operations(path: Path) -> list[tuple[str, tuple, tuple]]:
    """What was ever done: extension, before, after."""
    if not path.exists():
        return []
    return [(e, tuple(before), tuple(after)) for e, before, after in map(json.loads, path.read_text().splitlines())]


@hookimpl
def linecard_backends() -> list[BackendKind[LedgerOptions]]:
    return [
        BackendKind(
            name="ledger",
            summary="A list of operations in a text file.",
            options=LedgerOptions,
            build=lambda options, context: Ledger(context.site.folder / options.path, options),
        )
    ]


def install(folder: Path) -> Path:
    """Make the plugin known as an installed distribution would; the folder to put on `sys.path`."""
    info = folder / "linecard_ledger-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: linecard-ledger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[linecard]\nledger = acceptance.ledger\n")
    return folder
