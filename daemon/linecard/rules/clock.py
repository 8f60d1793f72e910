"""Whether the wall clock can be believed when it says that something has become old."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

MOST_DRIFT = timedelta(hours=1)
"""By how much the wall clock may run ahead of one that nobody sets before that counts as a jump."""
LONGEST_GAP = timedelta(days=1)
"""How long nobody may have looked at the clock before what it says then counts as a jump, too."""
PROBATION = timedelta(days=1)
"""How long a time that was jumped to must have lasted before it is believed."""


class ClockState(NamedTuple):
    """What is known of the wall clock.

    `seen` is what it said last. While it is doubted, `trusted` is the time that it would be without the jump, as far
    as that is known, and `lasted` for how long the clock has gone on evenly since.
    """

    seen: datetime
    trusted: datetime | None = None
    lasted: timedelta = timedelta()


def observe(known: ClockState | None, now: datetime, elapsed: timedelta | None) -> ClockState:
    """What is known after the clock said `now`.

    `elapsed` is what has passed since by a clock that nobody sets; None where there was none, as after a restart. A
    jump back makes nothing older than it is, and is believed.
    """
    if known is None:
        return ClockState(now)
    moved = now - known.seen
    jumped = moved > LONGEST_GAP or (elapsed is not None and moved - elapsed > MOST_DRIFT)
    passed = min(max(elapsed if elapsed is not None else moved, timedelta()), LONGEST_GAP)
    if known.trusted is None:
        return ClockState(now, known.seen + (timedelta() if elapsed is None else passed)) if jumped else ClockState(now)
    trusted = known.trusted if jumped and elapsed is None else known.trusted + passed
    is_set_back = moved < -MOST_DRIFT
    if now <= trusted + (LONGEST_GAP if is_set_back and elapsed is None else MOST_DRIFT):
        return ClockState(now)  # it is right again
    lasted = timedelta() if jumped or is_set_back else known.lasted + passed
    return ClockState(now) if lasted >= PROBATION else ClockState(now, trusted, lasted)
