"""Claims outlive the program: what was intended, what was kept, and what was parted with."""

from __future__ import annotations

import pytest

from linecard.ports.inbox import Listing
from linecard.store.claims import Claim, Claims

SEEN = Listing(b"caf\xe9.csv", 3, "1:2:3:4:5", 77.5, "", b"caf\xe9.done", owner="ada")
ONE, TWO = Claim("1" * 32, SEEN, "2026/06/one"), Claim("2" * 32, SEEN._replace(modified=1.0), "2026/06/two")


@pytest.fixture
def claims(world):
    return Claims(world.store, "hr")


def intend(world, claims, *some):
    with world.store.transaction() as connection:
        claims.record_intent(connection, some)


def test_what_was_intended_is_found_again_byte_for_byte_in_the_order_of_arrival(world, claims):
    intend(world, claims, ONE, TWO)
    assert Claims(world.store, "hr").list_untaken() == [TWO, ONE]


def test_each_inbox_has_its_own(world, claims):
    intend(world, claims, ONE)
    assert Claims(world.store, "it").list_untaken() == []


def test_nothing_intended_is_nothing_written(world, claims):
    intend(world, claims)
    assert claims.list_untaken() == []


def test_what_came_to_nothing_is_forgotten(world, claims):
    intend(world, claims, ONE, TWO)
    with world.store.transaction() as connection:
        claims.drop_claims(connection, [ONE.id])
    assert claims.list_untaken() == [TWO]


def test_what_a_file_looks_like_by_now_is_remembered(world, claims):
    intend(world, claims, ONE)
    with world.store.transaction() as connection:
        claims.update_listing(connection, ONE.id, SEEN._replace(size=9, version="other"))
    (found,) = claims.list_untaken()
    assert (found.seen.size, found.seen.version, found.seen.name) == (9, "other", SEEN.name)


def test_a_claim_that_was_taken_waits_for_the_end_of_its_run(world):
    world.put()
    (run,) = world.settled()
    claims = Claims(world.store, "hr")
    assert claims.list_untaken() == []
    assert claims.list_unsettled() == []
    assert world.store.list_inbox_runs() == {run.id}
    world.end(run)
    (found,) = claims.list_unsettled()
    assert (found.run_id, found.whole, found.path) == (run.id, True, run.drop.path)
    assert claims.list_unsettled(run.id + 1) == []
    with world.store.transaction() as connection:
        claims.drop_claims(connection, [found.id])
    assert claims.list_unsettled() == [found], "what was taken is not forgotten"
    with world.store.transaction() as connection:
        claims.mark_settled(connection, found.id)
    assert claims.list_unsettled() == []
    assert world.store.list_inbox_runs() == set()
