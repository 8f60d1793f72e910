"""What becomes of a run that was planned again: nothing goes on by itself but what was approved."""

from __future__ import annotations

from itertools import product

import pytest

from linecard.model.run import State
from linecard.rules.replan import Replanned, next_state


@pytest.mark.parametrize(
    ("new", "state"),
    [
        (Replanned(approved=False, seen=False, same=False, size=3, held=False, asking=False), State.PLANNED),
        (Replanned(approved=False, seen=False, same=False, size=0, held=False, asking=False), State.UNCHANGED),
        (Replanned(approved=False, seen=False, same=False, size=3, held=True, asking=False), State.HELD),
        (Replanned(approved=True, seen=True, same=True, size=3, held=True, asking=False), State.APPROVED),
        (Replanned(approved=True, seen=True, same=False, size=0, held=True, asking=False), State.APPROVED),
        (Replanned(approved=True, seen=True, same=False, size=3, held=False, asking=False), State.HELD),
        (Replanned(approved=True, seen=True, same=False, size=3, held=False, asking=True), State.PLANNED),
        (Replanned(approved=True, seen=False, same=False, size=3, held=False, asking=False), State.PLANNED),
        (Replanned(approved=True, seen=True, same=False, size=3, held=True, asking=True), State.HELD),
        (Replanned(approved=False, seen=True, same=True, size=3, held=False, asking=False), State.HELD),
    ],
    ids=[
        "a first plan",
        "a first plan without changes",
        "a first plan over a limit",
        "the approved plan, or what is left of it",
        "nothing is left to change",
        "another plan than the one a person saw",
        "the person is here and is asked next",
        "another plan than the one that the limits approved",
        "over a limit, though the person is here",
        "a plan that was seen and not approved",
    ],
)
def test_where_it_goes(new, state):
    assert next_state(new) is state


@pytest.mark.parametrize("facts", list(product((False, True), repeat=5)))
@pytest.mark.parametrize("size", [0, 3])
def test_it_goes_on_by_itself_only_as_approved(facts, size):
    """Approved is only what was: the same plan, or nothing more to do. Over a limit, everything else waits."""
    approved, seen, same, held, asking = facts
    found = next_state(Replanned(approved, seen, same, size, held, asking))
    assert (found is State.APPROVED) == (approved and (same or size == 0))
    if found is not State.APPROVED and held:
        assert found is State.HELD
