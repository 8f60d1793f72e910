"""The backend of a PBX in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from linecard.api import Alert
from linecard.api.backend import BackendError, Caveat, Change, ChangeStatus, Entry, Forecast, Result, Scope
from linecard.testing.memory import MemoryPbx
from linecard.testing.pbx_faults import PbxFault
from linecard.testing.trouble import NO_TROUBLE, Trouble

SILENT = "the PBX does not answer"
REMEDY = "Ask the test that made it so."
MOST_LOOKS = 10
"""How often it looks whether the PBX shows a change."""


class MemoryBackend:
    """A backend on a PBX in memory, for tests of whatever uses backends.

    It does what the port promises, whatever the PBX is made to do wrong by `MemoryPbx.cause`, and, beyond that, what
    `trouble` asks for. `group` is how many changes it takes
    before it makes them and gives the first result: 1 for a PBX that is told of each change, a large number for
    one that is loaded in bulk. `closed` is whether it was closed; using it then is a bug and raises `RuntimeError`.

        pbx = MemoryPbx([Entry("1000", "ada@example.org")])
        backend = MemoryBackend(pbx, trouble=Trouble(silence=Silence(at=2, made=True)))
    """

    def __init__(self, pbx: MemoryPbx | None = None, *, trouble: Trouble = NO_TROUBLE, group: int = 1) -> None:
        self.pbx = MemoryPbx() if pbx is None else pbx
        self.can = self.pbx.can
        self.closed = False
        self._trouble = trouble
        self._group = group
        self._begun = 0
        self._silent = False

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope, as all of them were when the first was taken."""
        self._ask()
        yield from self.pbx.entries(scope)

    def members(self, scope: Scope) -> Iterator[str]:
        """Logins that exist: all, or those named."""
        self._ask()
        yield from self.pbx.logins(scope)

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Make the changes, `group` at a time."""
        source = iter(changes)
        while group := list(islice(source, self._group)):
            self._ask()
            results = [self._make(change) for change in group]
            yield from (result for result in results if not self._trouble.forgets(result.change))

    def precheck(self, changes: Sequence[Change]) -> Iterator[Caveat]:
        """What the PBX has to say of the extensions of these changes."""
        self._ask()
        extensions = {change.extension for change in changes}
        yield from (caveat for caveat in self.pbx.caveats if caveat.extension in extensions)

    def forecast(self, changes: Iterable[Change]) -> Forecast:
        """How long the PBX takes for so many changes, and its notes."""
        self._ask()
        return Forecast(sum(1 for _ in changes) * self.pbx.seconds_per_change, self.pbx.notes)

    def examine(self) -> Iterator[Alert]:
        """Whether the PBX answers."""
        try:
            self._ask()
        except BackendError as error:
            yield Alert("answers", str(error), error.remedy)

    def close(self) -> None:
        """Nothing is held open; it is remembered that this was asked for."""
        self.closed = True

    def _ask(self) -> None:
        if self.closed:
            raise RuntimeError("this backend was used after close()")
        while self.pbx.switch.strikes(PbxFault.RATE_LIMITED):
            continue  # in memory nobody need wait before asking again
        if self._silent or self.pbx.switch.strikes(PbxFault.UNREACHABLE, PbxFault.SILENT):
            raise BackendError(SILENT, remedy=REMEDY)

    def _make(self, change: Change) -> Result:
        self._begun += 1
        silence = self._trouble.silence
        if silence is not None and silence.at == self._begun:
            self._silent = silence.lasting
            if silence.made:
                self._answer(change)
            raise BackendError(SILENT)
        self._ask()
        return self._answer(change)

    def _answer(self, change: Change) -> Result:
        self._trouble.meddles(self.pbx, change)
        now = self.pbx.holding(change.extension)
        if now != change.before:
            return Result(change, ChangeStatus.STALE, f"{change.extension} is held by {now.member or 'nobody'} now")
        if now == change.after:
            return Result(change, ChangeStatus.DONE)
        if words := self._trouble.refuses(change) or self.pbx.refusal(change):
            return Result(change, ChangeStatus.FAILED, words)
        if not self._trouble.pretends(change):
            self.pbx.make(change)
            return self._settle(change, is_answered=not self.pbx.switch.strikes(PbxFault.ANSWER_LOST))
        return Result(change, ChangeStatus.DONE)

    def _settle(self, change: Change, *, is_answered: bool) -> Result:
        """What became of a change that was sent: nothing is done before the PBX shows it."""
        for _ in range(MOST_LOOKS):
            shown = next(self.pbx.entries(Scope(extensions=frozenset({change.extension}))), None)
            if shown is not None and shown.holding == change.after:
                return Result(change, ChangeStatus.DONE)
        words = "the PBX does not show it" if is_answered else "the PBX did not answer"
        return Result(change, ChangeStatus.UNKNOWN, words)
