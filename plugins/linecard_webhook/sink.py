"""The sink: one POST for each letter."""

from __future__ import annotations

import os
import ssl
from urllib.parse import urlsplit

import httpx2

from linecard.api import Context, sanitize_line
from linecard.api.report import FINE, Outcome, as_dict
from linecard.api.sink import Letter, Note, SinkError, Write
from linecard_webhook.message import MOST_PROBLEMS, make_body, make_notice_body, sign
from linecard_webhook.options import WebhookOptions

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
AGAIN = frozenset({408, 409, 425, 429})
"""Answers below 500 after which another try makes sense."""


def build(options: WebhookOptions, context: Context) -> Webhook:
    return Webhook(options, context)


class Webhook:
    """POSTs to one address. Redirects are not followed: a letter goes where the configuration says."""

    def __init__(self, options: WebhookOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._folder = context.site.folder
        self._client: httpx2.Client | None = None

    def deliver(self, letter: Letter, write: Write) -> str:  # noqa: ARG002 - the message is small; the report stays
        not_fine = tuple(outcome for outcome in Outcome if outcome not in FINE)
        problems = [as_dict.line(line) for line in letter.report.lines(*not_fine, limit=MOST_PROBLEMS)]
        return self._post(letter.id, make_body(letter, problems))

    def notify(self, note: Note) -> str:
        return self._post(note.id, make_notice_body(note))

    def _post(self, delivery: int, content: bytes) -> str:
        options = self._options
        address = urlsplit(options.url)
        if address.scheme != "https" and address.hostname not in LOOPBACK:
            raise SinkError(f"{options.url} is not encrypted.", remedy="Give an address with https.", final=True)
        headers = {"Content-Type": "application/json", "Linecard-Delivery": str(delivery)}
        if options.secret is not None:
            secret = options.secret.reveal(self._folder, os.environ)
            headers["Linecard-Signature"] = sign(secret, int(self._context.now().timestamp()), content)
        try:
            answer = self._open_client().post(options.url, content=content, headers=headers)
        except (httpx2.HTTPError, ssl.SSLError, OSError) as error:
            raise SinkError(f"{address.hostname} cannot be reached: {error}.") from error
        if answer.status_code < 300:
            return f"{address.hostname}: {answer.status_code}"
        said = sanitize_line(answer.text[:200])
        raise SinkError(
            f"{address.hostname} answered {answer.status_code} {said}".rstrip() + ".",
            remedy="Look at the log of the system behind that address.",
            final=answer.status_code < 500 and answer.status_code not in AGAIN,
        )

    def _open_client(self) -> httpx2.Client:
        if self._client is None:
            file = self._options.ca_file
            trusted = ssl.create_default_context(cafile=str(self._folder / file) if file is not None else None)
            self._client = httpx2.Client(verify=trusted, timeout=self._options.timeout, follow_redirects=False)
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
