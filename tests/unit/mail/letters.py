"""Letters about runs, made into mails without a server."""

from __future__ import annotations

from email.message import EmailMessage
from typing import TextIO

from linecard.api import Context
from linecard.api.report import wording
from linecard.api.sink import Letter
from linecard.model.run import Run
from linecard.pipeline.report import RunReport
from linecard_mail.attachments import Attachments, collect_attachments
from linecard_mail.message import compose_message
from linecard_mail.options import MailOptions
from unit.reports.sites import Site

LANGUAGES = ("en", "fr", "de", "es", "pt")
OPTIONS = MailOptions(
    host="localhost",
    security="none",
    sender="linecard@example.org",
    link="https://reports.example.org/linecard",
    within=2,
)


def letter(site: Site, run: Run, language: str = "en") -> Letter:
    config = site.service.config
    report = RunReport(site.service.store, run, site=config.site, timezone=config.timezone, words=wording(language))
    return Letter(7, report, run.state, "anna@example.org", language, site.service.store.report_location(run.id))


def context(site: Site) -> Context:
    return site.service.contexts.sink("post")


def attached(site: Site, made: Letter, **limits: int) -> Attachments:
    def write(form: str, out: TextIO) -> None:
        site.service.renderers[form].render(made.report, out, templates=None)

    return collect_attachments(made, write, **({"plain_most": 500_000, "attached_most": 10_000_000} | limits))


def mail(site: Site, run: Run, language: str = "en", options: MailOptions = OPTIONS) -> EmailMessage:
    made = letter(site, run, language)
    return compose_message(made, context(site), options, attached(site, made))[0]


def body(found: EmailMessage, form: str) -> str:
    part = found.get_body((form,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
