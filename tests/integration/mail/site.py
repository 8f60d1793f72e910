"""A site whose readers get mail, and the post that a test lets deliver."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from linecard.model.run import Run
from linecard.runtime.delivery import Delivery
from linecard.runtime.health import Health
from linecard.runtime.operations import Operations
from linecard.runtime.report_folder import ReportFolder
from linecard.runtime.service import Service, utc_now
from linecard.store.outbox import Item, Outbox
from linecard.store.store import Clock

SITE = """\
site: {name}
region: FR
templates: templates
timezone: Europe/Paris
language: {language}
pbxs: {{hq: {{backend: directory, options: {{path: state/hq.sqlite3}}, extensions: 1000-4999}}}}
sinks:
  post: {{kind: mail, {digest}options: {options}}}
inboxes:
  hr: {{path: hr, {inbox}tell: {tell}}}
{more}
"""
PROBLEMS = "attach,ada@x.org,1000\nattach,bob@x.org,1000\n"


class Site:
    """`to` are the readers of its inbox; `options` those of its sink, besides where the server is.

    `inbox`, `digest` and `more` are further settings, of the inbox, the sink and the site; `now` is its clock.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        to: tuple[str, ...] = ("anna@example.org",),
        language: str = "en",
        name: str = "Nord",
        tell: list[dict[str, Any]] | None = None,
        inbox: str = "",
        digest: str = "",
        more: str = "",
        now: Clock = utc_now,
        **options: Any,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for place in ("templates", "hr", "archive", "reports"):
            (folder / place).mkdir(exist_ok=True)
        given = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "linecard@example.org", "timeout": 3}
        told = tell if tell is not None else [{"sink": "post", "to": list(to)}]
        text = SITE.format(
            name=json.dumps(name),
            language=language,
            options=json.dumps(given | options),
            tell=json.dumps(told),
            inbox=inbox,
            digest=f"{digest}, " if digest else "",
            more=more,
        )
        (folder / "linecard.yaml").write_text(text, encoding="utf-8")
        self.folder = folder
        self.service = Service.load(folder / "linecard.yaml", now=now)
        self.health = Health(self.service.now)
        self.post = Delivery(self.service, self.health)
        self.outbox = Outbox(self.service.store)

    def run(self, rows: str = PROBLEMS, name: str = "joiners.csv", description: str = "") -> Run:
        file = self.folder / "desk" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("Action,LoginEmail,Extension\n" + rows, encoding="utf-8")
        return self.import_(file, description)

    def import_(self, file: Path, description: str = "") -> Run:
        inbox = self.service.feed("hr")
        operations = Operations(self.service)
        with self.service.exclusive():
            run = operations.receive(file, inbox, description=description, stage=_silent)
            if run.state.value == "planned":
                run = operations.approve(run, why="test")
            run = operations.drive(run, inbox, confirm=lambda _run: True, stage=_silent, stop=lambda: False)
            ReportFolder(self.service).publish()
        return run

    def deliver(self) -> None:
        """What is due is delivered."""
        self.post.deliver()

    def later(self) -> None:
        """The letters that wait become due, and are delivered."""
        with self.service.store.transaction() as connection:
            connection.exec_driver_sql("UPDATE outbox SET due = NULL WHERE delivered IS NULL AND dropped IS NULL")
        self.post.deliver()

    @property
    def waiting(self) -> list[Item]:
        return self.outbox.list_pending("post")

    @property
    def problems(self) -> list[str]:
        return [item.problem for item in self.waiting]

    def close(self) -> None:
        self.post.close()
        self.service.__exit__()


def _silent(*_: object) -> Any:
    return lambda _count: None
