"""The last proofs of a backend, on the PBX that it is made for."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

import os
import random
import re
import select
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

import pytest
from pydantic import BaseModel

from linecard.api.backend import Can, Change, ChangeStatus, Holding
from linecard.rules.order import order_changes
from linecard.testing.contract.interruption import HardChanges
from linecard.testing.contract.subject import PBX, Fill, Subject, apply_to, holdings, invert
from linecard.testing.recorder import MISSING


@runtime_checkable
class SupportsSnapshot(Protocol):
    """What `new_pbx` gives, where all that the PBX keeps can be looked at."""

    def snapshot(self) -> object:
        """Everything that the PBX keeps and a change might touch, also what linecard never reads; to be compared."""
        ...


@runtime_checkable
class SupportsVersion(Protocol):
    """What `new_pbx` gives, where a real PBX is under test."""

    def version(self) -> str:
        """What the PBX itself says that it is, such as `Asterisk 20.6.0`."""
        ...


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated PBX: the code of it, and the public documents that it was written from."""

    code: Path
    sources: tuple[str, ...]


SETTLED = {ChangeStatus.DONE, ChangeStatus.STALE}
ATTEMPTS = 5
"""How often it is planned anew after a kill."""


class FullProof(HardChanges):
    """What a backend shows on the PBX that it is made for. Subclass it beside `BackendContract` and `FaultMatrix`.

    What `new_pbx` gives has `snapshot` (see `SupportsSnapshot`), and, where it is a real PBX, `version` (see
    `SupportsVersion`). Must be set in the subclass:

    - `page`: the page that explains the backend to those who run it;
    - `options`: the model of its options;
    - `simulation`: where the PBX is simulated, by what and from which documents.

    `not_undone` is what an undo cannot bring back, with the reason of each; `drop_not_undone` takes it out of a
    snapshot.
    `kills` is how often a process is killed.
    """

    page: ClassVar[Path]
    options: ClassVar[type[BaseModel]]
    simulation: ClassVar[Simulation | None] = None
    not_undone: ClassVar[Mapping[str, str]] = {}
    kills: ClassVar[int] = 12

    def test_it_is_proven_on_the_pbx_or_on_one_simulated_from_its_documentation(self, fill: Fill) -> None:
        """A real one says its version; a simulated one names its documents, and knows nothing of linecard."""
        source = fill().source
        if isinstance(source, SupportsVersion):
            assert source.version().strip()
            return
        assert self.simulation is not None, (
            "say by `version` which PBX it is, or by `simulation` what it is written from"
        )
        assert self.simulation.sources, "name the documents that the simulation is written from"
        files = sorted(self.simulation.code.rglob("*.py")) if self.simulation.code.is_dir() else [self.simulation.code]
        assert files
        for file in files:
            for words in ("import linecard", "from linecard"):
                assert words not in file.read_text(encoding="utf-8"), f"{file} is what linecard is compared with"

    def test_its_page_explains_every_option(self) -> None:
        """By name, as it stands in linecard.yaml, or as code in a sentence."""
        text = self.page.read_text(encoding="utf-8")
        told = {name for pair in re.findall(r"(?m)`(\w+)`|^[\s#-]*(\w+):", text) for name in pair}
        assert self.options.model_fields.keys() - told == set()

    def test_killed_again_and_again_it_comes_to_what_was_planned(self, fill: Fill) -> None:
        """SIGKILL at any moment, not only at a change; what is left is planned anew, until all is as the plan said."""
        pbx = fill(*self.hard_entries())
        shall = apply_to(holdings(self.hard_entries()), self.hard_changes(several=False))
        was = pbx.read_holdings()
        dice = random.Random(18)  # noqa: S311 - the same moments each time
        for kill in range(self.kills):
            wanted = shall if kill % 2 == 0 else was
            left = self.changes_towards(pbx, wanted)
            kill_after(pbx, left, dice.uniform(0, 0.05))
            for _ in range(ATTEMPTS):
                if not (rest := self.changes_towards(pbx, wanted)):
                    break
                # What the killed process had begun may still come about, and makes the first of these stale.
                assert {result.status for result in pbx.open().apply(iter(rest))} <= {
                    ChangeStatus.DONE,
                    ChangeStatus.STALE,
                }
            assert pbx.read_holdings() == wanted

    def test_undo_brings_back_all_that_the_pbx_keeps(self, fill: Fill) -> None:
        """Also what linecard never reads, except for what `not_undone` names."""
        pbx = fill(*self.hard_entries())
        if not isinstance(pbx.source, SupportsSnapshot):
            pytest.skip(f"{MISSING}what `new_pbx` gives has no `snapshot`")
        was = self.drop_not_undone(pbx.source.snapshot())
        changes = self.hard_changes(several=Can.SEVERAL in pbx.can)
        assert set(pbx.statuses(*changes)) == {ChangeStatus.DONE}
        assert self.drop_not_undone(pbx.source.snapshot()) != was, "a snapshot shows what was changed"
        assert set(pbx.statuses(*invert(changes))) == {ChangeStatus.DONE}
        assert self.drop_not_undone(pbx.source.snapshot()) == was
        assert all(self.not_undone.values()), "what is not undone has its reason"

    def drop_not_undone(self, snapshot: object) -> object:
        """A snapshot without what `not_undone` names."""
        return snapshot

    def changes_towards(self, pbx: Subject, wanted: Mapping[str, Holding]) -> list[Change]:
        """What makes the PBX this, from what it holds now."""
        now = pbx.read_holdings()
        vacant = self.holding()
        names = sorted(now.keys() | wanted.keys())
        left = [
            (name, now.get(name, vacant), held)
            for name in names
            if (held := wanted.get(name, vacant)) != now.get(name, vacant)
        ]
        return list(order_changes(PBX, lambda: left, several=Can.SEVERAL in pbx.can))


def kill_after(pbx: Subject, changes: Sequence[Change], seconds: float) -> None:
    """Apply in a process that is killed so long after it has begun, if it is not done by then."""
    begun, begin = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - nothing returns from here
        try:
            backend = pbx.open()
            os.write(begin, b"b")
            list(backend.apply(iter(changes)))
        finally:
            os._exit(0)
    os.close(begin)
    os.read(begun, 1)
    select.select([], [], [], seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(begun)
