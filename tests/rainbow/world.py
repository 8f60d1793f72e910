"""Everything that a running simulator holds, under one lock, and the log of what it was asked."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from rainbow.accounts import Accounts
from rainbow.answers import Json
from rainbow.assumptions import Assumptions
from rainbow.faults import Faults
from rainbow.limits import RateLimit
from rainbow.provisioning import Provisioning
from rainbow.tenant import Tenant


@dataclass(frozen=True)
class Request:
    """One request of the log. Credentials are left out."""

    method: str
    target: str
    """Path and query, without what stands before `/api`."""
    status: int
    """What was answered; 0 where nothing was."""
    login: str
    """Who asked, as far as known."""
    body: str
    at: float
    """When it came, by the world's clock."""


@dataclass
class World:
    tenant: Tenant = field(default_factory=Tenant)
    assumptions: Assumptions = field(default_factory=Assumptions)
    faults: Faults = field(default_factory=Faults)
    limit: RateLimit = field(default_factory=RateLimit)
    provisioning: Provisioning = field(default_factory=Provisioning)
    latency: float = 0.0
    """Seconds that each answer takes at least."""
    now: Callable[[], float] = time.time
    requests: list[Request] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    stopping: threading.Event = field(default_factory=threading.Event, repr=False)
    accounts: Accounts = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.tenant)

    def pause(self, seconds: float) -> None:
        """Wait without the lock, which the caller holds once; others are served meanwhile."""
        self.lock.release()
        try:
            self.stopping.wait(seconds)
        finally:
            self.lock.acquire()

    def figures(self) -> Json:
        """Counts for a test to compare: requests by verb and status, tokens, refusals of the limit."""
        with self.lock:
            verbs = Counter(request.method for request in self.requests)
            statuses = Counter(str(request.status) for request in self.requests)
            return {
                "requests": dict(verbs),
                "statuses": dict(statuses),
                "tokens": self.accounts.figures(),
                "tooMany": self.limit.refused,
            }
