"""How many requests an account may send: so many in a window of so many seconds, then 429 until the window ends.

Source: that 429 and Retry-After exist is in ALE's SDK; its own pace was 600 requests in 60 s, and is 20,250 in 60 s in
rainbow-node-sdk 2.46.1. No figure of the servers is public, so the simulator has no limit until one is set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass
class RateLimit:
    requests: int = 0
    """In a window; 0 is without limit."""
    seconds: float = 60.0
    refused: int = 0
    """How many requests were answered with 429."""
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)

    def admit(self, account: str, now: float) -> int | None:
        """Count a request. Whole seconds until the next one is admitted, or None when this one is."""
        if not self.requests:
            return None
        begin, count = self._windows.get(account, (now, 0))
        if now >= begin + self.seconds:
            begin, count = now, 0
        if count >= self.requests:
            self.refused += 1
            return max(1, math.ceil(begin + self.seconds - now))
        self._windows[account] = (begin, count + 1)
        return None
