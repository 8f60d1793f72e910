"""What a backend does with changes that can be made."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from linecard.api.backend import VACANT, Can, Change, ChangeStatus, Entry, Holding
from linecard.rules.order import order_changes
from linecard.testing.contract.subject import PBX, Fill, Names, Subject, holdings, invert

HOLDINGS = [
    pytest.param((None, None), (0, None), id="linked"),
    pytest.param((None, 0), (0, 0), id="linked, its number kept"),
    pytest.param((None, None), (0, 0), id="linked with a number"),
    pytest.param((0, None), (None, None), id="released"),
    pytest.param((0, 0), (None, 0), id="released, its number kept"),
    pytest.param((0, 0), (None, None), id="released, its number gone"),
    pytest.param((0, None), (1, None), id="taken over"),
    pytest.param((0, 0), (1, 0), id="taken over with its number"),
    pytest.param((0, 0), (1, 1), id="taken over with another number"),
    pytest.param((0, None), (0, 0), id="given a number"),
    pytest.param((0, 0), (0, 1), id="given another number"),
    pytest.param((0, 0), (0, None), id="its number gone"),
    pytest.param((None, 0), (None, 1), id="vacant, given another number"),
    pytest.param((0, 0), (0, 0, 1), id="given a second number"),
    pytest.param((None, None), (0, 0, 1, 2), id="linked with three numbers"),
    pytest.param((0, 0, 1, 2), (0, 0, 2), id="one of its numbers gone"),
    pytest.param((0, 0, 1), (0, 0, 2), id="one of its numbers exchanged"),
    pytest.param((0, 0, 1), (1, 0, 1), id="taken over with all its numbers"),
    pytest.param((0, 0, 1), (None, 0, 1), id="released, all its numbers kept"),
    pytest.param((None, 0, 1), (0, 0, 1, 2), id="linked, its numbers kept, and given one more"),
    pytest.param((0, 0, 1, 2), (1, 3), id="taken over, all its numbers exchanged for one"),
    pytest.param((0, 0, 1), (0, None), id="all its numbers gone"),
]


class ChangeContract(Names):
    """`apply`, where nothing stands in the way."""

    def test_no_changes_are_no_work(self, fill: Fill) -> None:
        """No result, nothing changed."""
        pbx = fill(self.entry(0, 0, 0))
        assert pbx.apply() == []
        assert pbx.read_holdings() == self.directory(self.entry(0, 0, 0))

    def test_nothing_is_taken_before_a_result_is_asked_for(self, fill: Fill) -> None:
        """Taking a change means that it was intended; a generator that nobody runs intends nothing."""
        pbx = fill(self.entry(0, 0))
        taken: list[Change] = []
        applying = pbx.backend.apply(record_taken([self.change(1, 0, self.holding(0), VACANT)], taken))
        del applying
        assert taken == []
        assert pbx.read_holdings() == self.directory(self.entry(0, 0))

    @pytest.mark.parametrize(("before", "after"), HOLDINGS)
    def test_a_change_makes_its_extension_what_it_says(
        self, fill: Fill, before: tuple[int | None, ...], after: tuple[int | None, ...]
    ) -> None:
        """Holder and numbers, each of which may come, go, change or stay; and no other extension."""
        several = Can.SEVERAL_NUMBERS in fill().can
        if not several and max(len(before), len(after)) > 2:
            pytest.skip(f"the backend has no {Can.SEVERAL_NUMBERS}")
        other = self.entry(1, 5, 5, 6) if several else self.entry(1, 5, 5)
        pbx = fill(self.entry(0, *before), other, members=[self.member(0), self.member(1)])
        assert pbx.statuses(self.change(1, 0, self.holding(*before), self.holding(*after))) == [ChangeStatus.DONE]
        assert pbx.read_holdings() == self.directory(self.entry(0, *after), other)
        assert pbx.read_holdings(pbx.backend) == pbx.read_holdings(), "the backend that made it sees it too"

    def test_a_number_moves_from_among_several_to_among_several(self, fill: Fill) -> None:
        """The others stay where they are."""
        fill().needs(Can.SEVERAL_NUMBERS)
        pbx = fill(self.entry(0, 0, 0, 1, 2), self.entry(1, 1, 3, 4))
        statuses = pbx.statuses(
            self.change(1, 0, self.holding(0, 0, 1, 2), self.holding(0, 0, 2)),
            self.change(2, 1, self.holding(1, 3, 4), self.holding(1, 1, 3, 4)),
        )
        assert statuses == [ChangeStatus.DONE, ChangeStatus.DONE]
        assert pbx.read_holdings() == self.directory(self.entry(0, 0, 0, 2), self.entry(1, 1, 1, 3, 4))

    def test_a_change_that_changes_nothing_is_done(self, fill: Fill) -> None:
        """It asks for what is so."""
        pbx = fill(self.entry(0, 0, 0))
        assert pbx.statuses(self.change(1, 0, self.holding(0, 0), self.holding(0, 0))) == [ChangeStatus.DONE]
        assert pbx.read_holdings() == self.directory(self.entry(0, 0, 0))

    def test_changes_sent_again_are_not_made_again(self, fill: Fill) -> None:
        """As after a crash: `done`, for it is so already, or `stale`; and what came in between is not overwritten."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1), self.entry(2), members=[self.member(2)])
        changes = [
            self.change(1, 0, self.holding(0, 0), self.holding(None, 0)),
            self.change(2, 1, self.holding(1), self.holding(1, 1)),
            self.change(3, 2, VACANT, self.holding(2)),
        ]
        assert pbx.statuses(*changes) == [ChangeStatus.DONE] * 3
        made = pbx.read_holdings()
        assert set(pbx.statuses(*changes)) <= {ChangeStatus.DONE, ChangeStatus.STALE}
        assert pbx.read_holdings() == made
        list(pbx.open().apply([self.change(1, 2, self.holding(2), self.holding(2, 2))]))
        assert set(pbx.statuses(*changes)) <= {ChangeStatus.DONE, ChangeStatus.STALE}
        assert pbx.read_holdings() == {**made, self.extension(2): self.holding(2, 2)}

    def test_changes_are_made_in_order(self, fill: Fill) -> None:
        """One that builds on an earlier one of the same extension finds it made; results of it come in order."""
        pbx = fill(self.entry(0, 0), members=[self.member(1), self.member(2)])
        steps = [self.holding(0), self.holding(1), self.holding(1, 1), VACANT, self.holding(2, 2)]
        changes = [self.change(seq, 0, *pair) for seq, pair in enumerate(pairwise(steps), start=1)]
        assert [(r.change, r.status) for r in pbx.apply(*changes)] == [
            (change, ChangeStatus.DONE) for change in changes
        ]
        assert pbx.read_holdings() == self.directory(self.entry(0, 2, 2))

    def test_each_change_taken_has_one_result(self, fill: Fill) -> None:
        """Whatever the number of changes."""
        pbx = fill(*(self.entry(n, n) for n in range(self.many)))
        changes = [self.change(n + 1, n, self.holding(n), self.holding(None, n)) for n in range(self.many)]
        assert pbx.statuses(*changes) == [ChangeStatus.DONE] * self.many
        assert pbx.read_holdings() == self.directory(*(self.entry(n, None, n) for n in range(self.many)))

    def test_what_is_yielded_as_done_is_durable(self, fill: Fill) -> None:
        """At the moment of a result, another backend on the same PBX sees its effect."""
        pbx = fill(self.entry(0, 0), self.entry(1, 1, 1), self.entry(2), members=[self.member(2)])
        changes = [
            self.change(1, 0, self.holding(0), VACANT),
            self.change(2, 1, self.holding(1, 1), self.holding(1)),
            self.change(3, 2, VACANT, self.holding(2, 2)),
        ]
        seen = 0
        for result in pbx.backend.apply(iter(changes)):
            assert result.status is ChangeStatus.DONE
            assert pbx.read_holdings().get(result.change.extension, VACANT) == result.change.after
            seen += 1
        assert seen == len(changes)

    def test_two_people_exchange_their_extensions(self, fill: Fill) -> None:
        """A swap, in the order that the planner gives it for what this backend can."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1, 1))
        self.becomes(pbx, [self.entry(0, 0, 0), self.entry(1, 1, 1)], [self.entry(0, 1, 0), self.entry(1, 0, 1)])

    def test_numbers_move_along_a_chain(self, fill: Fill) -> None:
        """Each extension gives its number to the next."""
        pbx = fill(*(self.entry(n, n, n) for n in range(5)))
        moved = [self.entry(0, 0), *(self.entry(n, n, n - 1) for n in range(1, 5))]
        self.becomes(pbx, [self.entry(n, n, n) for n in range(5)], moved)

    def test_numbers_and_members_go_round_in_a_ring(self, fill: Fill) -> None:
        """Numbers one way, members the other; no number is ever in two places."""
        was = [self.entry(n, n, n) for n in range(5)]
        pbx = fill(*was)
        self.becomes(pbx, was, [self.entry(n, (n + 1) % 5, (n - 1) % 5) for n in range(5)])

    def test_an_extension_is_taken_over_by_one_who_leaves_another(self, fill: Fill) -> None:
        """What `force_attach` comes to: the holder loses it, the old extension of the new holder is freed."""
        was = [self.entry(0, 0, 0), self.entry(1, 1, 1)]
        pbx = fill(*was)
        self.becomes(pbx, was, [self.entry(0, 1, 0), self.entry(1, None, 1)])

    def test_a_member_may_hold_several_extensions(self, fill: Fill) -> None:
        """Where the backend says so, for good as well as for a moment."""
        fill().needs(Can.SEVERAL)
        pbx = fill(self.entry(0, 0), self.entry(1), self.entry(2))
        changes = [self.change(n, n, VACANT, self.holding(0)) for n in (1, 2)]
        assert pbx.statuses(*changes) == [ChangeStatus.DONE, ChangeStatus.DONE]
        assert pbx.read_holdings() == self.directory(self.entry(0, 0), self.entry(1, 0), self.entry(2, 0))

    def test_an_extension_is_made_when_it_is_first_attached(self, fill: Fill) -> None:
        """Where the backend says so; with a holder, with a number, or with both."""
        pbx = fill(members=[self.member(0), self.member(2)])
        pbx.needs(Can.CREATE_EXTENSIONS)
        made = [self.entry(0, 0), self.entry(1, None, 1), self.entry(2, 2, 2)]
        self.becomes(pbx, [], made)

    def test_a_member_is_made_when_first_attached(self, fill: Fill) -> None:
        """Where the backend says so."""
        pbx = fill(self.entry(0), self.entry(1, 1))
        pbx.needs(Can.CREATE_MEMBERS)
        self.becomes(pbx, [self.entry(0), self.entry(1, 1)], [self.entry(0, 0), self.entry(1, 2)])

    def test_undo_puts_everything_back(self, fill: Fill) -> None:
        """Before and after exchanged, in the opposite order."""
        was = [self.entry(0, 0, 0), self.entry(1, 1, 1), self.entry(2, None, 2), self.entry(3, 3), self.entry(4)]
        shall = [self.entry(0, 1, 1), self.entry(1, 0, 2), self.entry(2, 3, 0), self.entry(3), self.entry(4, 4, 4)]
        pbx = fill(*was, members=[self.member(4)])
        changes = self.becomes(pbx, was, shall)
        assert set(pbx.statuses(*invert(changes))) == {ChangeStatus.DONE}
        assert pbx.read_holdings() == self.directory(*was)

    def test_what_was_undone_can_be_done_again(self, fill: Fill) -> None:
        """The same changes a second time, a day later."""
        was, shall = [self.entry(0, 0, 0), self.entry(1, 1)], [self.entry(0, 1), self.entry(1, 0, 0)]
        pbx = fill(*was)
        changes = self.becomes(pbx, was, shall)
        pbx.statuses(*invert(changes))
        assert set(pbx.statuses(*changes)) == {ChangeStatus.DONE}
        assert pbx.read_holdings() == self.directory(*shall)

    def test_a_backend_may_be_closed_twice(self, fill: Fill) -> None:
        """And without having been used, and with a generator half run; the PBX keeps what was made."""
        pbx = fill(self.entry(0, 0), self.entry(1, 1))
        unused = pbx.open()
        unused.close()
        unused.close()
        applying = pbx.backend.apply(iter([self.change(1, 0, self.holding(0), VACANT)]))
        assert next(applying).status is ChangeStatus.DONE
        pbx.backend.close()
        pbx.backend.close()
        assert pbx.read_holdings() == self.directory(self.entry(1, 1))

    def becomes(self, pbx: Subject, was: list[Entry], shall: list[Entry]) -> list[Change]:
        """Make one directory the other, by the planner's own order; each change is done. The changes."""
        before, wanted = holdings(was), holdings(shall)
        differences: list[tuple[str, Holding, Holding]] = [
            (extension, before.get(extension, VACANT), holding)
            for extension, holding in wanted.items()
            if before.get(extension, VACANT) != holding
        ]
        changes = list(order_changes(PBX, lambda: differences, several=Can.SEVERAL in pbx.can))
        assert pbx.statuses(*changes) == [ChangeStatus.DONE] * len(changes)
        assert pbx.read_holdings() == self.directory(*shall)
        return changes


def record_taken(changes: list[Change], taken: list[Change]) -> Iterator[Change]:
    """The changes, each noted when it is taken."""
    for change in changes:
        taken.append(change)
        yield change
