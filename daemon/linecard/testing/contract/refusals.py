"""What a backend does with changes that cannot be made: it says so, each one by itself, and makes the others."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

from linecard.api.backend import VACANT, Can, Change, ChangeStatus, Scope
from linecard.testing.contract.subject import Fill, Names, Subject


class RefusalContract(Names):
    """`apply`, where something stands in the way. Nothing here is an exception."""

    def test_a_change_is_made_only_if_its_extension_still_is_as_planned(self, fill: Fill) -> None:
        """Another holder, none, another number, none: stale, and left as it is. The others are made."""
        was = [self.entry(0, 0, 0), self.entry(1, 1, 1), self.entry(2, 2), self.entry(3, 3, 3), self.entry(4)]
        pbx = fill(*was, members=[self.member(9)])
        statuses = pbx.statuses(
            self.change(1, 0, self.holding(9, 0), VACANT),
            self.change(2, 1, self.holding(1, 9), VACANT),
            self.change(3, 2, self.holding(2, 2), VACANT),
            self.change(4, 3, self.holding(3, 3), VACANT),
            self.change(5, 4, self.holding(9), VACANT),
        )
        assert statuses == [
            ChangeStatus.STALE,
            ChangeStatus.STALE,
            ChangeStatus.STALE,
            ChangeStatus.DONE,
            ChangeStatus.STALE,
        ]
        assert pbx.read_holdings() == self.directory(*was[:3])

    def test_the_exact_set_of_numbers_is_what_a_change_rests_on(self, fill: Fill) -> None:
        """One more, one less, another one: stale, and all numbers stay."""
        fill().needs(Can.SEVERAL_NUMBERS)
        was = [self.entry(n, n, 3 * n, 3 * n + 1) for n in range(4)]
        pbx = fill(*was)
        statuses = pbx.statuses(
            self.change(1, 0, self.holding(0, 0), self.holding(0)),
            self.change(2, 1, self.holding(1, 3, 4, 5), self.holding(1)),
            self.change(3, 2, self.holding(2, 6, 8), self.holding(2)),
            self.change(4, 3, self.holding(3, 9, 10), self.holding(3, 10)),
        )
        assert statuses == [ChangeStatus.STALE, ChangeStatus.STALE, ChangeStatus.STALE, ChangeStatus.DONE]
        assert pbx.read_holdings() == self.directory(*was[:3], self.entry(3, 3, 10))

    def test_a_further_number_in_use_is_refused(self, fill: Fill) -> None:
        """Wherever it stands among those of the other, and among those that are wanted."""
        fill().needs(Can.SEVERAL_NUMBERS)
        was = [self.entry(0, 0, 1, 2), self.entry(1, 1, 4), self.entry(2, 2), self.entry(3, 3, 5)]
        pbx = fill(*was)
        statuses = pbx.statuses(
            self.change(1, 1, self.holding(1, 4), self.holding(1, 2, 4)),
            self.change(2, 2, self.holding(2), self.holding(2, 2)),
            self.change(3, 3, self.holding(3, 5), self.holding(3, 4, 5, 6)),
        )
        assert statuses == [ChangeStatus.FAILED] * 3
        assert pbx.read_holdings() == self.directory(*was)

    def test_an_extension_taken_meanwhile_is_not_free_any_more(self, fill: Fill) -> None:
        """Planned as vacant, held by somebody now: stale, and the holder keeps it."""
        pbx = fill(self.entry(0, 0), self.entry(1, None, 1), members=[self.member(9)])
        statuses = pbx.statuses(self.change(1, 0, VACANT, self.holding(9)), self.change(2, 1, VACANT, self.holding(9)))
        assert statuses == [ChangeStatus.STALE, ChangeStatus.STALE]
        assert pbx.read_holdings() == self.directory(self.entry(0, 0), self.entry(1, None, 1))

    def test_an_extension_that_is_gone_is_stale(self, fill: Fill) -> None:
        """One that the plan saw held and that the PBX does not have is not made anew."""
        pbx = fill(self.entry(1, 1), members=[self.member(0)])
        statuses = pbx.statuses(
            self.change(1, 0, self.holding(0), self.holding(0, 0)), self.change(2, 1, self.holding(1), VACANT)
        )
        assert statuses == [ChangeStatus.STALE, ChangeStatus.DONE]
        assert pbx.read_holdings() == {}

    def test_what_somebody_else_did_before_apply_is_not_overwritten(self, fill: Fill) -> None:
        """A backend that was opened and has read looks again."""
        pbx = fill(self.entry(0, 0), self.entry(1, 1), members=[self.member(2)])
        assert pbx.read_holdings(pbx.backend) == self.directory(self.entry(0, 0), self.entry(1, 1))
        list(pbx.open().apply([self.change(1, 0, self.holding(0), self.holding(2))]))
        statuses = pbx.statuses(self.change(1, 0, self.holding(0), VACANT), self.change(2, 1, self.holding(1), VACANT))
        assert statuses == [ChangeStatus.STALE, ChangeStatus.DONE]
        assert pbx.read_holdings() == self.directory(self.entry(0, 2))

    def test_a_number_in_use_is_refused(self, fill: Fill) -> None:
        """A number is on one extension at most: failed, in words; both stay as they are, the others are made."""
        was = [self.entry(0, 0, 0), self.entry(1, 1, 1), self.entry(2, 2, 2)]
        pbx = fill(*was)
        self.assert_refused(
            pbx,
            self.change(1, 1, self.holding(1, 1), self.holding(1, 0)),
            self.change(2, 2, self.holding(2, 2), self.holding(2)),
        )
        assert pbx.read_holdings() == self.directory(*was[:2], self.entry(2, 2))

    def test_a_number_let_go_by_an_earlier_change_is_free(self, fill: Fill) -> None:
        """And one taken by an earlier change is in use: changes are judged one after another."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1), self.entry(2, 2))
        statuses = pbx.statuses(
            self.change(1, 0, self.holding(0, 0), self.holding(0)),
            self.change(2, 1, self.holding(1), self.holding(1, 0)),
            self.change(3, 2, self.holding(2), self.holding(2, 0)),
        )
        assert statuses == [ChangeStatus.DONE, ChangeStatus.DONE, ChangeStatus.FAILED]
        assert pbx.read_holdings() == self.directory(self.entry(0, 0), self.entry(1, 1, 0), self.entry(2, 2))

    def test_what_builds_on_a_refused_change_is_stale(self, fill: Fill) -> None:
        """Its extension is not what the plan expected, because the first change did not make it so."""
        was = [self.entry(0, 0, 0), self.entry(1, 1)]
        pbx = fill(*was, members=[self.member(2)])
        statuses = pbx.statuses(
            self.change(1, 1, self.holding(1), self.holding(1, 0)),
            self.change(2, 1, self.holding(1, 0), self.holding(2, 0)),
        )
        assert statuses == [ChangeStatus.FAILED, ChangeStatus.STALE]
        assert pbx.read_holdings() == self.directory(*was)

    def test_a_second_extension_is_refused_where_members_hold_one(self, fill: Fill) -> None:
        """Failed, in words; and possible once the first is let go."""
        pbx = fill(self.entry(0, 0), self.entry(1), self.entry(2, 2))
        pbx.lacks(Can.SEVERAL)
        link = self.change(1, 1, VACANT, self.holding(0))
        self.assert_refused(pbx, link, self.change(2, 2, self.holding(2), VACANT))
        assert pbx.read_holdings() == self.directory(self.entry(0, 0))
        assert pbx.statuses(self.change(1, 0, self.holding(0), VACANT), link) == [ChangeStatus.DONE, ChangeStatus.DONE]
        assert pbx.read_holdings() == self.directory(self.entry(1, 0))

    def test_a_second_number_is_refused_where_extensions_have_one(self, fill: Fill) -> None:
        """Failed, in words; and possible in the place of the first."""
        pbx = fill(self.entry(0, 0, 0), self.entry(1, 1, 1))
        pbx.lacks(Can.SEVERAL_NUMBERS)
        self.assert_refused(
            pbx,
            self.change(1, 0, self.holding(0, 0), self.holding(0, 0, 2)),
            self.change(2, 1, self.holding(1, 1), self.holding(1)),
        )
        assert pbx.read_holdings() == self.directory(self.entry(0, 0, 0), self.entry(1, 1))
        assert pbx.statuses(self.change(1, 0, self.holding(0, 0), self.holding(0, 2))) == [ChangeStatus.DONE]

    def test_an_extension_that_does_not_exist_is_refused(self, fill: Fill) -> None:
        """Where the backend does not make extensions: failed, in words, and the others are made."""
        pbx = fill(self.entry(1, 1), members=[self.member(0)])
        pbx.lacks(Can.CREATE_EXTENSIONS)
        self.assert_refused(pbx, self.change(1, 0, VACANT, self.holding(0)), self.change(2, 1, self.holding(1), VACANT))
        assert pbx.read_holdings() == {}

    def test_a_member_that_does_not_exist_is_refused(self, fill: Fill) -> None:
        """Where the backend does not make members: failed, in words, and the others are made."""
        pbx = fill(self.entry(0), self.entry(1, 1))
        pbx.lacks(Can.CREATE_MEMBERS)
        self.assert_refused(pbx, self.change(1, 0, VACANT, self.holding(9)), self.change(2, 1, self.holding(1), VACANT))
        assert pbx.read_holdings() == {}
        assert self.member(9) not in set(pbx.backend.members(Scope.everything()))

    def test_one_refusal_among_very_many_is_one_refusal(self, fill: Fill) -> None:
        """Whatever the groups in which the backend works."""
        was = [self.entry(n, n, n) for n in range(self.many)]
        pbx = fill(*was)
        changes = [self.change(n + 1, n, self.holding(n, n), self.holding(None, n)) for n in range(self.many)]
        middle = self.many // 2
        changes[middle] = self.change(middle + 1, middle, self.holding(middle, middle), self.holding(middle, 0))
        statuses = pbx.statuses(*changes)
        assert statuses.count(ChangeStatus.DONE) == self.many - 1
        assert statuses[middle] is ChangeStatus.FAILED
        made = [self.entry(n, None, n) for n in range(self.many) if n != middle]
        assert pbx.read_holdings() == self.directory(*made, was[middle])

    def assert_refused(self, pbx: Subject, change: Change, other: Change) -> None:
        """The first fails in words, the second is done."""
        results = {result.change: result for result in pbx.apply(change, other)}
        assert results[change].status is ChangeStatus.FAILED
        assert results[change].words.strip(), "a refusal says why, in the PBX's words"
        assert results[other].status is ChangeStatus.DONE
