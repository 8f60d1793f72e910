"""What a PBX can do wrong while a run is applied, and what is said of each row afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integration.works import Works
from linecard.errors import BackendError
from linecard.model.directory import Change, Entry, Holding
from linecard.model.outcome import ChangeStatus, Result
from linecard.model.run import State
from linecard.pipeline import apply
from linecard.testing.backend import MemoryBackend
from linecard.testing.memory import MemoryPbx
from linecard.testing.trouble import Silence, Trouble

THREE = ("attach,ada@x.org,,1000,", "attach,bob@x.org,,1001,", "attach,cy@x.org,,1002,")


@pytest.fixture
def works(tmp_path):
    return Works(tmp_path)


def extension(name: str):
    return lambda change: change.extension == name


class _GoneAfterwards(MemoryBackend):
    """A PBX that answers each change and is then gone."""

    is_gone = False

    def apply(self, changes):
        yield from super().apply(changes)
        self.is_gone = True

    def fetch(self, scope):
        if self.is_gone:
            raise BackendError("the PBX does not answer")
        return super().fetch(scope)


class _AtWorkStill(MemoryBackend):
    """A PBX that takes 1001 up and does not say in time what became of it."""

    def apply(self, changes):
        for change in changes:
            if change.extension == "1001":
                yield Result(change, ChangeStatus.UNKNOWN, "its agent has not answered")
            else:
                yield from super().apply([change])


def test_without_trouble(works):
    """All done, read back, each change made once."""
    run = works.sheet(*THREE)
    assert (run.state, works.came_to(run)) == (State.APPLIED, ["done linked"] * 3)
    assert works.made() == ["1000", "1001", "1002"]


class TestItRefuses:
    def test_one_change(self, works):
        """That row failed, in the PBX's words; the others are done."""
        works.connect(hq=Trouble(refuses=lambda c: "no licence left" if c.extension == "1001" else ""))
        run = works.sheet(*THREE)
        assert (run.state, works.came_to(run)) == (State.PARTIAL, ["done linked", "failed pbx_refused", "done linked"])
        assert "no licence left" in works.lines(run)[1].message

    def test_a_row_that_was_so_only_thanks_to_it_is_not_so(self, works):
        """Line 3 repeats line 2, which was refused: neither has it."""
        works.connect(hq=Trouble(refuses=lambda c: "no"))
        run = works.sheet(THREE[0], THREE[0])
        assert works.came_to(run) == ["failed pbx_refused"] * 2
        assert works.lines(run)[0].after == Holding(None, ())

    def test_the_same_file_later_makes_only_what_is_missing(self, works):
        """Sent again when the licence was bought."""
        works.connect(hq=Trouble(refuses=lambda c: "no" if c.extension == "1001" else ""))
        works.sheet(*THREE)
        works.connect()
        run = works.sheet(*THREE)
        assert works.came_to(run) == ["unchanged already_so", "done linked", "unchanged already_so"]
        assert works.made() == ["1000", "1002", "1001"]


class TestItSaysDoneAndDoesNothing:
    def test_it_is_found_out(self, works):
        """No success that is not read back."""
        works.connect(hq=Trouble(pretends=extension("1001")))
        run = works.sheet(*THREE)
        assert works.came_to(run) == ["done linked", "failed not_read_back", "done linked"]

    def test_also_in_bulk(self, works):
        """However many it takes at once."""
        works.connect(group=100, hq=Trouble(pretends=lambda c: True))
        assert works.came_to(works.sheet(*THREE)) == ["failed not_read_back"] * 3

    def test_a_yes_counts_for_nothing_until_it_is_read_back(self, works):
        """It says done three times and cannot be asked what it holds: nobody knows, so none is said to be done."""
        liar = _GoneAfterwards(works.memory["hq"], trouble=Trouble(pretends=lambda c: True))
        works.pbxs["hq"] = replace(works.pbxs["hq"], backend=liar)
        run = works.sheet(*THREE)
        assert (run.state, works.came_to(run)) == (State.PARTIAL, ["unknown in_doubt"] * 3)


class TestItSaysNothing:
    def test_what_it_made_is_done(self, works):
        """Reading it back tells."""
        works.connect(hq=Trouble(forgets=extension("1001")))
        run = works.sheet(*THREE)
        assert (run.state, works.came_to(run)) == (State.APPLIED, ["done linked"] * 3)

    def test_what_it_did_not_make_failed(self, works):
        """And is not counted as done."""
        works.connect(hq=Trouble(forgets=extension("1001"), pretends=extension("1001")))
        assert works.came_to(works.sheet(*THREE)) == ["done linked", "failed pbx_refused", "done linked"]


