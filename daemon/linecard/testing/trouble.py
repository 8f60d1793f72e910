"""What a PBX in memory does wrong when a test asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from linecard.api.backend import Change
from linecard.testing.memory import MemoryPbx


def _obeys(_: Change) -> str:
    return ""


def _never(_: Change) -> bool:
    return False


def _nobody(_: MemoryPbx, __: Change) -> None:
    return


@dataclass(frozen=True, slots=True)
class Silence:
    """The PBX stops answering at the `at`-th change that this backend is to make, counted from 1.

    `made` says whether that change was made although no answer came back. After a `lasting` silence this backend
    cannot read either; without it, reading works again, as after a restart. A new backend on the same PBX is the PBX
    come back.
    """

    at: int
    made: bool = False
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a `MemoryBackend` does wrong; by default nothing.

    - `refuses`: the words with which the PBX refuses a change; empty words let it pass.
    - `silence`: when the PBX stops answering, which is a `BackendError`.
    - `meddles`: is given the PBX before each change is looked at, to change it as somebody else would.
    - `pretends`: for which changes it says done and makes nothing.
    - `forgets`: for which changes it makes them and says nothing. One that it also pretends is neither made nor said.
    """

    refuses: Callable[[Change], str] = _obeys
    silence: Silence | None = None
    meddles: Callable[[MemoryPbx, Change], None] = _nobody
    pretends: Callable[[Change], bool] = _never
    forgets: Callable[[Change], bool] = _never


NO_TROUBLE = Trouble()
