"""Replies: results go back where the file came from, for the system that sent it."""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from linecard.infrastructure.files import open_nameless
from linecard.ports.inbox import SupportsReply
from linecard.ports.sink import Letter, SinkError, Write
from linecard.runtime.intakes import build_inbox

if TYPE_CHECKING:
    from linecard.runtime.service import Service

REPORT, RETRY = "csv", "retry"
"""The formats of the report and of the sheet that has what is to be sent again."""


class Replies:
    """Puts results into the folder `reply` of one inbox (see `linecard.ports.sink.Sink`).

    They have the names that they have in the archive, so that a second try finds what the first has put there.
    """

    def __init__(self, service: Service, name: str) -> None:
        self._service, self._inbox = service, build_inbox(service, name)
        self._kind = service.config.inboxes[name].kind

    def deliver(self, letter: Letter, write: Write) -> str:
        inbox = self._inbox
        if not isinstance(inbox, SupportsReply):
            raise SinkError(
                f"Inboxes of the kind {self._kind} take no replies.",
                remedy="Remove `reply` from the inbox.",
                final=True,
            )
        # Whoever sees the report finds the other one there.
        forms = (RETRY, REPORT) if letter.report.to_retry else (REPORT,)
        where = ""
        for form in forms:
            with open_nameless(self._service.config.state) as file:
                text = io.TextIOWrapper(file, encoding="utf-8", newline="")
                write(form, text)
                text.flush()
                text.detach()
                file.seek(0)
                name = f"{PurePosixPath(letter.report.path).name}{self._service.renderers[form].suffix}"
                where = inbox.put_reply(name, file)
        return where

    def close(self) -> None:
        self._inbox.close()
