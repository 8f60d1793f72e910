"""A letter as a mail: its headers, its body in two forms, its files."""

from __future__ import annotations

import hashlib
import quopri
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from pathlib import Path
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email

from linecard.api import Context, safe_name, sanitize
from linecard.api.report import Wording, wording
from linecard.api.sink import WORKBOOK_MEDIA_TYPE, Letter, Note, SinkError
from linecard_mail.attachments import Attachments
from linecard_mail.convert import Room, collect_facts, make_subject
from linecard_mail.options import MailOptions
from linecard_mail.template_renderer import render_both, sanitize_header

LANGUAGES = Path(__file__).with_name("languages")
MOST_BODY = 95_000
"""Bytes of both forms of the body as they are sent: Gmail clips a mail at 102 kB."""


def load_wording(letter: Letter | Note) -> Wording:
    return wording(letter.language, LANGUAGES)


def parse_address(text: str) -> tuple[Address, bool]:
    """An address as a server takes it, and whether it needs SMTPUTF8. Raises `SinkError` for what is none."""
    if not text:
        raise SinkError("There is no address to send it to.", remedy="Give an address with `to`.", final=True)
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise SinkError(
            f"{sanitize(text)[:100]} is not an e-mail address.", remedy="Correct it in `to`.", final=True
        ) from error
    if "=?" in found.normalized:  # which the email package would decode, line ends in it and all
        raise SinkError(f"{sanitize(text)[:100]} is an address that cannot be written safely.", final=True)
    return Address(username=found.local_part, domain=found.ascii_domain or found.domain), found.ascii_email is None


def render_bodies(
    letter: Letter, context: Context, options: MailOptions, files: Attachments, most: int = MOST_BODY
) -> tuple[str, str, str]:
    """Plain text, HTML, and what is wrong with a template of the site's own; with as many rows as there is room."""
    words = load_wording(letter)
    inbox = letter.report.run.inbox
    room = Room()
    while True:
        given = collect_facts(letter, context, options, words, room) | {"files": files}
        plain, html, wrong = render_both("mail", inbox, given, context.site.templates)
        if not room.problems or encoded_size(plain, html) <= most:
            return plain, html, wrong
        room = room.halve()


def encoded_size(*texts: str) -> int:
    """Bytes of texts as they are sent."""
    return sum(len(quopri.encodestring(text.encode())) for text in texts)


def compose_message(
    letter: Letter, context: Context, options: MailOptions, files: Attachments, most: int = MOST_BODY
) -> tuple[EmailMessage, str]:
    """The mail, and what is wrong with a template of the site's own; its body has at most so many bytes.

    Sent again it is the same, id and date included. No text from outside stands in a header but in the subject, which
    is one line of printable characters. Raises `SinkError` for a wrong address.
    """
    report = letter.report
    run = report.run
    plain, html, wrong = render_bodies(letter, context, options, files, most)
    headers = Headers(
        letter.address,
        make_subject(report, load_wording(letter)),
        run.changed.astimezone(ZoneInfo(report.timezone)),
        id=f"run.{short_hash(context.site.name, run.created.isoformat(), run.drop.sha256, str(letter.id))}",
        thread=f"inbox.{short_hash(context.site.name, run.inbox)}",
        group=run.inbox,
    )
    made = compose_mail(headers, options, plain, html)
    for file in files.attached:
        if file.kind == "csv":
            made.add_attachment(file.content, "text", "csv", filename=file.name, params={"charset": "utf-8"})
        else:
            kind = WORKBOOK_MEDIA_TYPE if file.kind == "workbook" else ("application", "zip")
            made.add_attachment(file.content, *kind, filename=file.name)
    made["Content-Language"] = letter.language  # last: parts that are added take such headers with them
    return made, wrong


@dataclass(frozen=True, slots=True)
class Headers:
    """What stands in the headers of a mail: to whom, about what, when, as which of which thread, for which list."""

    address: str
    subject: str
    date: datetime
    id: str
    thread: str
    group: str


def compose_mail(headers: Headers, options: MailOptions, plain: str, html: str) -> EmailMessage:
    """A mail with these headers and both forms of its body. Raises `SinkError` for a wrong address."""
    sender, _ = parse_address(options.sender)
    to, utf8 = parse_address(headers.address)
    thread = f"<{headers.thread}@{sender.domain}>"
    made = EmailMessage(policy=SMTPUTF8 if utf8 else SMTP)
    made["From"] = Address(sanitize_header(options.sender_name), addr_spec=sender.addr_spec)
    made["To"] = to
    if options.reply_to is not None:
        made["Reply-To"] = parse_address(options.reply_to)[0]
    made["Subject"] = headers.subject
    made["Date"] = headers.date
    made["Message-ID"] = f"<{headers.id}@{sender.domain}>"
    made["In-Reply-To"] = thread
    made["References"] = thread
    made["List-Id"] = f"<{safe_name(headers.group).lower().replace('_', '-')}.linecard.{sender.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made["Precedence"] = "list"
    made["X-Auto-Response-Suppress"] = "All"
    made.set_content(plain, cte="quoted-printable")
    made.add_alternative(html, subtype="html", cte="quoted-printable")
    return made


def short_hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()[:24]
