"""A notice as a mail: heads and both forms of the body."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from linecard.api import Note, Outlet
from linecard_mail.convert import TONES, moments
from linecard_mail.message import Head, enveloped, sum_of, words_of
from linecard_mail.options import MailOptions
from linecard_mail.printing import OWN, both, harmless, in_head


def notice_mail(note: Note, outlet: Outlet, options: MailOptions) -> tuple[EmailMessage, str]:
    """The mail, and what is wrong with a template of the site's own. Raises `SinkError` for a wrong address.

    Sent again it is the same, id and date included.
    """
    notice = note.notice
    given = facts(note, outlet, options)
    plain, html, wrong = both("warning", OWN, given, outlet.templates)
    head = Head(
        note.address,
        given["subject"],
        notice.at.astimezone(ZoneInfo(notice.timezone)),
        id=f"warning.{sum_of(outlet.site, notice.at.isoformat(), str(note.id))}",
        thread=f"warnings.{sum_of(outlet.site)}",
        group="warnings",
    )
    made = enveloped(head, options, plain, html)
    made["Content-Language"] = note.language
    return made, wrong


def facts(note: Note, outlet: Outlet, options: MailOptions) -> dict[str, Any]:
    """All that a template may use (docs/mail.md lists it)."""
    notice, words = note.notice, words_of(note)
    concern = notice.about
    said = _sentence(words.again(concern.message))
    return {
        "language": words.language,
        "_": words,
        "many": words.many,
        "number": words.number,
        "moment": moments(words, ZoneInfo(notice.timezone)),
        "subject": in_head(" ".join(harmless(f"linecard {notice.site}: {said}").split())[:180]),
        "notice": notice,
        "said": said,
        "remedy": words.again(concern.remedy),
        "tone": TONES["attention"],
        "answers": bool(options.reply_to),
        "sink": outlet.name,
    }


def _sentence(said: str) -> str:
    """What a log has in small letters, for a reader."""
    return f"{said[:1].upper()}{said[1:]}"
