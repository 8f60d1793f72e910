"""What a backend says of changes before they are made: beside the rows, and as a reason why the plan waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integration.test_premises import approve, go_on
from integration.works import Works
from linecard.errors import BackendError
from linecard.model.directory import Entry
from linecard.model.outcome import Caveat
from linecard.model.run import Run, State
from linecard.pipeline.premises import Premises
from linecard.testing.backend import MemoryBackend

ADA, BOB = "ada@x.org", "bob@x.org"
SECOND = Caveat("1000", "the endpoint 1000-mobile rings with it", "See whose phone it is.", holds=True)
QUEUE = Caveat("1000", "the queue desk still rings it", "Remove it from the queue.")
WHY = "On hq, a person must approve the change of 1000: the endpoint 1000-mobile rings with it."


@pytest.fixture
def works(tmp_path):
    return Works(tmp_path, hq=[Entry("1000", ADA, ("+33199001000",)), Entry("1001", BOB)])


def warnings(works: Works, run: Run) -> dict[int, list[tuple[str, str]]]:
    return {
        line.line: [(w.message, w.remedy) for w in line.warnings if w.code == "caveat"]
        for line in works.lines(run)
        if line.warnings
    }


@pytest.mark.parametrize(
    "row",
    [
        f"detach,{ADA},,,",
        f"force_attach,{BOB},hq,1000,",
        f"attach,{ADA},hq,1002,",
        f"attach,{ADA},hq,1000,+33199001009",
    ],
)
def test_a_change_that_needs_a_person_holds_the_plan_by_name(works, row):
    """Whoever loses the extension, and however, or its number; the row says so, and what to do."""
    works.memory["hq"].caveats = [SECOND]
    run = works.planned("attach,eve@x.org,hq,1003,", row)
    assert run.state is State.HELD
    assert [(hold.pbx, hold.kind, hold.message) for hold in run.holds] == [("hq", "caveat", WHY)]
    said = ("hq reports about 1000: the endpoint 1000-mobile rings with it.", "See whose phone it is.")
    assert warnings(works, run) == {3: [said]}
    assert works.made() == []
    run = go_on(works, approve(works, run, seen=True), daemon=True, premises=Premises())
    assert run.state is State.APPLIED


def test_an_extension_that_nobody_held_is_asked_about_and_a_number_that_comes_is_not(works):
    """Nobody loses anything by the latter, whatever the PBX would say."""
    works.memory["hq"].caveats = [SECOND._replace(extension="1002"), SECOND._replace(extension="1001")]
    run = works.planned("attach,eve@x.org,hq,1002,", f"attach,{BOB},hq,1001,+33199001001")
    assert [hold.message.split(":")[0] for hold in run.holds] == ["On hq, a person must approve the change of 1002"]


def test_what_a_change_leaves_as_it_is_stands_beside_its_row_in_the_report(works):
    """It holds nothing, and is part of no approval."""
    plain = works.planned(f"detach,{ADA},,,")
    works.memory["hq"].caveats = [QUEUE]
    run = works.sheet(f"detach,{ADA},,,")
    assert (run.state, run.checksum, run.holds) == (State.APPLIED, plain.checksum, ())
    assert warnings(works, run) == {
        2: [("hq reports about 1000: the queue desk still rings it.", "Remove it from the queue.")]
    }


def test_two_plans_that_wait_for_different_reasons_are_two_plans(works):
    """The checksum that a person gives says what they have seen."""
    seen = works.planned(f"detach,{ADA},,,")
    works.memory["hq"].caveats = [SECOND]
    assert works.planned(f"detach,{ADA},,,").checksum != seen.checksum


@pytest.mark.parametrize("seen", [True, False], ids=["approved", "within the limits"])
@pytest.mark.parametrize("same_process", [True, False])
def test_a_reason_that_comes_after_the_approval_holds_the_plan_again(works, seen, same_process):
    """Nothing is sent, and nothing else is said to be different."""
    run = approve(works, works.planned(f"detach,{ADA},,,"), seen=seen)
    works.memory["hq"].caveats = [SECOND]
    run = go_on(works, run, daemon=True, premises=works.premises if same_process else Premises())
    assert (run.state, [hold.message for hold in run.holds]) == (State.HELD, [WHY])
    assert works.made() == []


def test_a_reason_that_is_gone_since_the_approval_asks_nobody_again(works):
    """The person has seen to it."""
    works.memory["hq"].caveats = [SECOND]
    run = approve(works, works.planned(f"detach,{ADA},,,"), seen=True)
    works.memory["hq"].caveats = []
    assert go_on(works, run, daemon=True, premises=Premises()).state is State.APPLIED


@pytest.mark.parametrize("new", [False, True], ids=["the same reason", "a new reason"])
def test_what_is_left_of_an_approved_plan_goes_on_for_the_reasons_that_were_seen(works, new):
    """The PBX fell silent in the middle of it. Of what is made, all is told in the report of the whole."""
    works.memory["hq"].caveats = [QUEUE, SECOND._replace(extension="1001")]
    run = approve(works, works.planned(f"detach,{ADA},,,", f"detach,{BOB},,,"), seen=True)
    run = works.apply(run, stop=lambda: len(works.made()) == 1)
    assert (run.state, works.made()) == (State.INTERRUPTED, ["1000"])
    if new:
        works.memory["hq"].caveats.append(Caveat("1001", "it is the number of the fire brigade", holds=True))
    run = go_on(works, run, daemon=True, premises=Premises())
    assert run.state is (State.HELD if new else State.APPLIED)
    assert sorted(warnings(works, run)) == [2, 3]


def test_a_pbx_that_cannot_be_asked_is_one_that_cannot_be_read(works):
    """The run waits until it can, with nothing sent."""
    run = approve(works, works.planned(f"detach,{ADA},,,"), seen=True)
    works.pbxs["hq"] = replace(works.pbxs["hq"], backend=Speechless(works.memory["hq"]))
    with pytest.raises(BackendError):
        go_on(works, run, daemon=True, premises=Premises())
    assert (works.store.get_run(run.id).state, works.made()) == (State.APPROVED, [])


class Speechless(MemoryBackend):
    """Says what it holds, and nothing of changes."""

    def precheck(self, _changes):
        raise BackendError("the PBX does not answer", remedy="")
