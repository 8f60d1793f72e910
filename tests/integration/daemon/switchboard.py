"""A PBX kept as a list of operations in a text file: a plugin that hangs, falls silent and kills when told to.

Files beside the list say how it behaves: `X.down` and it does not answer; `X.down-at` holds how many operations it
lives through before it goes down; `X.gate`, a FIFO, and each change waits until somebody opens it for writing, as each
reading does at `X.reading`; `X.seconds` holds how long a change takes. With `X.deaf` it tells the whole password
when it is read. Three members are poison to whoever asks for
them.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from linecard.api import Context, Log, Secret, hookimpl
from linecard.api.backend import (
    VACANT,
    BackendError,
    BackendKind,
    Can,
    Change,
    ChangeStatus,
    Entry,
    Forecast,
    Holding,
    Result,
    Scope,
)
from linecard.api.processor import Processor, ProcessorKind, Row

LINECARD_API = "1.0"

POISON = "poison@example.org"
"""Whoever plans a sheet with this member ends at once."""
FAULTY = "faulty@example.org"
"""Whoever plans a sheet with this member meets a fault of a library."""
GLUTTON = "glutton@example.org"
"""Whoever plans a sheet with this member runs out of memory."""


SLOW = "slow@example.org"
"""With this member the processor does not come back until `HURRY` is set."""
HURRY = threading.Event()


class SwitchboardOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    password: Secret | None = None


class Switchboard:
    can = frozenset({Can.CREATE_MEMBERS, Can.CREATE_EXTENSIONS})

    def __init__(self, path: Path, log: Log, password: str = "") -> None:
        self._path, self._log, self._password = path, log, password

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        self._answer()
        self._log("listing read", level="debug", operations=len(operations(self._path)), how="whole \x1b[1m")
        self._wait("reading", "reads")
        if self._password:
            self._log("logged in", password=self._password)
            if self._told("deaf") is not None:
                raise BackendError(f"{self._password} is not the password", remedy=f"Not {self._password}.")
        if POISON in scope.members:
            os._exit(9)
        if FAULTY in scope.members:
            os.kill(os.getpid(), signal.SIGSEGV)
        if GLUTTON in scope.members:
            _starve()
        for extension, held in self._held().items():
            names = (extension in scope.extensions, held.member in scope.members, scope.numbers & set(held.numbers))
            if scope.whole or any(names):
                yield Entry(extension, *held)

    def members(self, scope: Scope) -> Iterator[str]:
        yield from ()

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        held = self._held()
        with self._path.open("a") as file:
            for made, change in enumerate(changes, len(operations(self._path)) + 1):
                self._wait()
                self._answer()
                if held.get(change.extension, VACANT) != change.before:
                    yield Result(change, ChangeStatus.STALE, "it is something else")
                    continue
                file.write(json.dumps([change.extension, change.before, change.after]) + "\n")
                file.flush()
                held[change.extension] = change.after
                if self._told("down-at") == str(made):
                    self._path.with_suffix(".down-at").rename(self._path.with_suffix(".down"))
                    self._answer()
                yield Result(change, ChangeStatus.DONE)

    def forecast(self, changes: Iterable[Change]) -> Forecast:
        seconds = self._told("seconds")
        return Forecast(sum(1 for _ in changes) * float(seconds), ("Ask Anna.",)) if seconds else Forecast()

    def close(self) -> None:
        pass

    def _held(self) -> dict[str, Holding]:
        return {extension: Holding(after[0], tuple(after[1])) for extension, _, after in operations(self._path)}

    def _told(self, what: str) -> str | None:
        try:
            return self._path.with_suffix(f".{what}").read_text()
        except FileNotFoundError:
            return None

    def _answer(self) -> None:
        if self._path.with_suffix(".down").exists():
            raise BackendError("the switchboard does not answer", remedy="Wake it up.")

    def _wait(self, gate_name: str = "gate", sign: str = "waits") -> None:
        gate = self._path.with_suffix(f".{gate_name}")
        if gate.exists():
            self._path.with_suffix(f".{sign}").write_text(str(os.getpid()))
            with gate.open() as opened:
                opened.read()


def _starve() -> None:
    """What a parser does that asks for more memory than the service may have."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, limits[1]))
    try:
        bytearray(1 << 33)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def operations(path: Path) -> list[tuple[str, tuple, tuple]]:
    """What was ever done: extension, before, after."""
    if not path.exists():
        return []
    return [(e, tuple(before), tuple(after)) for e, before, after in map(json.loads, path.read_text().splitlines())]


def _build(options: SwitchboardOptions, context: Context) -> Switchboard:
    folder = context.site.folder
    password = options.password.reveal(folder, os.environ) if options.password else ""
    return Switchboard(folder / options.path, context.log, password)


@hookimpl
def linecard_backends() -> list[BackendKind[SwitchboardOptions]]:
    return [
        BackendKind(
            name="switchboard",
            summary="A list of operations in a text file.",
            options=SwitchboardOptions,
            build=_build,
        )
    ]


class NoOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def build_processor(_options: NoOptions, _context: Context) -> Processor:
    def wait_for_the_slow(row: Row) -> Row:
        if row.member == SLOW:
            HURRY.wait()
        return row

    return wait_for_the_slow


@hookimpl
def linecard_processors() -> list[ProcessorKind[NoOptions]]:
    return [ProcessorKind("switchboard", "Lets one member wait.", NoOptions, build_processor)]


def install(folder: Path) -> Path:
    """Make the plugin known as an installed distribution would; the folder to put on `sys.path`."""
    info = folder / "linecard_switchboard-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: linecard-switchboard\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[linecard]\nswitchboard = integration.daemon.switchboard\n")
    return folder
