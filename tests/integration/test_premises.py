"""What an approved plan rests on is read again before anything is sent, held against a model that knows no plan.

The model (`unit.rules.naive`) does the rows one by one on what the PBX held when the plan was approved, and again on
what it holds when the run goes on. Where a row comes to something else, a person who approved is asked again, and
nothing is sent; where nobody was asked, the run goes on with what the rows come to now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from acceptance.crashes import TORTURE
from integration.works import Works
from linecard.errors import BackendError
from linecard.model.directory import Entry, Holding
from linecard.model.run import Run, State
from linecard.pipeline import apply as applying
from linecard.pipeline.premises import Premises
from linecard.pipeline.run_loop import Approval, drive
from linecard.rules.play import SecondExtension
from linecard.runtime.interactive_operator import InteractiveOperator
from linecard.testing.backend import MemoryBackend
from linecard.testing.trouble import Silence, Trouble
from unit.rules.naive import Extension, Naive

EXTENSIONS = ["1000", "1001", "1002"]
MEMBERS = ["a@x.org", "b@x.org", "c@x.org"]
NUMBERS = ["+33199001000", "+33199001001"]


class Daemon(InteractiveOperator):
    """The operator in the daemon: nobody is asked."""

    @property
    def is_attended(self) -> bool:
        return False

    def request_approval(self, _run: Run) -> Approval:
        return Approval("within the limits", seen=False)


def go_on(works: Works, run: Run, *, daemon: bool, premises: Premises) -> Run:
    """The run driven as far as it goes. A command that asks is told no."""
    operator = (Daemon if daemon else InteractiveOperator)(
        "ada", lambda _run: False, lambda _what, _run: ignore, lambda: False
    )
    return drive(works.store, run, works.inbox, works.pbxs, works.folder / "archive", operator, premises).run


def ignore(_count: int) -> None:
    """Progress that nobody looks at."""


def approve(works: Works, run: Run, *, seen: bool) -> Run:
    with works.store.transaction() as connection:
        works.store.approve(connection, run, who="ada", why="a test", seen=seen)
    return works.store.get_run(run.id)


@st.composite
def directories(draw: st.DrawFn) -> dict[str, Holding]:
    """No number twice; members may hold several extensions."""
    numbers = draw(st.permutations([*NUMBERS, None, None, None]))
    names = draw(st.lists(st.sampled_from(EXTENSIONS), unique=True))
    return {
        name: Holding(draw(st.sampled_from([*MEMBERS, None])), (number,) if number else ())
        for name, number in zip(names, numbers, strict=False)
    }


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, str, str, str]:
    action = draw(st.sampled_from(["attach", "force_attach", "detach"]))
    extension = draw(st.sampled_from([*EXTENSIONS, ""] if action == "detach" else EXTENSIONS))
    number = "" if action == "detach" else draw(st.sampled_from([*NUMBERS, "", ""]))
    return action, draw(st.sampled_from(MEMBERS)), extension, number


def done(held: Mapping[str, Holding], sheet: Sequence[tuple[str, str, str, str]], second: SecondExtension):
    """What each row comes to when they are done one by one, who stood in the way, and what is held in the end."""
    naive = Naive([Extension(name, h.member, set(h.numbers)) for name, h in held.items()], second.value)
    said = []
    for line, (action, member, extension, number) in enumerate(sheet, start=2):
        target = naive.find(extension)
        holder = target.member if target else None
        others = sorted(e.name for e in naive.held(member) if e.name != extension)
        bearer = next(((e.name, e.member) for e in naive.extensions if number and number in e.numbers), None)
        outcome, code, _ = naive.do(line, action, member, extension or None, number or None)
        in_the_way = {
            "held_by_other": holder,
            "number_in_use": bearer,
            "second_extension": others[:1],
            "wrong_extension": (holder, others),
        }.get(code)
        said.append((outcome, code, in_the_way))
    return said, {e.name: Holding(e.member, tuple(sorted(e.numbers))) for e in naive.extensions}


def differences(held: Mapping[str, Holding], end: Mapping[str, Holding]) -> dict[str, tuple[Holding, Holding]]:
    vacant = Holding(None)
    names = held.keys() | end.keys()
    return {n: (a, b) for n in names if (a := held.get(n, vacant)) != (b := end.get(n, vacant))}


@settings(
    max_examples=2_000 if TORTURE else 50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example is a database of its own: to shrink takes long
)
@given(
    held=directories(),
    now=directories(),
    moved=st.booleans(),
    sheet=st.lists(rows(), min_size=1, max_size=5),
    second=st.sampled_from(list(SecondExtension)),
    daemon=st.booleans(),
    seen=st.booleans(),
    same_process=st.booleans(),
)
def test_an_approval_covers_what_the_person_saw(
    tmp_path_factory, held, now, moved, sheet, second, daemon, seen, same_process
):
    """Random sheets, and random changes of the PBX between the approval and the first change that is sent."""
    works = Works(tmp_path_factory.mktemp("works"), hq=[Entry(name, *holding) for name, holding in held.items()])
    works.pbxs["hq"] = replace(works.pbxs["hq"], second_extension=second)
    run = works.planned(*(",".join((action, member, "hq", ext, number)) for action, member, ext, number in sheet))
    said, end = done(held, sheet, second)
    if run.state is State.UNCHANGED:
        assert differences(held, end) == {}
        return
    run = approve(works, run, seen=seen)
    at_hand = now if moved else held
    pbx = works.memory["hq"]
    for name in list(pbx.extensions):
        pbx.put(name, Holding(None))
    for name, holding in at_hand.items():
        pbx.put(name, holding)
    at_hand = dict(pbx.extensions)
    premises = works.premises if same_process else Premises()

    ended = go_on(works, run, daemon=daemon, premises=premises)

    said_now, end_now = done(at_hand, sheet, second)
    changes, changes_now = differences(held, end), differences(at_hand, end_now)
    same = (said, changes) == (said_now, changes_now)
    if same or not changes_now or (daemon and not seen):
        assert ended.state in (State.APPLIED, State.PARTIAL)
        assert occupied(pbx.extensions) == occupied(end_now)
        assert [(line.outcome, line.code) for line in works.lines(ended)] == [(o, c) for o, c, _ in said_now]
    else:
        assert works.made() == []
        assert ended.state is (State.HELD if seen else State.PLANNED)
        warned = [line.line for line in works.lines(ended) if any(w.code == "not_as_approved" for w in line.warnings)]
        assert bool(warned) is seen
        assert not seen or {n for n, (a, b) in enumerate(zip(said, said_now, strict=True), 2) if a != b} <= set(warned)


def occupied(held: Mapping[str, Holding]) -> dict[str, Holding]:
    return {name: holding for name, holding in held.items() if holding != Holding(None)}


@pytest.fixture
def works(tmp_path):
    return Works(tmp_path, hq=[Entry("1000", "ada@x.org", ())])


@pytest.fixture(params=[False, True], ids=["command", "daemon"])
def daemon(request):
    return request.param


class TestReadingAgain:
    def test_a_pbx_that_does_not_answer_then_keeps_the_run_as_it_is(self, works, daemon):
        """Nothing was sent, so that nothing has to be said of it: the approval stands until it can be asked."""
        run = approve(works, works.planned("attach,bob@x.org,,1001,"), seen=True)
        works.connect(hq=Trouble(silence=Silence(0, lasting=True)))
        works.pbxs["hq"] = replace(works.pbxs["hq"], backend=Silent(works.memory["hq"]))
        with pytest.raises(BackendError):
            go_on(works, run, daemon=daemon, premises=Premises())
        assert works.store.get_run(run.id).state is State.APPROVED
        works.connect()
        assert go_on(works, run, daemon=daemon, premises=Premises()).state is State.APPLIED

    def test_it_is_read_once_where_nothing_has_moved(self, works, daemon):
        """The sheet of a plan that was just made is not played again."""
        reads: list[str] = []
        works.pbxs["hq"] = replace(works.pbxs["hq"], backend=Counted(works.memory["hq"], reads.append))
        run = approve(works, works.planned("attach,bob@x.org,,1001,"), seen=False)
        assert len(reads) == 1
        assert go_on(works, run, daemon=daemon, premises=works.premises).state is State.APPLIED
        assert reads == ["fetch", "fetch", "apply", "fetch"]

    def test_what_changes_without_end_is_put_off(self, works, daemon):
        """Nothing is ever sent blind, and nothing goes round for ever."""
        names = iter(f"late{n}@x.org" for n in range(100))
        pbx = works.memory["hq"]
        backend = Counted(pbx, lambda _what: pbx.put("1001", Holding(next(names))))
        works.pbxs["hq"] = replace(works.pbxs["hq"], backend=backend)
        run = approve(works, works.planned("force_attach,bob@x.org,,1001,"), seen=False)
        if daemon:
            with pytest.raises(BackendError, match="again and again"):
                go_on(works, run, daemon=True, premises=works.premises)
            assert works.store.get_run(run.id).state is State.APPROVED
        else:
            assert go_on(works, run, daemon=False, premises=works.premises).state is State.PLANNED
        assert works.made() == []

    def test_a_half_made_run_is_read_again_too_when_it_was_left(self, works, daemon):
        """What it has made counts as made, and what somebody did to its other rows is seen."""
        run = approve(works, works.planned("attach,bob@x.org,,1001,", "detach,lea@x.org,,,"), seen=True)
        applying.begin_run(works.store, run, who="ada")
        assert applying.send_changes(works.store, run, works.pbxs["hq"]) == ""
        with works.store.transaction() as connection:
            works.store.transition(connection, run.id, State.INTERRUPTED, who="ada", why="a test")
        works.memory["hq"].put("1500", Holding("lea@x.org"))
        ended = go_on(works, works.store.get_run(run.id), daemon=daemon, premises=Premises())
        assert ended.state is State.HELD
        assert works.holds()["1500"] == "lea@x.org"


class TestOlderRun:
    """A run that was received before another one and goes on after it."""

    def test_the_daemon_leaves_it_to_a_person(self, works):
        """Nobody is there who could be told that it would undo the newer one."""
        old = works.planned("attach,bob@x.org,,1001,")
        works.sheet("attach,bob@x.org,,1002,")
        ended = go_on(works, works.plan(old), daemon=True, premises=works.premises)
        assert ended.state is State.HELD
        assert [(hold.kind, hold.count) for hold in ended.holds] == [("older_run", 1)]
        assert works.holds()["1002"] == "bob@x.org"

    def test_the_daemon_goes_on_with_one_for_others(self, works):
        old = works.planned("attach,bob@x.org,,1001,")
        works.sheet("attach,cy@x.org,,1002,")
        assert go_on(works, old, daemon=True, premises=works.premises).state is State.APPLIED

    def test_what_the_newer_one_was_refused_does_not_count(self, works):
        old = works.planned("attach,bob@x.org,,1001,")
        works.sheet("attach,bob@x.org,,1000,", "attach,cy@x.org,,1002,")
        assert go_on(works, old, daemon=True, premises=works.premises).state is State.APPLIED


class Silent(MemoryBackend):
    """Does not answer."""

    def fetch(self, scope):
        raise BackendError("it does not answer")
        yield


class Counted(MemoryBackend):
    """Calls `heard` with each thing that it is asked, before it answers."""

    def __init__(self, pbx, heard: Callable[[str], object]) -> None:
        super().__init__(pbx)
        self._heard = heard

    def fetch(self, scope):
        self._heard("fetch")
        yield from super().fetch(scope)

    def apply(self, changes):
        self._heard("apply")
        yield from super().apply(changes)
