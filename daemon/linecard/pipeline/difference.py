"""The difference between the plan that a person approved and the one that came out when it was planned again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import sqlalchemy as sa

from linecard.model.outcome import Outcome
from linecard.model.run import Hold, Run
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.store.attempts import Attempts
from linecard.store.journal import PAGE, Journal
from linecard.store.row_codec import Packed, decode_row
from linecard.store.store import Store

NOT_AS_APPROVED = FaultCode.NOT_AS_APPROVED.value
"""Also the kind of the hold."""
NAMED = 10
"""Lines that are named in the sentence why the plan waits; each has a warning of its own besides."""


class Difference:
    """Which rows come to something else than in the attempt that a person has `seen`.

    Of a run that was `begun`, rows that somebody else has done meanwhile do not count: the same end is reached.
    """

    def __init__(self, store: Store, run: Run, seen: int, attempt: int, *, begun: bool) -> None:
        self._attempts = Attempts(store, run.id)
        self._seen, self._attempt, self._begun = seen, attempt, begun
        self._first: list[int] = []
        self.count = 0
        """How many rows differ."""
        for was, _now in self._pairs():
            self.count += 1
            if self.count <= NAMED:
                self._first.append(was[0])

    def _pairs(self) -> Iterator[tuple[Packed, Packed]]:
        return self._attempts.differences(self._seen, self._attempt, made_by_others=not self._begun)

    @property
    def hold(self) -> Hold:
        """Why the new plan waits."""
        lines = ", ".join(map(str, self._first)) + (", ..." if self.count > NAMED else "")
        if not self.count:
            message = "The changes differ from those in the approved plan."
        elif self.count == 1:
            message = f"1 row now differs from the approved plan: line {lines}."
        else:
            message = f"{self.count} rows now differ from the approved plan: lines {lines}."
        return Hold("", NOT_AS_APPROVED, self.count, 0.0, "", message)

    def note(self, connection: sa.Connection, journal: Journal) -> None:
        """Write beside each of these rows what it was in the plan that was approved."""
        faults = (_fault(was) for was, _now in self._pairs())
        while page := list(islice(faults, PAGE)):
            journal.add_faults(connection, self._attempt, page)


def _fault(packed: Packed) -> Fault:
    return Fault(
        packed[0],
        "",
        "",
        FaultCode.NOT_AS_APPROVED,
        Severity.WARNING,
        f"In the approved plan this row was {_words(packed)}.",
        "The PBX has changed since. Approve the new plan if it is right, or discard the run.",
    )


def _words(packed: Packed) -> str:
    """An outcome with its code, the extensions that it concerned, and who held them: in no language."""
    row, verdict, _ = decode_row(packed)
    if verdict.outcome is Outcome.DONE:
        holders = [(effect.extension, effect.before.member) for effect in verdict.effects]
    else:
        holders = [(verdict.other or row.extension, verdict.holder)]
    named = [
        f"{extension} ({holder})" if holder and holder != row.member else extension
        for extension, holder in holders
        if extension
    ]
    return " ".join((verdict.outcome, verdict.code, ", ".join(named))).rstrip()
