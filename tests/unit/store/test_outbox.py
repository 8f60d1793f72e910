"""Reports that wait: queued with the end of their run, tried until they have arrived, given up by rule or by hand."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from linecard.model.run import Drop, State
from linecard.store.outbox import Outbox
from linecard.store.store import Store


@pytest.fixture
def outbox(store):
    return Outbox(store)


@pytest.fixture
def receive(store):
    def received() -> int:
        with store.transaction() as connection:
            return store.receive(connection, "hr", Drop("a.csv", "a" * 64, 1, "x"), description="", who="ada")

    return received


def go(store, run, *states):
    with store.transaction() as connection:
        for state in states:
            store.transition(connection, run, state, who="ada", why="")


def ended(store, receive):
    run = receive()
    go(store, run, State.PLANNED, State.UNCHANGED)
    return run


def test_a_run_that_ends_or_waits_has_a_report_to_deliver(store, receive, outbox):
    """Queued in the transaction that moves it."""
    run = receive()
    go(store, run, State.PLANNED)
    assert outbox.list_pending() == []
    go(store, run, State.HELD)
    (item,) = outbox.list_due()
    assert (item.run_id, item.sink, item.tells, item.address) == (run, "archive", State.HELD, "")


def test_it_is_queued_once(store, receive, outbox):
    """A run that is held, planned again and held again has one report of that kind waiting."""
    run = receive()
    go(store, run, State.PLANNED, State.HELD, State.PLANNED, State.HELD)
    assert len(outbox.list_pending()) == 1


def test_each_address_has_a_letter_of_its_own(tmp_path, clock, store, receive):
    """So that one that is refused keeps nobody else from theirs."""
    told = [("archive", ""), ("post", "anna@x.org"), ("post", "odd:name@x.org"), ("post", "anna@x.org")]
    recipients = lambda inbox, state, counts: told if (inbox, state) == ("hr", State.UNCHANGED) else ()  # noqa: E731
    with closing(Store.open(tmp_path, clock, recipients)) as other:
        ended(other, receive)
    outbox = Outbox(store)
    assert [(item.sink, item.address) for item in outbox.list_pending()] == told[:3]
    assert [item.address for item in outbox.list_pending("post")] == ["anna@x.org", "odd:name@x.org"]
    assert outbox.list_pending("pos") == outbox.list_pending("p_st") == []


def test_delivered_it_is_not_delivered_again(store, receive, outbox):
    """And it is remembered where it went."""
    run = ended(store, receive)
    (item,) = outbox.list_due()
    assert store.report_location(run) == ""
    with store.transaction() as connection:
        outbox.mark_delivered(connection, item.id, "/reports/1.html")
    assert outbox.list_pending() == []
    assert store.report_location(run) == "/reports/1.html"


def test_a_letter_that_failed_is_due_later(store, receive, outbox, clock):
    """Its tries are counted before each; meanwhile it waits and is not due."""
    ended(store, receive)
    (item,) = outbox.list_due()
    with store.transaction() as connection:
        outbox.count_attempt(connection, item.id)
        outbox.mark_failed(connection, item.id, "451 later", clock.time + timedelta(hours=1))
    assert outbox.list_due() == []
    (waiting,) = outbox.list_pending()
    assert (waiting.attempts, waiting.problem) == (1, "451 later")
    clock.time += timedelta(hours=2)
    assert [due.id for due in outbox.list_due()] == [item.id]


def test_a_letter_given_up_waits_no_more_and_is_remembered(store, receive, outbox):
    """Refused for good, or dropped by a person; a person can have it tried again."""
    ended(store, receive)
    (item,) = outbox.list_due()
    with store.transaction() as connection:
        outbox.mark_failed(connection, item.id, "550 nobody here", None)
    assert outbox.list_pending() == []
    assert [gone.problem for gone in outbox.list_given_up()] == ["550 nobody here"]
    with store.transaction() as connection:
        outbox.retry(connection, item.id)
    assert [due.attempts for due in outbox.list_due()] == [0]
    with store.transaction() as connection:
        outbox.discard(connection, item.id, "anna: not needed")
    assert outbox.list_pending() == []


def test_a_move_that_is_rolled_back_queues_nothing(store, receive, outbox):
    """The report and the state are one transaction."""
    run = receive()
    go(store, run, State.PLANNED)

    class PowerCutError(Exception):
        pass

    def cut_short() -> None:
        with store.transaction() as connection:
            store.transition(connection, run, State.UNCHANGED, who="ada", why="")
            raise PowerCutError

    with pytest.raises(PowerCutError):
        cut_short()
    assert (store.get_run(run).state, outbox.list_pending()) == (State.PLANNED, [])