class TestItIsAtWorkStill:
    def test_that_row_is_unknown(self, works):
        """Neither done nor failed, in the PBX's words; the others are done, and nothing was sent twice."""
        works.pbxs["hq"] = replace(works.pbxs["hq"], backend=_AtWorkStill(works.memory["hq"]))
        run = works.sheet(*THREE)
        assert (run.state, works.came_to(run)) == (State.PARTIAL, ["done linked", "unknown in_doubt", "done linked"])
        assert "its agent has not answered" in works.lines(run)[1].message
        assert works.made() == ["1000", "1002"]


class TestItStopsAnswering:
    @pytest.mark.parametrize("made", [True, False])
    @pytest.mark.parametrize("at", [1, 2, 3])
    def test_for_good(self, works, at, made):
        """What cannot be known is unknown, what was never sent is skipped, nothing is said to be done that is not."""
        works.connect(hq=Trouble(silence=Silence(at, made=made, lasting=True)))
        run = works.sheet(*THREE)
        came_to = works.came_to(run)
        assert run.state is State.PARTIAL
        assert sum(run.counts.values()) == 3
        assert all(said in ("unknown in_doubt", "skipped pbx_down", "done linked") for said in came_to)
        assert came_to[at - 1] == "unknown in_doubt"
        for line, (name, said) in zip(
            works.lines(run), zip(("1000", "1001", "1002"), came_to, strict=True), strict=True
        ):
            assert line.remedy or said == "done linked"
            assert works.holds().get(name) is not None or said != "done linked"

    @pytest.mark.parametrize("made", [True, False])
    def test_for_a_moment(self, works, made):
        """It is asked once more: what was made is done, what was not is skipped and can be sent again."""
        works.connect(hq=Trouble(silence=Silence(2, made=made)))
        run = works.sheet(*THREE)
        assert works.came_to(run) == ["done linked", "done linked" if made else "skipped pbx_down", "skipped pbx_down"]
        assert works.holds() == ({"1000": "ada@x.org"} | ({"1001": "bob@x.org"} if made else {}))

    def test_nothing_is_made_twice_when_the_file_comes_again(self, works):
        """In doubt or not: the second time it is looked at what is there."""
        works.connect(hq=Trouble(silence=Silence(2, made=True, lasting=True)))
        works.sheet(*THREE)
        works.connect()
        run = works.sheet(*THREE)
        assert set(works.came_to(run)) <= {"unchanged already_so", "done linked"}
        assert sorted(works.made()) == ["1000", "1001", "1002"]

    def test_the_other_pbx_has_its_changes(self, works):
        """One that is down does not keep another from them, whichever comes first in the sheet."""
        works.connect(hq=Trouble(silence=Silence(1, lasting=True)))
        run = works.sheet("attach,ada@x.org,hq,1000,", "attach,ada@x.org,lab,5000,", "attach,bob@x.org,hq,1001,")
        assert works.came_to(run)[1] == "done linked"
        assert works.holds("lab") == {"5000": "ada@x.org"}
        assert "done linked" not in (works.came_to(run)[0], works.came_to(run)[2])

    def test_a_row_on_several_pbxs_is_not_done_where_one_failed(self, works):
        """A blank detach whose second PBX is down says so."""
        works.sheet("attach,ada@x.org,hq,1000,", "attach,ada@x.org,lab,5000,")
        works.connect(lab=Trouble(silence=Silence(1, lasting=True)))
        run = works.sheet("detach,ada@x.org,,,")
        assert works.came_to(run) == ["unknown in_doubt"]
        assert works.holds("hq") == {"1000": None}


class TestSomebodyElseChangesIt:
    def test_it_is_planned_again(self, works):
        """The row that still can be done is done on what is there now, and says whom it took it from."""

        def meddle(pbx: MemoryPbx, change: Change) -> None:
            if change.extension == "1001" and "1001" not in pbx.extensions:
                pbx.put("1001", Holding("late@x.org", ()))

        works.connect(hq=Trouble(meddles=meddle))
        run = works.sheet(THREE[0], "force_attach,bob@x.org,,1001,", "attach,cy@x.org,,1002,")
        assert (run.state, run.attempt) == (State.APPLIED, 2)
        assert works.came_to(run) == ["done linked", "done took_over", "done linked"]
        assert works.made() == ["1000", "1002", "1001"]

    def test_again_and_again_it_is_given_up(self, works):
        """After three plans the row failed, and says that somebody else changes it."""
        names = iter(f"late{i}@x.org" for i in range(100))

        def meddle(pbx: MemoryPbx, change: Change) -> None:
            pbx.put("1001", Holding(next(names), ()))

        works.connect(hq=Trouble(meddles=meddle))
        run = works.sheet(THREE[0], "force_attach,bob@x.org,,1001,")
        assert (run.state, run.attempt) == (State.PARTIAL, 3)
        assert works.came_to(run) == ["done linked", "failed pbx_moved"]
        assert works.made().count("1000") == 1

    def test_a_plan_that_goes_over_a_limit_now_is_held(self, works, tmp_path):
        """A new plan is measured like the first."""
        from linecard.rules.limits import Limit

        works.limits = {"force": Limit(count=0)}

        def meddle(pbx: MemoryPbx, change: Change) -> None:
            if change.extension == "1001":
                pbx.put("1001", Holding("late@x.org", ()))

        works.connect(hq=Trouble(meddles=meddle))
        run = works.sheet(THREE[0], "force_attach,bob@x.org,,1001,")
        assert (run.state, run.attempt) == (State.HELD, 2)
        assert works.holds() == {"1000": "ada@x.org", "1001": "late@x.org"}


