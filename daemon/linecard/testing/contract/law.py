"""The law, on random sheets: apply, plan again, expect nothing; cut off anywhere, plan again, finish."""
# ruff: noqa: S101  a suite is made of asserts

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from linecard.api.backend import Backend, Can, Change, ChangeStatus, Entry, Holding, Scope, sorted_numbers
from linecard.api.report import Action, Row, Verdict
from linecard.rules.order import order_changes
from linecard.rules.play import Play, Policy, SecondExtension, SecondNumber
from linecard.testing.contract.subject import PBX, Fill, Names, Subject, apply_to, holdings, invert

PHASES = (Phase.reuse, Phase.generate, Phase.shrink)
"""Without `explain`, which takes minutes where a case has many draws, and says nothing that the case does not."""

Ours = Mapping[str, tuple[Holding, Holding]]


class Case(NamedTuple):
    """A PBX, a sheet for it, and where to cut its application off."""

    entries: list[Entry]
    members: list[str]
    rows: list[Row]
    second: SecondExtension
    number: SecondNumber
    cut: int


class Law(Names):
    """Planner and backend together, on directories and sheets that nobody would think of."""

    examples: ClassVar[int] = 40
    """How many random sheets each of these tests tries."""

    def test_apply_then_plan_again_and_expect_nothing(self, fill: Fill) -> None:
        """Every change of a plan is done, the PBX is what the plan said, and the same sheet has nothing left to do."""

        def holds(pbx: Subject, case: Case) -> None:
            changes = plan_case(pbx.backend, case)
            assert pbx.statuses(*changes) == [ChangeStatus.DONE] * len(changes)
            assert pbx.read_holdings() == apply_to(holdings(case.entries), changes)
            assert plan_case(pbx.open(), case, net_effect(changes)) == []

        self.try_on_cases(fill, holds)

    def test_cut_off_anywhere_then_plan_again_and_finish(self, fill: Fill) -> None:
        """The rows come to the same, and the rest of the changes makes the PBX what the first plan said."""

        def holds(pbx: Subject, case: Case) -> None:
            changes = plan_case(pbx.backend, case)
            verdicts = play_case(pbx.backend, case)[1]
            cut = case.cut % (len(changes) + 1)
            pbx.statuses(*changes[:cut])
            ours = net_effect(changes[:cut])
            assert [v[:2] for v in play_case(pbx.open(), case, ours)[1]] == [v[:2] for v in verdicts]
            rest = plan_case(pbx.open(), case, ours)
            assert [result.status for result in pbx.open().apply(iter(rest))] == [ChangeStatus.DONE] * len(rest)
            assert pbx.read_holdings() == apply_to(holdings(case.entries), changes)

        self.try_on_cases(fill, holds)

    def test_undo_restores_what_was(self, fill: Fill) -> None:
        """Before and after exchanged, in the opposite order."""

        def holds(pbx: Subject, case: Case) -> None:
            changes = plan_case(pbx.backend, case)
            pbx.statuses(*changes)
            back = invert(changes)
            assert pbx.statuses(*back) == [ChangeStatus.DONE] * len(back)
            assert pbx.read_holdings() == self.directory(*case.entries)

        self.try_on_cases(fill, holds)

    def test_the_names_of_a_sheet_are_enough_to_plan_it(self, fill: Fill) -> None:
        """A plan from the extensions, members and numbers that a sheet names is the plan from all the PBX holds."""

        def holds(pbx: Subject, case: Case) -> None:
            whole, verdicts = play_case(pbx.backend, case)
            narrow, same = play_case(pbx.backend, case, scope=scope_of(case.rows))
            assert [verdict[:2] for verdict in same] == [verdict[:2] for verdict in verdicts]
            assert sorted(narrow.differences(), key=str) == sorted(whole.differences(), key=str)

        self.try_on_cases(fill, holds)

    def try_on_cases(self, fill: Fill, holds: Callable[[Subject, Case], None]) -> None:
        """Try it on random cases, each on a PBX of its own."""
        can = fill().can

        @settings(max_examples=self.examples, deadline=None, phases=PHASES, report_multiple_bugs=False)
        @given(self.cases(can))
        def every_case(case: Case) -> None:
            pbx = fill(*case.entries, members=case.members)
            try:
                holds(pbx, case)
            finally:
                pbx.close()

        every_case()

    def cases(self, can: frozenset[Can]) -> st.SearchStrategy[Case]:
        """Directories that such a PBX can hold, several numbers on an extension too, and sheets of up to nine rows."""
        people = [self.member(n) for n in range(4)]
        names = [self.extension(n) for n in range(5)]
        numbers = [self.number(n) for n in range(3)]

        @st.composite
        def case(draw: st.DrawFn) -> Case:
            held = draw(st.lists(st.sampled_from(names), unique=True))
            if Can.SEVERAL_NUMBERS in can:
                bearing = draw(st.lists(st.sampled_from([*held, None]), min_size=len(numbers), max_size=len(numbers)))
            else:
                bearing = draw(st.permutations([*held, None, None, None]))[: len(numbers)]
            if Can.SEVERAL in can:
                holding = draw(st.lists(st.sampled_from([*people, None]), min_size=5, max_size=5))
            else:
                holding = draw(st.permutations([*people, None]))
            return Case(
                [
                    Entry(e, m, sorted_numbers(n for n, on in zip(numbers, bearing, strict=True) if on == e))
                    for e, m in zip(held, holding, strict=False)
                ],
                draw(st.lists(st.sampled_from(people), unique=True)),
                draw(st.lists(self.random_rows(people, names, numbers), max_size=9)),
                draw(st.sampled_from([s for s in SecondExtension if Can.SEVERAL in can or s != SecondExtension.ADD])),
                draw(st.sampled_from([s for s in SecondNumber if Can.SEVERAL_NUMBERS in can or s != SecondNumber.ADD])),
                draw(st.integers(0, 20)),
            )

        return case()

    def random_rows(self, people: list[str], names: list[str], numbers: list[str]) -> st.SearchStrategy[Row]:
        attach = st.builds(
            Row,
            st.integers(2, 99),
            st.sampled_from([Action.ATTACH, Action.FORCE_ATTACH]),
            st.sampled_from(people),
            st.just(PBX),
            st.sampled_from(names),
            st.sampled_from([*numbers, "", ""]),
        )
        detach = st.builds(
            Row,
            st.integers(2, 99),
            st.just(Action.DETACH),
            st.sampled_from(people),
            st.just(PBX),
            st.sampled_from([*names, ""]),
            st.just(""),
        )
        return st.one_of(attach, detach)


