"""What alerts and digests look like as mails, whatever is in them."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from linecard.api import Alert
from linecard.api.report import Summary
from unit.mail.letters import LANGUAGES, body
from unit.mail.lint import Lint
from unit.mail.notes import digest, mail

PLAIN = Alert("file of hr", "No file arrived by 2026-11-30 07:00; none has ever arrived.", "Ask the producer.")
HOSTILE = Alert(
    "x", "<script>alert(1)</script>\r\nBcc: eve@x.org\n\N{RIGHT-TO-LEFT OVERRIDE}=?utf-8?q?a=0Ab?=", "<img src=x>"
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "about",
    [PLAIN, HOSTILE, digest(), digest(HOSTILE.message), digest(rows=0)],
    ids=["plain", "hostile", "digest", "hostile digest", "quiet"],
)
def test_it_keeps_the_rules_of_mail_programs(about: Alert | Summary, language: str) -> None:
    """Nothing that Outlook or Gmail drops; nothing from outside is run or breaks out."""
    html = body(mail(about, language), "html")
    assert Lint(html).problems == []
    assert f'<html lang="{language}">' in html


@pytest.mark.parametrize("about", [HOSTILE, digest(HOSTILE.message)], ids=["alert", "digest"])
def test_no_head_is_added_and_no_letter_hides(about: Alert | Summary) -> None:
    found = message_from_bytes(mail(about, site="N\r\nX: y").as_bytes(), policy=policy.default)
    assert found["Bcc"] is found["X"] is None
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in str(found["Subject"]) + body(mail(about), "plain")


def test_the_longest_digest_is_not_clipped() -> None:
    """With as many of everything as it names, and long texts, below what Gmail shows of a mail."""
    found = mail(digest("Zeile mit ä und \N{SNOWMAN} " * 5, rows=40))
    assert len(found.as_bytes()) < 102_000
    assert " more files." in body(found, "plain")


def test_a_template_of_the_sites_own_is_used_and_a_broken_one_is_told(tmp_path: Path) -> None:
    """Whatever is wrong with it, the alert is said."""
    (tmp_path / "alert.txt.j2").write_text("OWN {{ said }}")
    (tmp_path / "alert.html.j2").write_text(
        '{% extends "linecard/alert.html.j2" %}{% block foot %}{{ x.y }}{% endblock %}'
    )
    found = mail(PLAIN, templates=tmp_path)
    assert body(found, "plain").strip() == f"OWN {PLAIN.message}"
    html = body(found, "html").replace("<wbr>", "")
    assert "No file arrived by" in html
    assert "alert.html.j2, line 1" in html
