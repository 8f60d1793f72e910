"""How many requests a service takes: one budget for all who use the same account there."""

from __future__ import annotations

from typing import Protocol


class RateBudget(Protocol):
    """Requests that may be sent to a service, shared by all threads, and by all linecards of the site.

    No window of the agreed length has more requests than agreed, also as the service counts them. Each method may
    raise `StateError`: the site's state folder cannot be used.
    """

    def take(self, at_most: float) -> bool:
        """Wait until one more request may be sent, and count it.

        False, and nothing is counted, if that takes longer than `at_most` seconds: at once where that is known, and
        when they are over where somebody else was quicker or the service asked for a pause meanwhile.
        """
        ...

    def hold(self, seconds: float) -> None:
        """The service refused a request and said when to come back (Retry-After): nobody sends anything for so long.

        Then one request goes alone, and the others a second later, unless this is called again; so a service that goes
        on refusing gets one request a pause. It holds for an hour at most.
        """
        ...

    def wait_for(self, requests: int) -> float:
        """Seconds until so many more requests could have been sent if nobody else sent any. Takes nothing."""
        ...
