"""Rows and changes: what comes out is what went in, whatever it was, in order and by the page."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linecard.model.directory import Change, Holding, sorted_numbers
from linecard.model.outcome import ChangeStatus, Code, Effect, Outcome, Result, Verdict
from linecard.model.sheet import Action, Fault, FaultCode, Row, Severity
from linecard.store.journal import PAGE, Journal

text = st.text(st.characters(codec="utf-8"), max_size=8)
maybe = st.none() | text
holdings = st.builds(Holding, maybe, st.lists(st.text("+0123456789", min_size=1)).map(sorted_numbers))
names = st.sampled_from(["hq", "lab", ""])
extensions = st.sampled_from(["1000", "0100", ""]) | text
effects = st.builds(Effect, names, extensions, holdings, holdings)
rows = st.builds(
    Row,
    st.just(0),
    st.sampled_from([*Action, "", "atach"]) | text,
    text,
    names,
    extensions,
    text,
    st.just(()),
    st.just(False),
)
verdicts = st.builds(
    Verdict,
    st.sampled_from(Outcome),
    st.sampled_from([*Code, *FaultCode]),
    st.lists(effects, max_size=3).map(tuple),
    text,
    text,
    st.lists(st.integers(1, 2**31), max_size=3).map(tuple),
)


@pytest.fixture
def journal(store, receive):
    return Journal(store, receive())


def change(seq: int, extension: str = "", pbx: str = "hq") -> Change:
    return Change(seq, pbx, extension or str(1000 + seq), Holding(None, ()), Holding(f"m{seq}@x.org", ()))


def statuses(journal: Journal) -> dict[int, ChangeStatus]:
    return {found.seq: status for status in ChangeStatus for found in journal.changes(None, status)}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(played=st.lists(st.tuples(rows, verdicts), min_size=1, max_size=4))
def test_a_row_comes_back_exactly(journal, store, played):
    """Its cells, outcome, code, effects, what stands in the way and which lines it undoes."""
    with store.transaction() as connection:
        journal.clear(connection, keep=-1)
    played = [(row._replace(line=line), verdict) for line, (row, verdict) in enumerate(played, 2)]
    assert list(journal.add_rows(1, played)) == played
    assert [(row, verdict) for row, verdict, _ in journal.rows(1)] == played


def test_a_row_with_one_effect_takes_no_more_than_its_cells(journal, store):
    """The plain case, which nearly all rows are, has nothing in the column for the others."""
    effect = Effect("hq", "1000", Holding(None, ()), Holding("ada@x.org", ()))
    row = Row(2, Action.ATTACH, "ada@x.org", "hq", "1000", "")
    list(journal.add_rows(1, [(row, Verdict(Outcome.DONE, Code.LINKED, (effect,)))]))
    with store.snapshot() as connection:
        assert connection.exec_driver_sql("SELECT more FROM sheet_row").scalar_one() is None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pair=st.tuples(rows, verdicts),
    code=st.sampled_from([Code.PBX_REFUSED, Code.IN_DOUBT]),
    other=text,
    words=text,
)
def test_a_corrected_row_keeps_all_but_what_became_of_it(journal, store, pair, code, other, words):
    """Outcome and code are the new ones, with the PBX's words; cells, lines undone and the effects' places stay."""
    row, verdict = pair[0]._replace(line=2), pair[1]
    with store.transaction() as connection:
        journal.clear(connection, keep=-1)
    list(journal.add_rows(1, [(row, verdict)]))
    with store.transaction() as connection:
        journal.correct(connection, 1, 2, Outcome.FAILED, code, other, words)
    ((found, now, said),) = journal.rows(1)
    assert (found, said) == (row, words)
    assert (now.outcome, now.code, now.other) == (Outcome.FAILED, code, other)
    assert (now.holder, now.overrides) == (verdict.holder, verdict.overrides)
    assert [(e.pbx, e.extension, e.before) for e in now.effects] == [
        (e.pbx, e.extension, e.before) for e in verdict.effects
    ]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(st.tuples(names, extensions, holdings, holdings), max_size=4))
def test_a_change_comes_back_exactly(journal, store, found):
    """PBX, extension, before and after; None is not an empty string."""
    with store.transaction() as connection:
        journal.clear(connection, keep=-1)
    changes = [Change(seq, *rest) for seq, rest in enumerate(found, 1)]
    journal.add_changes(1, changes)
    assert list(journal.changes(None)) == changes


def test_more_than_a_page(journal):
    """Nothing is lost or doubled where pages meet."""
    for count in (PAGE - 1, PAGE, PAGE + 1):
        first = journal.last_seq() + 1
        changes = [change(seq) for seq in range(first, first + count)]
        journal.add_changes(1, changes)
        assert list(journal.changes(None))[-count:] == changes
    played = [
        (Row(line, Action.DETACH, "a@x.org", "hq", "", ""), Verdict(Outcome.UNCHANGED, Code.NOTHING_HELD))
        for line in range(2, 2 * PAGE + 3)
    ]
    assert list(journal.add_rows(1, played)) == played
    assert [(row, verdict) for row, verdict, _ in journal.rows(1)] == played
    assert journal.count(1) == len(played)


def test_changes_while_they_are_read(journal, store):
    """A stream of changes does not stop others from writing, and does not lose its place."""
    journal.add_changes(1, [change(seq) for seq in range(1, PAGE + 10)])
    seen = []
    for found in journal.changes("hq", ChangeStatus.PLANNED):
        seen.append(found)
        if len(seen) % 500 == 0 or found.seq > PAGE:
            with store.transaction() as connection:
                journal.mark(connection, seen, ChangeStatus.SENT)
    assert [found.seq for found in seen] == list(range(1, PAGE + 10))
    assert journal.tally() == {ChangeStatus.SENT: PAGE + 9}


class TestFates:
    @pytest.fixture
    def journal(self, journal):
        """Six changes, the last two on another PBX."""
        journal.add_changes(1, [change(seq, pbx="hq" if seq < 5 else "lab") for seq in range(1, 7)])
        return journal

    def test_mark(self, journal, store):
        """Stretches and single ones, and no others."""
        with store.transaction() as connection:
            journal.mark(connection, [change(1), change(2), change(4)], ChangeStatus.SENT)
        sent = {seq for seq, status in statuses(journal).items() if status is ChangeStatus.SENT}
        assert sent == {1, 2, 4}
        assert journal.tally() == {ChangeStatus.SENT: 3, ChangeStatus.PLANNED: 3}

    def test_record(self, journal, store):
        """Done ones are done; the others keep status, code and the PBX's words."""
        results = [
            (Result(change(1), ChangeStatus.DONE), ""),
            (Result(change(2), ChangeStatus.FAILED, "no licence"), Code.PBX_REFUSED),
            (Result(change(3), ChangeStatus.STALE, "it shows bob"), Code.PBX_MOVED),
        ]
        with store.transaction() as connection:
            journal.record(connection, results)
        assert statuses(journal) == {1: "done", 2: "failed", 3: "stale", 4: "planned", 5: "planned", 6: "planned"}
        assert [(c.seq, status, code, words) for c, status, code, words in journal.unmade_changes(1)][:2] == [
            (2, ChangeStatus.FAILED, Code.PBX_REFUSED, "no licence"),
            (3, ChangeStatus.STALE, Code.PBX_MOVED, "it shows bob"),
        ]

    def test_close(self, journal, store):
        """Every change of one PBX that has this status, and of no other."""
        with store.transaction() as connection:
            journal.mark(connection, [change(1), change(5)], ChangeStatus.SENT)
            journal.settle_pbx(connection, "hq", ChangeStatus.SENT, ChangeStatus.UNKNOWN, Code.IN_DOUBT, "gone")
        assert statuses(journal) == {1: "unknown", 2: "planned", 3: "planned", 4: "planned", 5: "sent", 6: "planned"}

    def test_the_pbxs_in_order(self, journal):
        """As they first appear."""
        assert journal.pbxs() == ["hq", "lab"]
        assert journal.pbxs(ChangeStatus.SENT) == []

    def test_later(self, journal):
        """Whether a later change of this run goes on from there."""
        journal.add_changes(1, [change(7, "1001")])
        assert journal.has_later_change(change(1))
        assert not journal.has_later_change(change(2))
        assert not journal.has_later_change(change(7, "1001"))

    def test_clear_keeps_what_was_sent(self, journal, store):
        """A plan that is made anew forgets what was only planned, never what was under way or made."""
        with store.transaction() as connection:
            journal.mark(connection, [change(1)], ChangeStatus.DONE)
            journal.mark(connection, [change(2)], ChangeStatus.SENT)
            journal.clear(connection, keep=2)
        assert statuses(journal) == {1: "done", 2: "sent"}
        assert journal.last_seq() == 2


