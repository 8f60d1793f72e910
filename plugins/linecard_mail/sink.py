"""The sink: one mail for each letter."""

from __future__ import annotations

from collections.abc import Iterator

from linecard.api import Context, Finding, LinecardError
from linecard.api.sink import Letter, Note, Write
from linecard_mail.attachments import NONE, Attachments, collect_attachments
from linecard_mail.client import MailClient
from linecard_mail.message import MOST_BODY, compose_message, parse_address
from linecard_mail.notices import compose_notice
from linecard_mail.options import MailOptions

HEADERS = 4_000
"""Bytes of a mail besides its body and its files, at most."""


def build(options: MailOptions, context: Context) -> Mail:
    return Mail(options, context)


class Mail:
    """Sends by one server. What the files of a letter do not fit into is sent without them, and says so."""

    def __init__(self, options: MailOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._client = MailClient(options, context.site.folder, context.log)

    def deliver(self, letter: Letter, write: Write) -> str:
        options = self._options
        parse_address(letter.address)
        most = self._client.read_size_limit()
        found = collect_attachments(
            letter,
            write,
            plain_most=options.plain_most,
            attached_most=options.attached_most,
            is_workbook=options.retry_form == "workbook",
        )
        made, wrong = compose_message(letter, self._context, options, found)
        content = made.as_bytes()
        if most is not None and len(content) > most and found.attached:
            names = tuple(file.name for file in found.attached)
            without = Attachments(NONE.attached, (*names, *found.left_out))
            made, wrong = compose_message(letter, self._context, options, without, min(MOST_BODY, most - HEADERS))
            content = made.as_bytes()
        return self._send(letter.address, content, wrong)

    def notify(self, note: Note) -> str:
        made, wrong = compose_notice(note, self._context, self._options)
        return self._send(note.address, made.as_bytes(), wrong)

    def _send(self, address: str, content: bytes, wrong: str) -> str:
        sender, _ = parse_address(self._options.sender)
        to, utf8 = parse_address(address)
        where = self._client.send_mail(sender.addr_spec, to.addr_spec, content, utf8=utf8)
        if wrong:
            self._context.log(f"One of the site's own templates could not be used: {wrong}", level="warning")
        return f"{where} (linecard's own template was used: {wrong})" if wrong else where

    def probe(self) -> Iterator[Finding]:
        """Whether the server lets linecard in; nothing is sent."""
        try:
            yield Finding("server", ok=True, message=self._client.log_in())
        except LinecardError as error:
            yield Finding("server", ok=False, message=str(error), remedy=error.remedy)

    def close(self) -> None:
        self._client.close()
