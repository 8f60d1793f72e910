"""What plugins are built with: one context for each thing that is built from the configuration."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from linecard.config import Config
from linecard.infrastructure.files import open_nameless
from linecard.infrastructure.rate_budget import FileRateBudget
from linecard.pipeline.sheet_file import TEMPORARY
from linecard.ports.context import Clock, Context, Log, Site
from linecard.ports.rate_budget import RateBudget
from linecard.rules.token_bucket import plan_rate
from linecard.runtime.log import log

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
RATE_BUDGETS = "rates"
"""The folder of rate budgets in that of the state."""


class Contexts:
    """The contexts of one site. `write` is the log they all share."""

    def __init__(self, config: Config, now: Clock, write: Log = log) -> None:
        self._config, self._now, self._write = config, now, write
        self._site = Site(
            name=config.site,
            folder=config.folder,
            state=config.state,
            reports=config.reports,
            quarantine=config.quarantine,
            templates=config.templates,
        )
        self._budgets: dict[tuple[str, int, float], RateBudget] = {}
        self._budgets_lock = threading.Lock()

    def pbx(self, name: str) -> Context:
        return self._context(name, self._config.state / "pbxs" / name, {"pbx": name})

    def inbox(self, name: str) -> Context:
        found = self._config.inboxes[name]
        # Claimed files lie here since the first version: a folder of another name would lose sight of them.
        state = self._config.state / "work" / name
        return self._context(name, state, {"inbox": name}, path=found.path, reply=found.reply or "")

    def opener(self, inbox: str, kind: str) -> Context:
        facts = {"inbox": inbox, "opener": kind}
        return self._context(inbox, self._config.state / "openers" / inbox / kind, facts)

    def keyring(self, kind: str) -> Context:
        return self._context(kind, self._config.state / "keyrings" / kind, {"keyring": kind})

    def processor(self, name: str) -> Context:
        return self._context(name, self._config.state / "processors" / name, {"processor": name})

    def sink(self, name: str) -> Context:
        return self._context(name, self._config.state / "sinks" / name, {"sink": name})

    def _rate_budget(self, key: str, requests: int, seconds: float) -> RateBudget:
        """The same for the same account: what waits in line there is counted."""
        with self._budgets_lock:
            if (found := self._budgets.get((key, requests, seconds))) is None:
                # The key may tell who has an account where: it is not the name of the file itself.
                name = hashlib.sha256(key.encode()).hexdigest()[:32]
                found = self._budgets[key, requests, seconds] = FileRateBudget(
                    self._config.state / RATE_BUDGETS / name,
                    plan_rate(requests, seconds),
                    clock=time.monotonic,
                    sleep=time.sleep,
                    boot=_read_boot(),
                )
            return found

    def _context(self, name: str, state: Path, facts: Mapping[str, Any], **more: Any) -> Context:
        return Context(
            name=name,
            site=self._site,
            state=state,
            now=self._now,
            log=partial(self._write, **facts),
            temporary_file=partial(open_nameless, self._config.state / TEMPORARY),
            rate_budget=self._rate_budget,
            **more,
        )


def _read_boot() -> bytes:
    """Which start of the machine this is; zeros where the kernel does not say."""
    try:
        return UUID(BOOT_ID.read_text(encoding="ascii").strip()).bytes
    except (OSError, ValueError):
        return bytes(16)
