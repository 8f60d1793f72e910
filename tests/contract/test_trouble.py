"""The PBX in memory does wrong exactly what a test asks for, and nothing else."""

from __future__ import annotations

import pytest

from linecard.errors import BackendError
from linecard.model.directory import VACANT, Change, Entry, Holding, Scope
from linecard.model.outcome import ChangeStatus, Result
from linecard.ports.backend import Can
from linecard.testing import MemoryBackend, MemoryPbx, Silence, Trouble

ADA, BOB, CYD = (Holding(f"{name}@example.org", ()) for name in ("ada", "bob", "cyd"))
RELEASES = [
    Change(seq, "hq", extension, held, VACANT)
    for seq, (extension, held) in enumerate([("1000", ADA), ("1001", BOB), ("1002", CYD)], start=1)
]
ALL = Scope.everything()


@pytest.fixture
def pbx():
    return MemoryPbx([Entry(change.extension, *change.before) for change in RELEASES])


def statuses(results):
    return [(result.change.seq, result.status) for result in results]


def test_without_trouble_everything_is_done(pbx):
    """And stands in the log of operations, once and in order."""
    assert statuses(MemoryBackend(pbx).apply(RELEASES)) == [
        (1, ChangeStatus.DONE),
        (2, ChangeStatus.DONE),
        (3, ChangeStatus.DONE),
    ]
    assert pbx.operations == RELEASES
    assert set(pbx.extensions.values()) == {VACANT}


def test_the_log_tells_only_what_was_made(pbx):
    """A change that was stale, refused, or asked for what was so is no operation; made twice it is two."""
    backend = MemoryBackend(pbx)
    stale = RELEASES[0]._replace(before=BOB)
    same = RELEASES[1]._replace(after=BOB)
    list(backend.apply([stale, same, RELEASES[2]]))
    pbx.put("1002", CYD)
    list(backend.apply([RELEASES[2]]))
    assert pbx.operations == [RELEASES[2], RELEASES[2]]


def test_it_refuses_in_the_words_it_is_given(pbx):
    """The change is not made, the others are."""
    trouble = Trouble(refuses=lambda change: "locked by the operator" if change.seq == 2 else "")
    results = list(MemoryBackend(pbx, trouble=trouble).apply(RELEASES))
    assert results[1] == Result(RELEASES[1], ChangeStatus.FAILED, "locked by the operator")
    assert statuses(results) == [(1, ChangeStatus.DONE), (2, ChangeStatus.FAILED), (3, ChangeStatus.DONE)]
    assert pbx.extensions == {"1000": VACANT, "1001": BOB, "1002": VACANT}


@pytest.mark.parametrize(("made", "second"), [(False, BOB), (True, VACANT)])
def test_it_falls_silent_before_or_after_it_made_a_change(pbx, made, second):
    """Which of the two cannot be told from the error; it can be read, and the rest is not made."""
    backend = MemoryBackend(pbx, trouble=Trouble(silence=Silence(at=2, made=made)))
    results = []
    with pytest.raises(BackendError, match="does not answer"):
        results.extend(backend.apply(iter(RELEASES)))
    assert {e.extension: Holding(e.member, e.numbers) for e in backend.fetch(ALL)} == {
        "1000": VACANT,
        "1001": second,
        "1002": CYD,
    }


def test_a_lasting_silence_leaves_it_unreadable_until_it_comes_back(pbx):
    """This backend reads and changes nothing any more; a new one on the same PBX does."""
    backend = MemoryBackend(pbx, trouble=Trouble(silence=Silence(at=1, lasting=True)))
    for call in (lambda: backend.apply(RELEASES), lambda: backend.fetch(ALL), lambda: backend.members(ALL)):
        with pytest.raises(BackendError, match="does not answer"):
            list(call())
    with pytest.raises(BackendError, match="does not answer"):
        list(backend.apply(RELEASES))
    assert pbx.operations == []
    assert len(list(MemoryBackend(pbx).fetch(ALL))) == 3