class TestItIsSlow:
    """Each change takes it some seconds, as told by a clock of the test's own."""

    @pytest.fixture
    def told(self, works, monkeypatch):
        """The progress of a run whose changes take so long each."""

        def run(seconds: float) -> list[int]:
            clock = [0.0]

            def passes(_: MemoryPbx, __: Change) -> None:
                clock[0] += seconds

            monkeypatch.setattr(apply, "monotonic", lambda: clock[0])
            works.connect(hq=Trouble(meddles=passes))
            portions: list[int] = []
            run = works.apply(works.approve(works.planned(*THREE)), told=portions.append)
            assert run.state is State.APPLIED
            return portions

        return run

    def test_what_it_did_is_remembered_while_it_goes_on(self, told):
        """Not only when a thousand are together: whoever looks on sees it, and a crash leaves little in doubt."""
        assert told(apply.SECONDS) == [2, 1]

    def test_a_quick_one_is_asked_once_for_all(self, told):
        assert told(apply.SECONDS / 100) == [3]


class TestStopping:
    def test_before_the_first_change(self, works):
        """Nothing is sent; the run is finished later."""
        run = works.apply(works.approve(works.planned(*THREE)), stop=lambda: True)
        assert (run.state, works.made()) == (State.INTERRUPTED, [])
        (run,) = works.recover()
        assert (run.state, works.came_to(run)) == (State.APPLIED, ["done linked"] * 3)

    def test_after_the_second_change(self, works):
        """A PBX that takes one at a time is sent no other, and those that were to come are not in doubt."""
        run = works.apply(works.approve(works.planned(*THREE)), stop=lambda: len(works.made()) == 2)
        assert (run.state, works.statuses(run)) == (State.INTERRUPTED, {"done": 2, "planned": 1})
        (run,) = works.recover()
        assert (run.state, works.made()) == (State.APPLIED, ["1000", "1001", "1002"])

    def test_a_new_plan_that_nobody_decided_upon_is_found_again(self, works):
        """Killed between the second plan and its approval: the run is planned a third time and finished."""
        run = works.apply(works.approve(works.planned("force_attach,ada@x.org,,1000,", THREE[1])), stop=lambda: True)
        works.memory["hq"].put("1000", Holding("late@x.org", ()))
        assert works.plan(run).state is State.PLANNED
        (run,) = works.recover()
        assert (run.state, works.came_to(run)) == (State.APPLIED, ["done took_over", "done linked"])
        assert works.recover() == []

    def test_it_does_not_approve_itself(self, works):
        """What the unapproved plan wants is no approved plan's rest."""
        run = works.apply(works.approve(works.planned("force_attach,ada@x.org,,1000,")), stop=lambda: True)
        works.memory["hq"].put("1000", Holding("late@x.org", ()))
        run = works.plan(works.plan(run))
        assert (run.state, run.attempt, works.made()) == (State.PLANNED, 3, [])

    def test_it_was_not_moved_where_it_was_already(self, works):
        """A run goes only where the diagram says; one that is planned and planned once more goes nowhere."""
        run = works.apply(works.approve(works.planned("force_attach,ada@x.org,,1000,")), stop=lambda: True)
        works.memory["hq"].put("1000", Holding("late@x.org", ()))
        works.plan(works.plan(run))
        works.recover()
        moves = [(event.was, event.state) for event in works.store.events(run.id)]
        assert moves.count((State.INTERRUPTED, State.PLANNED)) == 1
        assert [was for was, now in moves if was is now] == []

    def test_what_is_left_of_an_approved_plan_is(self, works):
        """Nobody is asked again for what was approved and is still the same."""
        run = works.apply(works.approve(works.planned(*THREE)), stop=lambda: True)
        assert works.plan(run).state is State.APPROVED

    def test_a_new_member_elsewhere_does_not_matter(self, tmp_path):
        """Only what the run touches is looked at."""
        works = Works(tmp_path, hq=[Entry("1003", "dan@x.org", ())])
        run = works.apply(works.approve(works.planned(*THREE)), stop=lambda: True)
        works.memory["hq"].put("1004", Holding("late@x.org", ()))
        (run,) = works.recover()
        assert run.state is State.APPLIED
