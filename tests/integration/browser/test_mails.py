"""Every mail, as a mail program with a browser's engine shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.browser.chromium import Chromium
from integration.browser.looking import LOOKS, Look, faults
from integration.browser.pages import GOLDEN
from unit.mail.dropped import PROGRAMS, shown

MAILS = sorted(file.name for file in (GOLDEN / "mail").glob("*.html"))


@pytest.mark.parametrize("mail", MAILS)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_nothing_is_wrong_with_it(browser: Chromium, axe: str, mail: str, look: Look) -> None:
    """Nothing is cut off or covered, nothing is fetched, and axe-core finds no violation."""
    assert faults(browser, axe, GOLDEN / "mail" / mail, look) == []


@pytest.mark.parametrize("reader", PROGRAMS)
@pytest.mark.parametrize("mail", MAILS)
def test_nothing_is_wrong_with_what_is_left_of_it(
    browser: Chromium, axe: str, tmp_path: Path, mail: str, reader: str
) -> None:
    """By a program that drops much of it: all can still be read. Without any style it is as wide as its tables."""
    page = tmp_path / "mail.html"
    page.write_text(shown((GOLDEN / "mail" / mail).read_text(encoding="utf-8"), PROGRAMS[reader]), encoding="utf-8")
    phone, _, desk, *_ = LOOKS
    for look in (phone, desk) if reader in ("Gmail", "Yahoo") else (desk,):
        assert faults(browser, axe, page, look) == []
