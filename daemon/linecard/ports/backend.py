"""The PBX port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from linecard.model.alert import Alert
from linecard.model.directory import Change, Entry, Scope
from linecard.model.forecast import Forecast
from linecard.model.outcome import Caveat, Result


class Can(StrEnum):
    """What a backend can do; planner, tests and docs read these words."""

    CREATE_EXTENSIONS = "create_extensions"
    """An extension within the PBX's ranges that does not exist yet is made when it is first attached."""
    CREATE_MEMBERS = "create_members"
    """A member that the PBX does not know yet is made when first attached."""
    SEVERAL = "several"
    """A member may hold several extensions, also for the moment of a move or a swap."""
    SEVERAL_NUMBERS = "several_numbers"
    """An extension may have several public numbers."""


class Backend(Protocol):
    """One PBX. Any method may raise `BackendError` when the PBX does not answer."""

    @property
    def can(self) -> frozenset[Can]:
        """What it can do: always the same while it lives."""
        ...

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        """Who holds what, now: one `Entry` for each extension that exists and lies in the scope, in any order."""
        ...

    def members(self, scope: Scope) -> Iterator[str]:
        """Logins that exist, lower case: all, or those named. Not asked of a backend that creates members."""
        ...

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Make the changes, in order, each only if its extension still is `before` (else `STALE`).

        A generator. Taking a change from `changes` means that the intent to make it has been committed; yielding
        its `Result` means that the effect is durable. One by one, side by side, in bulk, or one reload at the end all
        fit, as long as a change comes after those it builds upon: earlier ones of the same extension, member or number.
        `UNKNOWN` says of a change that it was asked for, that reading the PBX does not show it, and that it may still
        come about. A change taken but never mentioned becomes `unknown` unless reading it back tells.
        """
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...


@runtime_checkable
class SupportsPrecheck(Protocol):
    """A backend that knows more of a change than who holds what: which changes need a person, and what of the PBX they
    leave as it is."""

    def precheck(self, changes: Sequence[Change]) -> Iterator[Caveat]:
        """What there is to say of changes that give an extension another holder or none, or take a number from it.

        Asked whenever these are planned; and of those that take something away once more before the first change of an
        approved plan is sent: where it holds one then for another reason than before, nothing is sent. Changes nothing.
        """
        ...


@runtime_checkable
class SupportsForecast(Protocol):
    """A backend that knows what the changes of a plan come to as a whole: how long they take, what they cost."""

    def forecast(self, changes: Iterable[Change]) -> Forecast:
        """What there is to say of all these changes, which may be very many: take them one by one.

        Asked once for each plan that has changes; the plan is shown with it and kept with it. Changes nothing. A
        `BackendError` stops no plan.
        """
        ...


@runtime_checkable
class SupportsExamine(Protocol):
    """A backend that can look its PBX over; `linecard doctor` tells what it finds."""

    def examine(self) -> Iterator[Alert]:
        """Everything that is not as linecard needs it. Changes nothing."""
        ...


class PhoneSecret(NamedTuple):
    """What a phone logs in with."""

    username: str
    secret: str


@runtime_checkable
class SupportsSecrets(Protocol):
    """A backend that makes secrets for phones and keeps each until it is read; see `linecard secret`."""

    def secret(self, extension: str) -> PhoneSecret | None:
        """The secret that waits for whoever sets the phone up, and the user name that goes with it, which need not be
        the extension. It is given once: the next answer is None."""
        ...
