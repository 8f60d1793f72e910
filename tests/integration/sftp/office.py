"""A site whose inboxes are folders of an SFTP server."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integration.daemon.site import Site
from integration.sftp.sshd import USER, Sshd
from linecard.errors import LinecardError
from linecard.runtime.intakes import build_intake
from linecard.runtime.serve import once
from linecard.runtime.service import Service

SETTLE = 5.0
SITE = """\
region: FR
reserve: 1
pbxs: {hq: {backend: directory, options: {path: state/hq.sqlite3}}}
inboxes:
"""


class Office(Site):
    """A site; `inboxes` are the options of each inbox by its name, besides where the server is.

    A `path` or `sheet` among them is the inbox's own, in place of what stands for all in `more`.
    """

    def __init__(
        self, folder: Path, server: Sshd, key: Path, inboxes: dict[str, dict[str, Any]] | None = None, **more: Any
    ) -> None:
        folder.mkdir(exist_ok=True)
        folder.joinpath("known_hosts").write_text(server.known)
        self._more = {"pbxs": ["hq"], "path": "hr", "settle": "100ms", "scan": 1} | more
        self._way = {"host": server.address, "port": server.port, "user": USER, "key": str(key), "pause": 0.1}
        super().__init__(folder, folder)
        self.sets_up(inboxes if inboxes is not None else {"hr": {}})

    def sets_up(self, inboxes: dict[str, dict[str, Any]]) -> None:
        """Written down as the configuration; an option that is None is left out."""
        text = SITE
        for name, options in inboxes.items():
            given = self._way | {"known_hosts": "known_hosts"} | options
            own = {key: given.pop(key) for key in ("path", "sheet") if key in given}
            left = {key: value for key, value in given.items() if value is not None or key == "claim"}
            text += f"  {name}: {json.dumps({'kind': 'sftp', 'options': left} | self._more | own)}\n"
        self.configure(text)

    # -- in this process -----------------------------------------------------------------------------------------------

    @contextmanager
    def opened(self) -> Iterator[Service]:
        with Service.load(self.folder / "linecard.yaml", who="test") as service:
            yield service

    def once(self) -> list[str]:
        """Do what lies there, as `linecard once` does; the alerts, in sentences."""
        with self.opened() as service:
            alerts = once(service, stop=lambda: False, wait=threading.Event().wait).alerts
            return [f"{t.what}: {t.message} {t.remedy}" for t in alerts]

    @contextmanager
    def looking(self, name: str = "hr") -> Iterator[Looking]:
        """One inbox that a test looks into when it wants to, by a clock that it turns on."""
        with self.opened() as service:
            looking = Looking(service, name)
            try:
                yield looking
            finally:
                looking.intake.close()

    @property
    def held(self) -> dict[str, str]:
        """Who holds which extension."""
        db = sqlite3.connect(self.folder / "state" / "hq.sqlite3")
        try:
            return dict(db.execute("SELECT extension, member FROM extensions WHERE member IS NOT NULL ORDER BY 1"))
        finally:
            db.close()

    @property
    def files(self) -> list[str]:
        """The names of the files that became runs, in order."""
        return [name for (name,) in self.ask("SELECT name FROM run JOIN drop_file ON drop_id = drop_file.id")]


class Looking:
    def __init__(self, service: Service, name: str) -> None:
        self.now = 1000.0
        self.inbox, self.intake = build_intake(service, name, lambda: self.now)

    def look(self, after: float = 0.0) -> Any:
        self.now += after
        return self.intake.scan()

    def refusal(self) -> LinecardError:
        """What a look that cannot be made says."""
        try:
            self.look()
        except LinecardError as error:
            return error
        raise AssertionError("the look was made")