def test_silence_counts_the_changes_of_all_calls(pbx):
    """The second change is the second, also when each is sent by itself."""
    backend = MemoryBackend(pbx, trouble=Trouble(silence=Silence(at=2)))
    assert statuses(backend.apply(RELEASES[:1])) == [(1, ChangeStatus.DONE)]
    with pytest.raises(BackendError):
        list(backend.apply(RELEASES[1:]))
    assert statuses(backend.apply(RELEASES[1:])) == [(2, ChangeStatus.DONE), (3, ChangeStatus.DONE)]


def test_silence_in_a_group_hides_what_the_group_had_made(pbx):
    """Taken together, made in part, and not one result."""
    backend = MemoryBackend(pbx, trouble=Trouble(silence=Silence(at=3)), group=10)
    with pytest.raises(BackendError):
        next(backend.apply(iter(RELEASES)))
    assert pbx.operations == RELEASES[:2]


def test_somebody_else_changes_the_pbx_in_between(pbx):
    """Between the plan and the change: the change is stale."""

    def meddles(pbx, change):
        if change.seq == 2:
            pbx.put("1001", ADA)
        if change.seq == 3:
            pbx.remove("1002")

    results = list(MemoryBackend(pbx, trouble=Trouble(meddles=meddles)).apply(RELEASES))
    assert statuses(results) == [(1, ChangeStatus.DONE), (2, ChangeStatus.STALE), (3, ChangeStatus.STALE)]
    assert results[1].words == "1001 is held by ada@example.org now"
    assert pbx.extensions == {"1000": VACANT, "1001": ADA}


def test_it_claims_to_have_done_what_it_did_not(pbx):
    """Only reading it back tells."""
    results = MemoryBackend(pbx, trouble=Trouble(pretends=lambda change: change.seq == 1)).apply(RELEASES)
    assert statuses(results) == [(1, ChangeStatus.DONE), (2, ChangeStatus.DONE), (3, ChangeStatus.DONE)]
    assert pbx.holding("1000") == ADA
    assert pbx.operations == RELEASES[1:]


@pytest.mark.parametrize(("pretends", "first"), [(False, VACANT), (True, ADA)])
def test_it_says_nothing_of_a_change(pbx, pretends, first):
    """Which it has made; or not, if it pretends as well."""
    trouble = Trouble(forgets=lambda change: change.seq == 1, pretends=lambda _: pretends)
    assert statuses(MemoryBackend(pbx, trouble=trouble).apply(RELEASES[:2])) == [(2, ChangeStatus.DONE)]
    assert pbx.holding("1000") == first


def test_used_after_it_was_closed_it_says_so(pbx):
    """Whoever does that has a bug, whatever a real PBX would put up with."""
    backend = MemoryBackend(pbx)
    assert not backend.closed
    backend.close()
    assert backend.closed
    for call in (lambda: backend.apply(RELEASES), lambda: backend.fetch(ALL), lambda: backend.members(ALL)):
        with pytest.raises(RuntimeError, match="after close"):
            list(call())


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([Entry("1000", None, ()), Entry("1000", "ada@example.org", ())], "1000 is there twice"),
        ([Entry("1000", None, ("+33199000000",)), Entry("1001", None, ("+33199000000",))], "is on extension 1000"),
        ([Entry("1000", "ada@example.org", ()), Entry("1001", "ada@example.org", ())], "holds extension 1000"),
        ([Entry("1000", "Ada@example.org", ())], "not a login in lower case"),
    ],
)
def test_a_test_cannot_fill_it_with_what_no_pbx_holds(entries, words):
    """Its rules hold for whoever fills it, too."""
    with pytest.raises(ValueError, match=words):
        MemoryPbx(entries, can=frozenset(Can) - {Can.SEVERAL})


def test_it_holds_a_hundred_thousand_extensions():
    """In time that grows with their number, not with its square: it serves as the PBX of a large test."""
    count = 100_000
    pbx = MemoryPbx(Entry(f"{n:06d}", f"m{n}@example.org", (f"+{10**9 + n}",)) for n in range(count))
    scope = Scope(numbers=frozenset({"+1000099999"}))
    assert list(MemoryBackend(pbx).fetch(scope)) == [Entry("099999", "m99999@example.org", ("+1000099999",))]
