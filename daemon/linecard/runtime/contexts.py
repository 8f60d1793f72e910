"""What plugins are built with: one context for each thing that is built from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from linecard.config import Config
from linecard.infrastructure.files import open_nameless
from linecard.pipeline.sheet_file import TEMPORARY
from linecard.ports.context import Clock, Context, Log, Site
from linecard.runtime.log import log

if TYPE_CHECKING:
    from pathlib import Path


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

    def _context(self, name: str, state: Path, facts: Mapping[str, Any], **more: Any) -> Context:
        return Context(
            name=name,
            site=self._site,
            state=state,
            now=self._now,
            log=partial(self._write, **facts),
            temporary_file=partial(open_nameless, self._config.state / TEMPORARY),
            **more,
        )
