"""A plugin as somebody wrote it for linecard.api 1.0, and never touched again.

Do not adapt it: when it no longer works, `linecard.api` has changed in a way that breaks the plugins of others, and the
first number of its version must grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict

from linecard.api import Context, hookimpl
from linecard.api.backend import BackendKind, Can, Change, ChangeStatus, Entry, Result, Scope

LINECARD_API = "1.0"


class FrozenOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str


class Frozen:
    can = frozenset({Can.SEVERAL})

    def __init__(self, options: FrozenOptions, context: Context) -> None:
        self.file = context.site.folder / options.file
        self.remembered = context.state / "token"
        self.name = context.name
        self.started = context.now()
        context.log("frozen", level="debug", file=str(self.file))

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        if scope.whole or "1000" in scope.extensions:
            yield Entry("1000", "ada@example.com", ("+33123456789",))

    def members(self, scope: Scope) -> Iterator[str]:
        yield "ada@example.com"

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        for change in changes:
            yield Result(change, ChangeStatus.FAILED, "it is frozen")

    def close(self) -> None:
        pass


@hookimpl
def linecard_backends() -> list[BackendKind[FrozenOptions]]:
    return [BackendKind("frozen", "A PBX that never changes.", FrozenOptions, Frozen)]


def install(folder):
    """Make it known as an installed distribution would; the folder to put on `sys.path`."""
    info = folder / "linecard_frozen-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: linecard-frozen\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[linecard]\nfrozen = unit.runtime.frozen_plugin\n")
    return folder