def test_runs_do_not_see_each_other(store, receive):
    """Each has its rows and changes, and its own count of them."""
    one, two = Journal(store, receive()), Journal(store, receive())
    one.add_changes(1, [change(1)])
    list(one.add_rows(1, [(Row(2, "x", "", "", "", ""), Verdict(Outcome.INVALID, FaultCode.BAD_ACTION))]))
    assert list(two.changes(None)) == []
    assert list(two.rows(1)) == []
    assert two.last_seq() == 0
    assert not two.has_later_change(change(0, "1001"))


def test_faults_come_back_by_line(journal, store):
    """Those of rows with their rows, those of the file on their own; in the order in which they were found."""

    def fault(line: int, code: FaultCode, severity: Severity = Severity.ERROR) -> Fault:
        return Fault(line, "Action", "atach", code, severity, f"{code} in {line}", "")

    first = (fault(3, FaultCode.BAD_EMAIL), fault(3, FaultCode.BAD_ACTION))
    file = fault(1, FaultCode.UNKNOWN_COLUMN, Severity.WARNING)
    row = Row(3, "atach", "x", "", "", "", first)
    list(journal.add_rows(1, [(row, Verdict(Outcome.INVALID, FaultCode.BAD_EMAIL))]))
    with store.transaction() as connection:
        journal.add_faults(connection, 1, [file])
    assert list(journal.faults(1)) == [file, *first]
    assert list(journal.faults(1, whole_file=True)) == [file]
    assert journal.faults_of(1, [3, 4]) == {3: list(first)}
    assert list(journal.faults(2)) == []
