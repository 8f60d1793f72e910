"""What a warning looks like as a mail, whatever is in it."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from linecard.api import Concern, Note, Notice, Outlet
from linecard_mail.notices import notice_mail
from unit.mail.letters import LANGUAGES, OPTIONS, body
from unit.mail.lint import Lint

PLAIN = Concern("file of hr", "No file came by 2026-11-30 07:00; none ever came.", "Ask the producer.")
HOSTILE = Concern(
    "x", "<script>alert(1)</script>\r\nBcc: eve@x.org\n\N{RIGHT-TO-LEFT OVERRIDE}=?utf-8?q?a=0Ab?=", "<img src=x>"
)


def mail(concern: Concern, language: str = "en", templates: Path | None = None, site: str = "Nord") -> EmailMessage:
    at = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    note = Note(7, Notice(concern, site, "Europe/Paris", at), "anna@example.org", language)
    outlet = Outlet("post", site, Path("/nowhere"), Path("/nowhere/reports"), templates)
    return notice_mail(note, outlet, OPTIONS)[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("concern", [PLAIN, HOSTILE], ids=["plain", "hostile"])
def test_it_keeps_the_rules_of_mail_programs(concern: Concern, language: str) -> None:
    """Nothing that Outlook or Gmail drops; nothing from outside is run or breaks out."""
    html = body(mail(concern, language), "html")
    assert Lint(html).problems == []
    assert f'<html lang="{language}">' in html


def test_no_head_is_added_and_no_letter_hides() -> None:
    found = message_from_bytes(mail(HOSTILE, site="N\r\nX: y").as_bytes(), policy=policy.default)
    assert found["Bcc"] is found["X"] is None
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in str(found["Subject"]) + body(mail(HOSTILE), "plain")


def test_a_template_of_the_sites_own_is_used_and_a_broken_one_is_told(tmp_path: Path) -> None:
    """Whatever is wrong with it, the warning is said."""
    (tmp_path / "warning.txt.j2").write_text("OWN {{ said }}")
    (tmp_path / "warning.html.j2").write_text(
        '{% extends "linecard/warning.html.j2" %}{% block foot %}{{ x.y }}{% endblock %}'
    )
    found = mail(PLAIN, templates=tmp_path)
    assert body(found, "plain").strip() == f"OWN {PLAIN.message}"
    html = body(found, "html")
    assert "No file came by" in html
    assert "warning.html.j2, line 1" in html
