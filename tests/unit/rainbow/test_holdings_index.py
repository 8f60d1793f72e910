"""What else hangs together with a change: known of all extensions, or of none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linecard.api.backend import VACANT, Change, Holding
from linecard_rainbow.errors import UnansweredError
from linecard_rainbow.holdings_index import LOOKED_AT, HoldingsIndex
from linecard_rainbow.tenant import Held
from linecard_rainbow.wire import PhoneNumber, System

SYSTEM = System(id="s1", pbxId="PBX1")
TAKEN = "+33199001001"


class Lists:
    """A tenant whose list breaks off after so many numbers, the first time that it is read."""

    def __init__(self, *numbers, breaks_off_after=None):
        self.readings, self._numbers, self._after = 0, numbers, breaks_off_after

    def numbers(self):
        self.readings += 1
        for index, number in enumerate(self._numbers):
            if self.readings == 1 and index == self._after:
                raise UnansweredError("the connection was lost")
            yield Held(SYSTEM, number)


def make_number(extension, *, user=None, number=None):
    return PhoneNumber(id=f"n{extension}", shortNumber=extension, userId=user, numberE164=number)


ATTACH = Change(1, "hq", "1000", VACANT, Holding("ada@example.org", (TAKEN,)))
LIST = (make_number("1000"), make_number("1001", user="u1", number=TAKEN))


def find(index):
    return index.find_obstacle(ATTACH, "u2", several=True)


def test_a_list_that_broke_off_is_not_believed():
    """The part that came does not tell who has the number; it is read again, and not taken for all."""
    tenant = Lists(*LIST, breaks_off_after=1)
    index = HoldingsIndex(tenant, lambda: datetime.now(UTC))
    with pytest.raises(UnansweredError):
        find(index)
    assert find(index) == f"{TAKEN} is on extension 1001"


def test_what_was_changed_counts_until_the_list_is_read_again():
    """One's own changes are entered; those of others are seen after a while."""
    now = datetime.now(UTC)
    tenant = Lists(*LIST)
    index = HoldingsIndex(tenant, lambda: now)
    assert find(index)
    index.enter(make_number("1001"))
    assert find(index) == ""
    index.enter(make_number("1002", number=TAKEN))
    assert find(index) == f"{TAKEN} is on extension 1002"
    assert tenant.readings == 1
    now += LOOKED_AT + timedelta(seconds=1)
    assert find(index) == f"{TAKEN} is on extension 1001"