def play_case(
    backend: Backend, case: Case, ours: Ours | None = None, scope: Scope | None = None
) -> tuple[Play, list[Verdict]]:
    """The sheet played on what the backend reads, and what each row comes to."""
    asked = scope or Scope.everything()
    members = None if Can.CREATE_MEMBERS in backend.can else frozenset(backend.members(asked))
    policy = Policy(case.second, Can.CREATE_EXTENSIONS in backend.can, members, case.number)
    play = Play(PBX, policy, backend.fetch(asked), ours)
    return play, [play.play(row._replace(line=line)) for line, row in enumerate(case.rows, start=2)]


def plan_case(backend: Backend, case: Case, ours: Ours | None = None) -> list[Change]:
    """The changes that the sheet comes to, in the order in which they can be made."""
    play, _ = play_case(backend, case, ours)
    return list(order_changes(PBX, play.differences, several=Can.SEVERAL in backend.can))


def scope_of(rows: list[Row]) -> Scope:
    """What the rows name."""
    return Scope(
        frozenset(row.extension for row in rows) - {""},
        frozenset(row.member for row in rows),
        frozenset(row.number for row in rows) - {""},
    )


def net_effect(changes: list[Change]) -> dict[str, tuple[Holding, Holding]]:
    """What these changes have made of each extension: from what, to what."""
    found: dict[str, tuple[Holding, Holding]] = {}
    for change in changes:
        first = found.get(change.extension, (change.before, change.after))[0]
        found[change.extension] = (first, change.after)
    return found
