"""What a backend makes of a PBX that does wrong: each fault while it reads, and while it makes changes."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import ClassVar

import pytest

from linecard.api.backend import (
    BackendError,
    Change,
    ChangeStatus,
    Result,
    Scope,
    SupportsExamine,
)
from linecard.testing.contract.changes import record_taken
from linecard.testing.contract.interruption import HardChanges
from linecard.testing.contract.subject import Fill, Subject
from linecard.testing.pbx_faults import PbxFault

NOT_REFUSED = {ChangeStatus.DONE, ChangeStatus.UNKNOWN}


class FaultMatrix(HardChanges):
    """What linecard expects of a backend when its PBX, or the way to it, fails. `BackendContract` is where all is well.

    Subclass both. What `new_pbx` gives must have `cause` (see `SupportsFaults`). May be set in the subclass:

    - `spared`: faults that cannot happen to such a PBX, each with the reason;
    - `patience`: seconds within which the backend must have given up; set its time-outs low for the tests.
    """

    patience: ClassVar[float] = 30.0
    spared: ClassVar[Mapping[PbxFault, str]] = {}

    def test_a_pbx_that_cannot_be_reached_is_an_error_with_a_remedy(self, fill: Fill) -> None:
        """Whatever it is asked; nothing is yielded, and the same backend works again when the PBX is back."""
        self.assert_error(fill, PbxFault.UNREACHABLE)

    def test_a_pbx_that_says_nothing_is_an_error_in_time(self, fill: Fill) -> None:
        """Time-out: it is not waited for for ever."""
        self.assert_error(fill, PbxFault.SILENT)

    @pytest.mark.parametrize("fault", [PbxFault.UNREACHABLE, PbxFault.SILENT])
    def test_a_pbx_that_dies_in_the_middle_leaves_what_was_yielded_made(self, fill: Fill, fault: PbxFault) -> None:
        """An error, no refusals; and the rest can be made when it is back."""
        pbx = self.filled(fill, fault)
        changes = self.hard_changes(several=False)
        with pbx.cause(fault, after=2):
            results, taken, error = apply_all(pbx, changes)
        assert error is not None or any(result.status is ChangeStatus.UNKNOWN for result in results)
        self.assert_settled(pbx, changes, results, taken)

    @pytest.mark.parametrize("after", [0, 2])
    def test_a_change_whose_answer_was_lost_is_not_sent_twice(self, fill: Fill, after: int) -> None:
        """Done if reading it back tells, unknown, or an error: never failed or stale, as a second request would be."""
        pbx = self.filled(fill, PbxFault.ANSWER_LOST)
        changes = self.hard_changes(several=False)
        with pbx.cause(PbxFault.ANSWER_LOST, after):
            results, taken, _ = apply_all(pbx, changes)
        self.assert_settled(pbx, changes, results, taken)

    @pytest.mark.parametrize("after", [0, 2])
    def test_a_rate_limit_is_not_a_refusal(self, fill: Fill, after: int) -> None:
        """Asked to wait, it waits, or gives up as a whole: no change fails for it, and none is lost."""
        pbx = self.filled(fill, PbxFault.RATE_LIMITED)
        changes = self.hard_changes(several=False)
        with pbx.cause(PbxFault.RATE_LIMITED, after):
            results, taken, error = apply_all(pbx, changes)
        assert error is not None or [result.status for result in results] == [ChangeStatus.DONE] * len(changes)
        self.assert_settled(pbx, changes, results, taken)

    def test_a_rate_limit_is_not_an_empty_pbx(self, fill: Fill) -> None:
        """Read in full, or an error."""
        pbx = self.filled(fill, PbxFault.RATE_LIMITED)
        was = pbx.read_holdings()
        with pbx.cause(PbxFault.RATE_LIMITED):
            try:
                found = pbx.read_holdings(pbx.backend)
            except BackendError:
                return
        assert found == was

    def test_a_change_is_not_done_before_the_pbx_shows_it(self, fill: Fill) -> None:
        """A PBX that shows changes seconds later: what is yielded as done is seen; what builds on it is not stale."""
        pbx = self.filled(fill, PbxFault.SHOWN_LATE)
        changes = self.hard_changes(several=False)
        results: list[Result] = []
        with pbx.cause(PbxFault.SHOWN_LATE):
            for result in pbx.backend.apply(iter(changes)):
                results.append(result)
                if result.status is ChangeStatus.DONE:
                    scope = Scope(extensions=frozenset({result.change.extension}))
                    later = [change.after for change in changes[result.change.seq - 1 :]]
                    (entry,) = pbx.open().fetch(scope)
                    assert entry.holding in later, "it was yielded as done"
        self.assert_settled(pbx, changes, results, len(changes))

    def test_what_the_pbx_only_pretends_to_have_made_is_read_as_it_is(self, fill: Fill) -> None:
        """Read-back: `fetch` gives what the PBX holds, not what it was sent."""
        pbx = self.filled(fill, PbxFault.PRETENDED)
        was = pbx.read_holdings()
        with pbx.cause(PbxFault.PRETENDED):
            apply_all(pbx, self.hard_changes(several=False)[:1])
        assert pbx.read_holdings(pbx.backend) == was
        assert pbx.read_holdings() == was

    def test_it_says_what_is_wrong_with_its_pbx(self, fill: Fill) -> None:
        """`examine`: nothing of a PBX that is well, something of one that is not there, with a remedy; no change."""
        pbx = self.filled(fill, PbxFault.UNREACHABLE)
        was = pbx.read_holdings()
        assert isinstance(pbx.backend, SupportsExamine), "it has no `examine`"
        assert list(pbx.backend.examine()) == []
        with pbx.cause(PbxFault.UNREACHABLE):
            try:
                said = [(alert.message, alert.remedy) for alert in pbx.backend.examine()]
            except BackendError as error:
                said = [(str(error), error.remedy)]
        assert said, "nothing is said of a PBX that is not there"
        assert all(message and remedy for message, remedy in said)
        assert pbx.read_holdings() == was

    # -- what it is tried on -------------------------------------------------------------------------------------

    def filled(self, fill: Fill, fault: PbxFault) -> Subject:
        """A PBX to which this may happen."""
        if fault in self.spared:
            assert self.spared[fault], "what is spared has its reason"
            pytest.skip(f"{fault} cannot be: {self.spared[fault]}")
        return fill(*self.hard_entries())

    def assert_error(self, fill: Fill, fault: PbxFault) -> None:
        pbx = self.filled(fill, fault)
        was, changes = pbx.read_holdings(pbx.backend), self.hard_changes(several=False)
        questions: list[Callable[[], object]] = [
            lambda: list(pbx.backend.fetch(Scope.everything())),
            lambda: list(pbx.backend.fetch(Scope(extensions=frozenset({self.extension(0)})))),
            lambda: next(iter(pbx.backend.apply(iter(changes)))),
        ]
        with pbx.cause(fault):
            for ask in questions:
                began = monotonic()
                with pytest.raises(BackendError) as caught:
                    ask()
                assert monotonic() - began < self.patience, "it took too long to give up"
                assert str(caught.value).strip(), "an error says what is wrong"
                assert caught.value.remedy, "an error has a remedy"
        assert pbx.read_holdings(pbx.backend) == was, "the same backend works again"
        self.can_be_finished(pbx, changes)

    def assert_settled(self, pbx: Subject, changes: list[Change], results: list[Result], taken: int) -> None:
        """None was refused, what was said to be done is done, and the rest can be made."""
        refused = [result for result in results if result.status not in NOT_REFUSED]
        assert refused == [], "it can be made: a fault of the PBX is no refusal"
        done = [result.change for result in results if result.status is ChangeStatus.DONE]
        least = next((n for n, change in enumerate(changes) if change not in done), len(changes))
        self.stands_between(pbx, changes, least, taken)
        self.can_be_finished(pbx, changes)


def apply_all(pbx: Subject, changes: list[Change]) -> tuple[list[Result], int, BackendError | None]:
    """The results, how many changes were taken, and what ended it."""
    taken: list[Change] = []
    results: list[Result] = []
    try:
        results.extend(pbx.backend.apply(record_taken(changes, taken)))
    except BackendError as error:
        return results, len(taken), error
    return results, len(taken), None
